"""Reports as full as they can be, made of formulas: no network was pruned for them."""

from collections.abc import Sequence
from dataclasses import replace

from prune_tui.core.network import NetworkCounts
from prune_tui.core.report import (
    Attempt,
    AttemptCounts,
    Curve,
    CurvePoint,
    Distribution,
    Environment,
    EpochFigures,
    Figures,
    JointPoint,
    Latency,
    LayerFigures,
    NativeFigures,
    Quantity,
    Report,
    ScanCurve,
    ScanFigures,
)
from prune_tui.core.terms import Mode

SPARSITIES = (0.0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99)
MODE_SPEED: dict[Mode, float] = {"masked": 0.0, "sparse": 0.7, "shrunk": 0.95, "from_scratch": 0.95}
ENVIRONMENT = Environment(
    versions={"prune-tui": "0.1.0", "torch": "2.13.0"},
    device="cpu",
    device_name="made up",
    num_threads=2,
    num_images={"train": 4500, "validation": 500, "test": 1000},
)


def latency(p50: float) -> Latency:
    return Latency(p50=p50, p95=p50 * 1.5)


def figures(
    accuracy: float, *, nonzero: int = 431_080, parameters: int = 431_080, file_bytes: int = 1_724_920
) -> Figures:
    return Figures(
        accuracy=accuracy,
        loss=0.1,
        parameters=parameters,
        nonzero=nonzero,
        sparsity=1 - nonzero / parameters,
        macs=5 * parameters,
        nonzero_macs=5 * nonzero,
        file_bytes=file_bytes,
        latency_ms={"1": latency(parameters / 1e6), "64": latency(parameters / 1e5)},
        weights_sha256="a" * 64,
    )


def curve(
    criterion: str,
    *,
    mode: Mode = "masked",
    decision: int = 1,
    unit: bool = False,
    globally: bool = False,
    sparsities: Sequence[float] = SPARSITIES,
    accuracies: Sequence[float] | None = None,
    batch_sizes: Sequence[str] = (),
) -> Curve:
    """A curve that falls steeply at its end, unless accuracies are given."""
    heights = accuracies or [0.98 - 0.8 * sparsity**8 for sparsity in sparsities]
    points = tuple(
        CurvePoint(
            sparsity=sparsity,
            accuracy=accuracy,
            loss=1 - accuracy,
            compression_ratio=1 / (1 - sparsity),
            theoretical_speedup=0.9 / (1 - sparsity),
            latency_ms={size: latency(int(size) * (1 - MODE_SPEED[mode] * sparsity)) for size in batch_sizes},
        )
        for sparsity, accuracy in zip(sparsities, heights, strict=True)
    )
    return Curve(
        decision=decision,
        criterion=criterion,
        granularity="unit" if unit else "weight",
        scope="global" if globally else "layer",
        mode=mode,
        points=points,
    )


def epochs(decision: int, accuracies: Sequence[float], *, round: int = 1) -> tuple[EpochFigures, ...]:
    """Epochs of a round; the first is the network right after pruning."""
    return tuple(
        EpochFigures(
            decision=decision,
            round=round,
            epoch=number,
            train_loss=0.1 if number else None,
            accuracy=accuracy,
            loss=1 - accuracy,
            learning_rate=1e-3 if number else None,
        )
        for number, accuracy in enumerate(accuracies)
    )


def distribution(layer: str, measure: Quantity, *, pruned: bool = False) -> Distribution:
    return Distribution(
        layer=layer,
        stage="pruned" if pruned else "dense",
        measure=measure,
        largest=0.5,
        counts=tuple(0 if pruned and bar < 16 else (64 - bar) ** 2 for bar in range(64)),
    )


def native(
    *,
    is_shrunk: bool = False,
    num_threads: int = 1,
    num_different: int = 0,
    dense_layers: tuple[str, ...] = ("a",),
) -> NativeFigures:
    return NativeFigures(
        is_shrunk=is_shrunk,
        num_threads=num_threads,
        latency_ms={"1": latency(0.05), "64": latency(0.2)},
        disagreement=2e-7,
        num_images=500,
        num_different=num_different,
        dense_layers=dense_layers,
    )


def report(num_layers: int = 4) -> Report:
    """A report with everything in it."""
    names = [f"features.stage{number}.conv" for number in range(num_layers)]
    swept = [
        curve(criterion, mode=mode, unit=unit, batch_sizes=("64", "256"))
        for criterion, unit, modes in (
            ("l1", False, ("masked", "sparse")),
            ("l2", True, ("masked", "shrunk", "from_scratch")),
            ("batchnorm_scale", True, ("masked", "shrunk", "from_scratch")),
        )
        for mode in MODE_SPEED
        if mode in modes
    ]
    return Report(
        dense=figures(0.985),
        pruned=figures(0.98, nonzero=43_108, file_bytes=226_319),
        shrunk=figures(0.98, nonzero=43_000, parameters=45_000, file_bytes=180_500),
        compression_ratio=10.0,
        theoretical_speedup=10.0,
        layers=tuple(
            LayerFigures(name=name, parameters=1000 * (position + 1), nonzero=100, sparsity=0.5)
            for position, name in enumerate(names)
        ),
        scan=ScanFigures(
            criterion="l1",
            granularity="weight",
            num_images=500,
            dense_accuracy=0.98,
            sparsities=(0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98),
            layers=tuple(ScanCurve(name=name, accuracies=(0.9,) * 9) for name in names),
        ),
        curves=tuple(swept),
        epochs=(*epochs(0, (0.9, 0.95, 0.98)), *epochs(2, (0.5, 0.9, 0.95))),
        distributions=tuple(
            distribution(name, measure, pruned=stage)
            for name in names
            for stage in (False, True)
            for measure in ("weights", "unit_norms", "top_share")
        ),
        sparse_latency_ms={"1": latency(0.3), "64": latency(0.8)},
        test_reads=2,
        environment=ENVIRONMENT,
    )


def full_report() -> Report:
    """A report whose every field has something in it."""
    made = report(num_layers=2)
    assert made.pruned is not None
    assert made.scan is not None
    scan = replace(
        made.scan,
        layers=tuple(
            replace(
                curve,
                accuracies=(*curve.accuracies[:-1], None),
                half_widths=(*(0.01,) * 8, None),
                distortions=(*(step / 10 for step in range(8)), None),
                num_images=(*(128,) * 8, 0),
            )
            for curve in made.scan.layers
        ),
        joint=(
            JointPoint(plan={made.layers[0].name: 0.5, made.layers[1].name: 0.7}, accuracy=0.9),
            JointPoint(plan={made.layers[0].name: 0.9}, accuracy=0.6),
        ),
        tolerance_points=1.0,
        is_reused=True,
        batch_size=128,
        recorded_bytes=1000,
        note="each evaluation starts at the input",
    )
    curves = tuple(
        replace(each, points=tuple(replace(point, pruned_accuracy=0.4) for point in each.points[5:8]))
        for each in made.curves
    )
    earlier = Attempt(
        decision=3,
        pruned=figures(0.97, nonzero=50_000),
        shrunk=figures(0.97, nonzero=50_000, parameters=60_000),
        sparse_latency_ms={"1": latency(0.4)},
        native=NativeFigures(refusal="building the network takes a C compiler"),
    )
    counted = AttemptCounts(
        decision=2,
        counts=_counts(earlier.pruned),
        sparsity=0.9,
        nonzero={layer.name: layer.nonzero for layer in made.layers},
        shrunk=_counts(figures(0.97, nonzero=50_000, parameters=60_000)),
    )
    return replace(
        made,
        scan=scan,
        curves=curves,
        native=native(is_shrunk=True, num_threads=2, num_different=1),
        measured_by=7,
        attempts=(earlier,),
        attempt_counts=(counted,),
    )


def _counts(counts: NetworkCounts) -> NetworkCounts:
    return NetworkCounts(
        parameters=counts.parameters,
        nonzero=counts.nonzero,
        macs=counts.macs,
        nonzero_macs=counts.nonzero_macs,
        file_bytes=counts.file_bytes,
    )
