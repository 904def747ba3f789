"""What a report's networks do not gain: which of them get no faster or smaller, and why."""

from collections.abc import Iterator, Sequence

from prune_tui.core.report import Report
from prune_tui.core.run.attempts import last_prune
from prune_tui.core.session.decisions import Decision, Prune, Scan

THEORETICAL = (
    "The theoretical speedup counts multiply-adds whose weight is not zero. It is not a measured time: only "
    "the latency is."
)
UNITS_LEFT_IN = (
    "Whole units were pruned but are still there as zeros. Shrink removes them; only then do memory and "
    "latency fall."
)
NOTHING_REMOVED = "Shrinking removed nothing: no unit of the pruned network is zero as a whole."
TWO_OF_FOUR = (
    "2:4 is faster only on sparse tensor cores (NVIDIA, from Ampere on) with weights in their format. Here "
    "it ran as masked dense weights."
)
SPARSE = (
    "Sparse matrices (CSR) store an index with each weight and skip the zeros. They are slower than dense "
    "ones, except at high sparsity and with large batches."
)
NO_SPARSE_CONVOLUTIONS = (
    "There is no sparse convolution here: of a sparse network, only linear layers run as sparse matrices."
)


def caveats(report: Report, decisions: Sequence[Decision] = ()) -> tuple[str, ...]:
    """Return a sentence or two for each gain that a reader of this report might wrongly expect."""
    return tuple(_caveats(report, decisions))


def _caveats(report: Report, decisions: Sequence[Decision]) -> Iterator[str]:
    pruned, shrunk = report.pruned, report.shrunk
    masked = any(curve.mode == "masked" and curve.points for curve in report.curves)
    if masked or (pruned is not None and pruned.nonzero < pruned.parameters):
        yield _zeros(report)
        yield THEORETICAL
    if _prunes_units(decisions) and pruned is not None and shrunk is None:
        yield UNITS_LEFT_IN
    if shrunk is not None and pruned is not None and shrunk.parameters == pruned.parameters:
        yield NOTHING_REMOVED
    if any(isinstance(one, Prune | Scan) and one.granularity == "n_m" for one in decisions):
        yield TWO_OF_FOUR
    if report.sparse_latency_ms or any(curve.mode == "sparse" for curve in report.curves):
        yield SPARSE
        if _has_convolutions(report):
            yield NO_SPARSE_CONVOLUTIONS


def _zeros(report: Report) -> str:
    """Say that zeros alone save nothing, and whether the file is nevertheless smaller."""
    plain = (
        "Zeros in dense weights make a network no faster and no smaller in memory: they are stored and "
        "multiplied like any other weight. The pruned network's latency is that of masked dense weights."
    )
    dense, pruned = report.dense, report.pruned
    if dense is None or pruned is None or pruned.file_bytes >= dense.file_bytes:
        return plain
    return f"{plain} Only its file is smaller: it stores one bit per weight, and the kept values."


def _prunes_units(decisions: Sequence[Decision]) -> bool:
    prune = last_prune(decisions)
    return prune is not None and prune.granularity == "unit"


def _has_convolutions(report: Report) -> bool:
    """Whether there are convolutions, which use a weight more than once; linear layers use each once."""
    figures = report.dense or report.pruned
    return figures is not None and figures.macs > figures.parameters
