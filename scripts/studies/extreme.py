"""The anchors: how far LeNet-300-100 and LeNet-5 can be compressed on MNIST."""

from collections.abc import Sequence

from scripts.studies import published
from scripts.studies.published import Anchor
from scripts.studies.sections import (
    NONE,
    Recorded,
    Section,
    Sessions,
    Verdict,
    final_figures,
    paragraph,
    percent,
    table,
    times,
)

NETWORKS = {
    "lenet-300-100-extreme": ("LeNet-300-100", published.LENET_300_100),
    "lenet5-extreme": ("LeNet-5", published.LENET_5),
}

STORY = (
    "These are published compressions of two small networks on MNIST. Error is 1 − test accuracy. The "
    "published ratios count weights only, while our compression ratio also counts biases. So our ratio of "
    "weights is shown beside it, and that is what is compared."
)


def section(sessions: Sessions) -> Section:
    body: list[str] = []
    verdicts: list[Verdict] = []
    for name, (network, anchors) in NETWORKS.items():
        if name in sessions:
            body += [*paragraph(f"{network}:"), *_anchors_table(anchors, sessions[name])]
            body += final_figures(sessions[name].report)
            verdicts += _verdicts(network, anchors, sessions[name])
    return Section("Anchors: small networks on MNIST", STORY, tuple(NETWORKS), body, verdicts)


def _anchors_table(anchors: Sequence[Anchor], recorded: Recorded) -> list[str]:
    rows = [[one.source, percent(one.error), times(one.weights_ratio, 0), NONE] for one in anchors]
    dense, pruned = recorded.report.dense, recorded.report.pruned
    if dense is not None:
        rows.append(["ours, dense", percent(1 - dense.accuracy), times(1.0, 0), times(1.0, 0)])
    if pruned is not None:
        ratio = recorded.report.compression_ratio
        weights = _weights_ratio(recorded)
        rows.append(["**ours, pruned**", percent(1 - pruned.accuracy), times(weights, 1), times(ratio, 1)])
    return table(["", "error", "all / nonzero weights", "compression ratio"], rows)


def _weights_ratio(recorded: Recorded) -> float:
    """Return all prunable weights / those not zero, without biases."""
    layers = recorded.report.layers
    return sum(layer.parameters for layer in layers) / max(1, sum(layer.nonzero for layer in layers))


def _verdicts(network: str, anchors: Sequence[Anchor], recorded: Recorded) -> list[Verdict]:
    """Compare with each published pruned network: no more error, and no less compression."""
    pruned, weights = recorded.report.pruned, _weights_ratio(recorded)
    if pruned is None:
        return []
    error = 1 - pruned.accuracy
    # Accuracies are counts over 10,000 images: the rounding of a float must not decide.
    return [
        Verdict(
            f"{network}: {percent(error)} at {times(weights, 1)} (weights); {one.source} "
            f"{percent(one.error)} at {times(one.weights_ratio, 0)}",
            error <= one.error + 1e-9 and weights >= one.weights_ratio,
        )
        for one in anchors[1:]
    ]
