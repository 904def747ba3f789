"""Study E: ResNet-18 on CIFAR-10, one-shot against iterative."""

from prune_tui.core.report import CurvePoint
from prune_tui.core.session.decisions import TrainDense
from scripts.studies import published
from scripts.studies.sections import (
    NONE,
    Recorded,
    Section,
    Sessions,
    Verdict,
    epochs_of,
    final_figures,
    paragraph,
    percent,
    sparsity_name,
    table,
    times,
)

ONE_SHOT, ITERATIVE = "resnet18-oneshot", "resnet18-iterative"
SAME_ACCURACY = 0.0005
"""Summing in another order may change the answer for one image in two thousand."""
UNITS = ("resnet18-units", "resnet56-units")
NAMES = (ONE_SHOT, ITERATIVE, *UNITS)
DROPS = {ONE_SHOT: published.RESNET_ONE_SHOT_DROPS, ITERATIVE: published.RESNET_ITERATIVE_DROPS}

STORY = (
    "The study trains a ResNet-18 for 200 epochs to "
    f"{percent(published.RESNET_DENSE_ACCURACY)}. Then it prunes all convolutions and the linear layer by "
    "one global threshold on |w|: either at once, with 20 epochs of retraining, or repeatedly 11 % of what "
    "is left and 5 epochs, with 100 epochs at the end. It keeps a checkpoint for each setting. Two more of "
    "our sessions remove half of the units of residual networks, with all that is coupled to them."
)


def section(sessions: Sessions) -> Section:
    recorded = {name: sessions[name] for name in NAMES if name in sessions}
    body: list[str] = []
    verdicts: list[Verdict] = []
    for name, one in recorded.items():
        body += paragraph(_subset(name, one))
    if recorded.keys() & DROPS.keys():
        body += paragraph(
            "Points of accuracy lost against the dense baseline (the study's on the test set, ours on the "
            "validation split):"
        )
        body += _drops_table(recorded)
    for name, one in recorded.items():
        body += _points_table(name, one)
        body += _checkpoints_table(one)
        if name in UNITS:
            body += final_figures(one.report, f"`{name}`, on the test set:")
            verdicts += _removed(name, one)
        else:
            verdicts += _lost_at_most(name, one)
    return Section("E. ResNet-18 on CIFAR-10: one-shot against iterative", STORY, NAMES, body, verdicts)


def _subset(name: str, recorded: Recorded) -> str:
    """Say on which images and what device a session was recorded."""
    environment = recorded.report.environment
    if environment is None:
        return f"`{name}`: the record does not say on which images and device."
    images, trained = environment.num_images, _num_training_images(recorded)
    of = "all images"
    if trained < published.CIFAR10_IMAGES:
        of = f"a subset, {trained:,} of the {published.CIFAR10_IMAGES:,} training images"
    counts = ", ".join(f"{count:,} {split}" for split, count in images.items())
    dense = recorded.report.dense
    accuracy = percent(dense.accuracy if dense else None)
    return f"`{name}`: {of} ({counts}), on {environment.device}; dense baseline {accuracy} on the test set."


def _num_training_images(recorded: Recorded) -> int:
    """Return the images that training and validation were carved from."""
    environment = recorded.report.environment
    images = environment.num_images if environment else {}
    return images.get("train", 0) + images.get("validation", 0)


def _points(recorded: Recorded) -> list[CurvePoint]:
    """Return the points of all sweeps; a schedule that differs by sparsity is a sweep a point."""
    curves = [one for one in recorded.report.curves if one.mode == "masked"]
    return sorted((point for curve in curves for point in curve.points), key=lambda point: point.sparsity)


def _dense_accuracy(recorded: Recorded) -> float | None:
    """Return the dense baseline's validation accuracy: of its checkpoint, or of its best epoch."""
    record = recorded.session.record
    saved = record.checkpoints if record else ()
    known = [one.accuracy for one in saved if one.stage == "dense" and one.accuracy is not None]
    if known:
        return known[-1]
    trained = [at for at, one in enumerate(recorded.session.decisions) if isinstance(one, TrainDense)]
    return max((epoch.accuracy for at in trained[-1:] for epoch in epochs_of(recorded, at)), default=None)


def _drop(recorded: Recorded | None, sparsity: float) -> float | None:
    """Return the points of validation accuracy lost at a sparsity."""
    if recorded is None:
        return None
    dense = _dense_accuracy(recorded)
    near = [point for point in _points(recorded) if abs(point.sparsity - sparsity) < 0.005]
    return (dense - near[0].accuracy) * 100 if near and dense is not None else None


def _drops_table(recorded: dict[str, Recorded]) -> list[str]:
    rows = []
    for position, sparsity in enumerate(published.RESNET_SPARSITIES):
        row = [sparsity_name(sparsity)]
        for name, theirs in DROPS.items():
            ours = _drop(recorded.get(name), sparsity)
            row += [f"{theirs[position]:.2f}", NONE if ours is None else f"{ours:.2f}"]
        rows.append(row)
    header = ["one-shot: study", "one-shot: ours", "iterative: study", "iterative: ours"]
    return table(["sparsity", *header], rows)


def _points_table(name: str, recorded: Recorded) -> list[str]:
    rows = [
        [
            sparsity_name(point.sparsity),
            percent(point.pruned_accuracy),
            percent(point.accuracy),
            times(point.compression_ratio),
            times(point.theoretical_speedup),
        ]
        for point in _points(recorded)
    ]
    if not rows:
        return []
    title = f"`{name}`, accuracy on the validation split (dense {percent(_dense_accuracy(recorded))}):"
    header = ["sparsity", "after the first pruning", "at the end", "compression ratio", "theoretical speedup"]
    return [*paragraph(title), *table(header, rows)]


def _checkpoints_table(recorded: Recorded) -> list[str]:
    """List the checkpoint of each setting, where the record has them."""
    record = recorded.session.record
    saved = [one for one in record.checkpoints if one.stage == "swept"] if record else []
    files = [[f"`{one.path}`", f"{one.file_bytes:,}", percent(one.accuracy)] for one in saved]
    return table(["checkpoint", "file bytes", "validation accuracy"], files) if files else []


def _removed(name: str, recorded: Recorded) -> list[Verdict]:
    """Say whether the shrunk network is smaller and as accurate as the masked one."""
    pruned, shrunk = recorded.report.pruned, recorded.report.shrunk
    if pruned is None or shrunk is None:
        return []
    text = (
        f"`{name}`: shrunk to {shrunk.parameters:,} of {pruned.parameters:,} parameters, with "
        f"{percent(shrunk.accuracy)} test accuracy, {percent(pruned.accuracy)} when masked"
    )
    same = abs(shrunk.accuracy - pruned.accuracy) < SAME_ACCURACY
    return [Verdict(text, same and shrunk.parameters < pruned.parameters)]


def _lost_at_most(name: str, recorded: Recorded) -> list[Verdict]:
    sparsity = published.RESNET_SPARSITIES[-1]
    drop = _drop(recorded, sparsity)
    if drop is None:
        return []
    wanted = f"wanted at most {published.RESNET_WANTED_DROP}"
    text = f"`{name}`: {drop:.2f} points lost at {sparsity_name(sparsity)}; {wanted}"
    if _num_training_images(recorded) < published.CIFAR10_IMAGES:
        return [Verdict(f"{text} on all images, which takes a GPU; this used a subset", None)]
    return [Verdict(text, drop <= published.RESNET_WANTED_DROP)]
