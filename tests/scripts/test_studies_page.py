"""docs/STUDIES.md says what the records say: ours read from sessions, and met or missed by computing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from prune_tui.core.report import Curve, EpochFigures, Figures, LayerFigures, Report
from prune_tui.core.session.decisions import (
    Decision,
    Finetune,
    Measure,
    Prune,
    Scan,
    Shrink,
    Sweep,
    TrainDense,
)
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.session import Checkpoint, Record, Session
from prune_tui.storage import write_session
from scripts.make_studies_page import main, page
from scripts.studies import published
from tests import made_up

SETTINGS = tuple(round(1 - (1 - share / 10) ** 3, 3) for share in range(1, 8))
ONCE = Training(num_epochs=1)
TRAIN = TrainDense(training=ONCE)
MEASURED: tuple[Decision, ...] = (TRAIN, Prune(plan=0.9), Measure())
LAYERS = tuple(
    LayerFigures(name=name, parameters=80_000, nonzero=2_400, sparsity=0.97) for name in published.HAN_PLAN
)


def report(
    *,
    dense: float = 0.99,
    pruned: Figures | None = None,
    shrunk: Figures | None = None,
    curves: Sequence[Curve] = (),
    epochs: Sequence[EpochFigures] = (),
    full: bool = False,
) -> Report:
    return Report(
        dense=made_up.figures(dense),
        pruned=pruned,
        shrunk=shrunk,
        compression_ratio=pruned.parameters / pruned.nonzero if pruned else None,
        theoretical_speedup=pruned.macs / pruned.nonzero_macs if pruned else None,
        layers=LAYERS,
        curves=tuple(curves),
        epochs=tuple(epochs),
        distributions=made_up.report().distributions if full else (),
        test_reads=2,
        environment=made_up.ENVIRONMENT,
    )


def save(folder: Path, name: str, what: Report, *decisions: Decision, with_files: bool = False) -> None:
    """Write a session with a record as a recording would."""
    files = [
        Checkpoint(path="dense.safetensors", sha256="a" * 64, file_bytes=9, stage="dense", accuracy=0.95),
        Checkpoint(path="swept-90.safetensors", sha256="b" * 64, file_bytes=5, stage="swept", accuracy=0.9),
    ]
    record = Record(report=what, checkpoints=tuple(files) if with_files else ())
    session = Session(name=name, model="mlp", dataset="mnist", decisions=decisions, record=record)
    write_session(folder / f"{name}.json", session)


def line_with(text: str, words: str) -> str:
    return next(line for line in text.splitlines() if words in line)


def test_the_page_in_docs_is_what_the_records_say() -> None:
    assert main(["--check"]) == 0


def test_check_fails_where_the_page_is_missing_or_old(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--sessions", str(tmp_path), "--page", str(tmp_path / "docs" / "STUDIES.md")]
    assert main([*where, "--check"]) == 1
    assert "not what the records say" in capsys.readouterr().err
    assert main(where) == 0
    assert main([*where, "--check"]) == 0
    save(tmp_path, "lenet5-extreme", report(pruned=made_up.figures(0.99, nonzero=4000)))
    assert main([*where, "--check"]) == 1


def test_a_broken_session_is_named_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "han-cnn.json").write_text("{")
    assert main(["--sessions", str(tmp_path), "--page", str(tmp_path / "page.md")]) == 2
    assert "han-cnn.json" in capsys.readouterr().err
    assert not (tmp_path / "page.md").exists()


def test_what_is_not_recorded_is_skipped_with_a_line(tmp_path: Path) -> None:
    text = page(tmp_path)
    for name in ("lenet-l1", "han-cnn", "mlp-speed", "mlp-weight-unit", "resnet18-oneshot", "lenet5-extreme"):
        assert f"`{name}` is not recorded." in text
    assert "replay:" not in text
    assert text.endswith("\n")


def test_a_session_without_a_record_is_not_recorded(tmp_path: Path) -> None:
    write_session(tmp_path / "han-cnn.json", Session(name="han-cnn", model="han-cnn", dataset="mnist"))
    assert "`han-cnn` is not recorded." in page(tmp_path)


def test_a_shows_three_curves_by_setting_and_the_shrunk_network(tmp_path: Path) -> None:
    heights = {"random": 0.5, "l1": 0.9, "structured": 0.7}
    for name, accuracy in heights.items():
        curve = made_up.curve("l1", sparsities=SETTINGS, accuracies=[accuracy] * 7)
        structured = name == "structured"
        shrunk_curve = made_up.curve(
            "l1",
            mode="shrunk",
            unit=True,
            sparsities=SETTINGS,
            accuracies=[accuracy] * 7,
            batch_sizes=("64",),
        )
        what = report(
            curves=[curve, shrunk_curve] if structured else [curve],
            pruned=made_up.figures(0.98, nonzero=20_000),
            shrunk=made_up.figures(0.98, nonzero=9_000, parameters=10_000, file_bytes=40_000)
            if structured
            else None,
        )
        decisions = (TRAIN, Sweep(sparsities=SETTINGS, finetune=ONCE), Prune(plan=0.973), Shrink(), Measure())
        save(tmp_path, f"lenet-{name}", what, *decisions)
    text = page(tmp_path)
    assert "| 70 % | 97.3 % | 50.00 % | 90.00 % | 70.00 % |" in text
    assert "| 10 % | 27.1 % | 50.00 % | 90.00 % | 70.00 % |" in text
    assert "| setting | target sparsity | lenet-random | lenet-l1 | lenet-structured |" in text
    assert "| 97.3 % | – | 4.84 |" in text
    assert line_with(text, "dense baseline 99.00 %").startswith("- **meets**")
    assert line_with(text, "97.3 %: compression ratio 37.04×").startswith("- **meets**")
    assert line_with(text, "at 7 of 7 settings").startswith("- **meets**")
    assert line_with(text, "the shrunk file has 40,000 bytes").startswith("- **meets**")
    assert line_with(text, "takes 0.10 ms at batch 64").startswith("- **meets**")
    assert "- Zeros in dense weights make a network no faster" in text
    assert "replay: `prune-tui replay sessions/lenet-structured.json` (seed 0" in text


def test_b_compares_the_studys_own_plan_and_the_better_one(tmp_path: Path) -> None:
    epochs = (
        *made_up.epochs(2, (0.1, 0.96, 0.97, 0.98, 0.975, 0.97)),
        *made_up.epochs(3, (0.5, 0.9911)),
    )
    decisions = (TRAIN, Scan(), Prune(plan=published.HAN_PLAN, finetune=ONCE), Prune(plan=0.97), Measure())
    what = report(dense=0.991, pruned=made_up.figures(0.9901, nonzero=11_000), epochs=epochs)
    save(tmp_path, "han-cnn", what, *decisions)
    text = page(tmp_path)
    assert "| right after pruning | 8.85 % | 10.00 % |" in text
    assert "| epoch 3 | 97.43 % | 98.00 % |" in text
    assert "| compression ratio | 36.88× | 5.80× |" in text
    assert "| reported | 97.76 % | 98.00 % |" in text
    assert "The better plan ends at 99.11 % on the validation split." in text
    assert "| conv1 | 80,000 | 65.00 % | 97.00 % |" in text
    assert line_with(text, "39.19× at 99.01 % test accuracy").startswith("- **meets**")
    assert line_with(text, "dense baseline 99.10 %").startswith("- **misses**")


def test_b_counts_epochs_of_a_fine_tuning_decided_apart(tmp_path: Path) -> None:
    epochs = (*made_up.epochs(1, (0.1,)), *made_up.epochs(2, (0.0, 0.96, 0.97))[1:])
    decisions = (TRAIN, Prune(plan=published.HAN_PLAN), Finetune(training=ONCE))
    save(tmp_path, "han-cnn", report(epochs=epochs), *decisions)
    text = page(tmp_path)
    assert "| epoch 2 | 97.03 % | 97.00 % |" in text
    assert "| epoch 3 | 97.43 % | – |" in text


@pytest.mark.parametrize(("nonzero", "accuracy"), [(12_000, 0.995), (11_000, 0.9899)])
def test_b_is_missed_by_one_of_the_two(tmp_path: Path, nonzero: int, accuracy: float) -> None:
    save(tmp_path, "han-cnn", report(pruned=made_up.figures(accuracy, nonzero=nonzero)), *MEASURED)
    assert line_with(page(tmp_path), "wanted at least 36.88× at 99.00 %").startswith("- **misses**")


def test_c_says_what_gets_faster_from_where_on(tmp_path: Path) -> None:
    curves = [
        made_up.curve("l1", batch_sizes=("64",)),
        made_up.curve("l1", mode="sparse", batch_sizes=("64",)),
        made_up.curve("l2", unit=True, batch_sizes=("64",)),
        made_up.curve("l2", unit=True, mode="shrunk", batch_sizes=("64",)),
        made_up.curve("l2", unit=True, mode="from_scratch", batch_sizes=("64",)),
    ]
    save(tmp_path, "mlp-speed", report(dense=0.97, curves=curves, full=True), TRAIN, Sweep())
    text = page(tmp_path)
    assert "| 90 % | 64.00 | 23.68 (2.7×) | 64.00 | 9.28 (6.9×) | 9.28 (6.9×) |" in text
    assert "| 0.90 | 63.6 | 63.6 | 63.6 | 63.6 | 63.6 |" in text
    assert line_with(text, "dense baseline 97.00 %").startswith("- **misses**")
    assert line_with(text, "l1 weight, masked, batch 64: no faster at 99 %").startswith("- **meets**")
    assert line_with(text, "l1 weight, sparse, batch 64").startswith("- **meets**")
    assert "from 25 % on, at 99 % 3.26× as fast" in line_with(text, "l1 weight, sparse, batch 64")
    assert line_with(text, "shrunk 3.81 ms, sparse 19.65 ms").startswith("- **meets**")
    assert "distribution of the L2 norm of units" in text


def test_c_admits_what_is_not_faster(tmp_path: Path) -> None:
    slow = replace(made_up.curve("l1", mode="masked", batch_sizes=("64",)), mode="sparse")
    curves = [made_up.curve("l1", batch_sizes=("64",)), slow]
    save(tmp_path, "mlp-speed", report(curves=curves), TRAIN, Sweep())
    verdict = line_with(page(tmp_path), "l1 weight, sparse, batch 64: not faster")
    assert verdict.startswith("- **misses**")


def test_d_shows_mean_and_range_over_the_sweeps(tmp_path: Path) -> None:
    curves = [
        made_up.curve(
            criterion,
            unit=unit,
            decision=decision,
            accuracies=[min(1.0, accuracy + shift) for accuracy in theirs],
        )
        for decision, shift in ((1, 0.0), (3, 0.005), (5, 0.01))
        for criterion, unit, theirs in (("l1", False, published.MLP_WEIGHT), ("l2", True, published.MLP_UNIT))
    ]
    what = report(curves=curves, pruned=made_up.figures(0.976, nonzero=13_000))
    decisions = (TRAIN, Sweep()) * 3
    save(tmp_path, "mlp-weight-unit", what, *decisions, Prune(plan=0.97, finetune=ONCE), Measure())
    text = page(tmp_path)
    row = line_with(text, "| 80 % | 94.84 %")
    assert row == "| 80 % | 94.84 % | 95.34 % | 94.84 to 95.84 | 72.66 % | 73.16 % | 72.66 to 73.66 |"
    assert "mean and range of 3 sweeps" in text
    assert line_with(text, "weight: where the study is above 90%").startswith("- **meets**")
    assert "+0.50 points" in line_with(text, "unit: where the study is above 90%")
    assert line_with(text, "fine-tuned, 97.60 % on the test set at 97.00 %").startswith("- **meets**")


def test_d_misses_where_the_curve_lies_elsewhere(tmp_path: Path) -> None:
    curves = [made_up.curve("l1", accuracies=[0.9] * 10)]
    save(tmp_path, "mlp-weight-unit", report(curves=curves), TRAIN, Sweep())
    assert line_with(page(tmp_path), "weight: where the study").startswith("- **misses**")


def resnet(folder: Path, name: str, *, decisions: Sequence[int], with_files: bool = False) -> None:
    """One sweep with three points, or three sweeps with one."""
    points = list(zip((0.5, 0.75, 0.9), (0.95, 0.94, 0.9), strict=True))
    chunks = [points] if len(decisions) == 1 else [[point] for point in points]
    curves = [
        made_up.curve(
            "l1",
            globally=True,
            decision=at,
            sparsities=[sparsity for sparsity, _ in chunk],
            accuracies=[accuracy for _, accuracy in chunk],
        )
        for at, chunk in zip(decisions, chunks, strict=True)
    ]
    what = report(dense=0.6, curves=curves, epochs=made_up.epochs(0, (0.0, 0.9, 0.96))[1:])
    save(
        folder, name, what, TRAIN, *([Sweep(keeps_checkpoints=True)] * len(decisions)), with_files=with_files
    )


def test_e_shows_points_lost_and_says_on_what_subset(tmp_path: Path) -> None:
    resnet(tmp_path, "resnet18-oneshot", decisions=[1], with_files=True)
    resnet(tmp_path, "resnet18-iterative", decisions=[1, 2, 3])
    text = page(tmp_path)
    # The one-shot's baseline is 95 % by its checkpoint, the other's 96 % by its best epoch.
    assert "| 50 % | 0.95 | 0.00 | 0.05 | 1.00 |" in text
    assert "| 90 % | 2.67 | 5.00 | 3.23 | 6.00 |" in text
    assert "a subset, 5,000 of the 50,000 training images (4,500 train, 500 validation, 1,000 test)" in text
    assert "| `swept-90.safetensors` | 5 | 90.00 % |" in text
    assert line_with(text, "`resnet18-iterative`: 6.00 points lost").startswith("- **open**")


def test_e_shows_what_removing_coupled_units_leaves(tmp_path: Path) -> None:
    pruned = made_up.figures(0.7, nonzero=200_000)
    shrunk = made_up.figures(0.7, nonzero=200_000, parameters=210_000)
    what = report(pruned=pruned, shrunk=shrunk)
    save(tmp_path, "resnet56-units", what, TRAIN, Prune(plan=0.5, granularity="unit"), Shrink(), Measure())
    verdict = line_with(page(tmp_path), "`resnet56-units`: shrunk to 210,000 of 431,080 parameters")
    assert verdict.startswith("- **meets**")


def test_anchors_compare_error_and_weights_with_each_published_network(tmp_path: Path) -> None:
    save(tmp_path, "lenet5-extreme", report(pruned=made_up.figures(0.9910, nonzero=20_000)), *MEASURED)
    text = page(tmp_path)
    assert "| **ours, pruned** | 0.90 % | 33.3× | 21.6× |" in text
    assert line_with(text, "Network Surgery, Guo et al. 2016 0.91 % at 108×").startswith("- **misses**")
    assert line_with(text, "Han et al. 2015 0.77 % at 12×").startswith("- **misses**")


def test_an_anchor_is_met_with_the_same_error_and_ratio(tmp_path: Path) -> None:
    save(tmp_path, "lenet-300-100-extreme", report(pruned=made_up.figures(1 - 0.0159)), *MEASURED)
    verdict = line_with(page(tmp_path), "LeNet-300-100: 1.59 % at 33.3× (weights); Han et al. 2015")
    assert verdict.startswith("- **meets**")


def test_the_tally_counts_sessions_and_comparisons(tmp_path: Path) -> None:
    save(tmp_path, "lenet-300-100-extreme", report(pruned=made_up.figures(1 - 0.0159)), *MEASURED)
    assert "1 of 12 sessions are recorded; of 3 comparisons" in page(tmp_path)
    assert "1 are met, 2 are missed, and 0 are open" in page(tmp_path)
