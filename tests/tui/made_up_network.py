"""Networks that were never trained: their layers, and what a fake engine finds of them, by formula."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from prune_tui.core.network import LayerInfo, NetworkCounts
from prune_tui.core.report import Curve, CurvePoint, Distribution, Figures, Latency, LayerFigures, Quantity
from prune_tui.core.run.events import NUM_BINS, Counted, WeightsBinned
from prune_tui.core.run.latency_table import LatencyTable, LayerLatency
from prune_tui.core.session.decisions import Prune, Scan, Sweep
from prune_tui.core.terms import BLOCK_ROWS

LAYERS = (
    LayerInfo("conv1", "conv 5×5, 1→20", 500, 20, 288_000, inputs=25, output_shape=(20, 24, 24)),
    LayerInfo("conv2", "conv 5×5, 20→50", 25_000, 50, 1_600_000, inputs=500, output_shape=(50, 8, 8)),
    LayerInfo("[/x]", "linear 800→500", 400_000, 500, 400_000, inputs=800, output_shape=(500,)),
    LayerInfo(
        "fc[", "linear 500→10", 5_000, 10, 5_000, "its outputs are the classes", 500, output_shape=(10,)
    ),
)
RESIDUAL = (
    LayerInfo("stem", "conv 3×3, 3→16", 432, 16, 440_000, inputs=27),
    LayerInfo("block1.conv1", "conv 3×3, 16→16", 2_304, 16, 2_400_000, inputs=144),
    LayerInfo("block1.conv2", "conv 3×3, 16→16", 2_304, 16, 2_400_000, inputs=144, coupled_to="stem"),
    LayerInfo("block2.conv1", "conv 3×3, 16→16", 2_304, 16, 2_400_000, inputs=144),
    LayerInfo("block2.conv2", "conv 3×3, 16→16", 2_304, 16, 2_400_000, inputs=144, coupled_to="stem"),
    LayerInfo("fc", "linear 16→10", 160, 10, 160, "its outputs are the classes", inputs=16),
)
"""A network whose stem and the ends of whose blocks lose their units together."""

DEEP = tuple(LayerInfo(f"layer{at}.conv", "conv", 1000 + 90 * at, 10, 5000) for at in range(60))
"""A network of more layers than a screen has lines."""

_STAGES = ((64, 3), (128, 24), (256, 36), (512, 3))
VAST = tuple(
    LayerInfo(
        f"layer{stage}.{block}.{part}",
        kind,
        parameters,
        width,
        parameters * 49,
        inputs=parameters // width,
        weights_locked_reason="its weights are read inside attention" if part == "attn" else None,
    )
    for stage, (width, num_blocks) in enumerate(_STAGES, 1)
    for block in range(num_blocks)
    for part, kind, parameters in (
        ("conv1", f"conv 1×1 {4 * width}→{width}", 4 * width * width),
        ("conv2", f"conv 3×3 {width}→{width}", 9 * width * width),
        ("attn", "MultiheadAttention", 4 * width * width),
    )
)
"""A network of some 200 layers, every third of which has weights that can't be pruned."""

OTHER_PARAMETERS = 580
"""Biases, of whichever network."""

DENSE = 0.985
"""The dense network's accuracy on the validation split."""

Plan = Mapping[str, float]


def accuracy_of(layer: LayerInfo, sparsity: float) -> float:
    """Return the accuracy with one layer pruned: flat, then a cliff that comes later for larger layers."""
    edge = max(0.6, 0.45 + 0.09 * math.log10(layer.parameters / 100))
    return max(0.1, DENSE - 0.9 / (1 + math.exp(-(sparsity - edge - 0.12) * 28)) - 0.004 * sparsity)


def distortion_of(accuracy: float) -> float:
    """Return a distortion that would leave this accuracy."""
    return -math.log(max(0.001, min(1.0, (accuracy - 0.1) / (DENSE - 0.1))))


def scanned_layers(layers: Sequence[LayerInfo], decision: Scan) -> list[LayerInfo]:
    """Return the layers that a scan has a curve of."""
    return [
        layer
        for layer in layers
        if (decision.granularity in ("weight", *BLOCK_ROWS) and layer.is_prunable)
        or (decision.granularity == "unit" and layer.locked_reason is None and not layer.coupled_to)
        or (decision.granularity == "n_m" and layer.inputs % 4 == 0)
    ]


def planned(layers: Sequence[LayerInfo], decision: Prune) -> dict[str, float]:
    """Return the sparsity that each layer is to have."""
    plan = decision.plan
    if isinstance(plan, float):
        return {layer.name: 0.0 if layer.name in decision.locked else plan for layer in layers}
    return {layer.name: plan.get(layer.name, plan.get(layer.coupled_to or "", 0.0)) for layer in layers}


def counted(layers: Sequence[LayerInfo], plan: Plan) -> Counted:
    """Count a network pruned to a plan."""
    pruned = [layer for layer in layers if layer.is_prunable]
    figures = tuple(
        LayerFigures(
            name=layer.name,
            parameters=layer.parameters,
            nonzero=layer.parameters - round(layer.parameters * plan.get(layer.name, 0.0)),
            sparsity=plan.get(layer.name, 0.0),
        )
        for layer in pruned
    )
    prunable, nonzero = sum(one.parameters for one in figures), sum(one.nonzero for one in figures)
    macs = [layer.macs * one.nonzero // layer.parameters for layer, one in zip(pruned, figures, strict=True)]
    whole = [layer for layer in layers if not layer.is_prunable]
    other = OTHER_PARAMETERS + sum(layer.parameters for layer in whole)
    counts = NetworkCounts(
        parameters=prunable + other,
        nonzero=nonzero + other,
        macs=sum(layer.macs for layer in layers),
        nonzero_macs=sum(macs) + sum(layer.macs for layer in whole),
        file_bytes=4 * (nonzero + other) + (prunable // 8 if plan else 0),
    )
    return Counted(counts, figures, 1 - nonzero / prunable, 0.1)


def shrunk_counts(counts: NetworkCounts) -> NetworkCounts:
    """Count what is left of a pruned network once its units are removed."""
    few, macs = counts.nonzero - 40, counts.nonzero_macs // 2
    return NetworkCounts(parameters=few, nonzero=few, macs=macs, nonzero_macs=macs, file_bytes=4 * few)


def figures(counts: NetworkCounts, sparsity: float) -> Figures:
    """Measure a network on 10,000 images: sparser ones are right less often."""
    return Figures(
        accuracy=round(0.9912 - 0.0025 * sparsity, 4),
        loss=0.031 + 0.007 * sparsity,
        parameters=counts.parameters,
        nonzero=counts.nonzero,
        sparsity=sparsity,
        macs=counts.macs,
        nonzero_macs=counts.nonzero_macs,
        file_bytes=counts.file_bytes,
        weights_sha256="0" * 64,
    )


def latency(p50: float) -> Latency:
    return Latency(p50=p50, p95=p50 * 1.2)


def swept_point(curve: Curve, sparsity: float, decision: Sweep) -> CurvePoint:
    """Return a point of a sweep: units fall before weights, chance before all, fine-tuning mends."""
    edge = 0.97 if curve.granularity == "weight" else 0.8
    edge -= 0.35 if curve.criterion in ("random", "largest") else 0.0
    edge += 0.08 if decision.finetune or curve.mode == "from_scratch" else 0.0
    ratio = 1 / (1 - 0.99 * sparsity)
    speedup = {"masked": 1.0, "sparse": 1.2, "shrunk": ratio, "from_scratch": ratio}[curve.mode]
    return CurvePoint(
        sparsity=sparsity,
        accuracy=max(0.1, DENSE - 0.88 / (1 + math.exp(-(sparsity - edge) * 24))),
        loss=0.1,
        compression_ratio=ratio,
        theoretical_speedup=ratio * 0.8,
        latency_ms={str(size): latency(3.84 / speedup) for size in decision.batch_sizes},
    )


def swept_curves(decision: Sweep, index: int) -> list[Curve]:
    """Return the curves of a sweep, without points."""
    return [
        Curve(
            decision=index,
            criterion=method.criterion,
            granularity=method.granularity,
            scope=method.scope,
            mode=mode,
        )
        for method in decision.methods
        for mode in ("masked", *decision.modes, *(("from_scratch",) if decision.from_scratch else ()))
        if mode == "masked" or (method.granularity == "unit") == (mode != "sparse")
    ]


def histogram(layer: LayerInfo, *, sparsity: float | None = None) -> WeightsBinned:
    """Return a layer's weights by |w|: of the dense network, or the kept ones of one pruned so far."""
    counts = _half_normal(layer.parameters)
    dead = int(len(counts) * (sparsity or 0.0) * 0.5)
    stage: Literal["dense", "pruned"] = "dense" if sparsity is None else "pruned"
    return WeightsBinned(layer.name, stage, 0.3, (*((0,) * dead), *counts[dead:]))


def distributions(layers: Sequence[LayerInfo], stage: Literal["dense", "pruned"]) -> tuple[Distribution, ...]:
    """Return how weights and units spread in every layer."""
    measures: tuple[tuple[Quantity, float], ...] = (("weights", 0.3), ("unit_norms", 2.5), ("top_share", 0.4))
    return tuple(
        Distribution(
            layer=layer.name,
            stage=stage,
            measure=measure,
            largest=largest,
            counts=_spread(layer.parameters if measure == "weights" else layer.units, measure, stage),
        )
        for layer in layers
        for measure, largest in measures
    )


def _half_normal(parameters: int) -> tuple[int, ...]:
    shape = [math.exp(-(((position + 0.5) / NUM_BINS * 3) ** 2) / 2) for position in range(NUM_BINS)]
    return tuple(round(parameters * one / sum(shape)) for one in shape)


def _spread(number: int, measure: Quantity, stage: str) -> tuple[int, ...]:
    if measure == "weights":
        counts = _half_normal(number)
        return (*((0,) * 16), *counts[16:]) if stage == "pruned" else counts
    middle = 20 if stage == "dense" else 30
    shape = [math.exp(-(((position - middle) / 9) ** 2)) for position in range(NUM_BINS)]
    return tuple(round(number * one / sum(shape)) for one in shape)


def accuracy_of_plan(layers: Sequence[LayerInfo], decision: Prune) -> float:
    """Return the accuracy right after pruning: each layer leaves its share of the accuracy above chance."""
    share, plan = 1.0, planned(layers, decision)
    for layer in layers:
        share *= (accuracy_of(layer, plan.get(layer.name, 0.0)) - 0.1) / (accuracy_of(layer, 0.0) - 0.1)
    return 0.1 + (DENSE - 0.1) * share


def latency_table(layers: Sequence[LayerInfo]) -> LatencyTable:
    """Kernels that take 10 ns a nonzero weight, and a fifth of that in a batch, for each of 64 examples."""

    def times(layer: LayerInfo, ns: int) -> tuple[int, ...]:
        return layer.parameters // 100 * ns, layer.parameters * ns

    return LatencyTable(
        layers=tuple(
            LayerLatency(
                layer.name,
                (layer.parameters // 100, layer.parameters),
                times(layer, 10),
                times(layer, 128),
            )
            for layer in layers
        ),
        other_one_ns=20_000,
        other_batch_ns=200_000,
        batch_size=64,
        num_checked=2,
        one_error=0.08,
        batch_error=0.05,
    )
