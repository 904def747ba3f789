"""What a report's networks do not gain: which of them get no faster or smaller, and why."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from prune_tui.core.report import NativeFigures, Report
from prune_tui.core.run.attempts import last_prune
from prune_tui.core.session.decisions import Decision, Prune, Scan
from prune_tui.reports.numbers import count_text, faster_text, percent_text

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
AS_C = (
    "Built as C, the pruned network multiplies only its other weights: zeros are skipped in linear layers "
    "and convolutions."
)
NO_SPARSE_CONVOLUTIONS = (
    "There is no sparse convolution here: of a sparse network, only linear layers run as sparse matrices."
)

_MOST_NAMED: Final = 5


def caveats(report: Report, decisions: Sequence[Decision] = ()) -> tuple[str, ...]:
    """Return a sentence or two for each gain that a reader of this report might wrongly expect."""
    return tuple(_caveats(report, decisions))


def _caveats(report: Report, decisions: Sequence[Decision]) -> Iterator[str]:
    pruned, shrunk = report.pruned, report.shrunk
    masked = any(curve.mode == "masked" and curve.points for curve in report.curves)
    if masked or (pruned is not None and pruned.nonzero < pruned.parameters):
        yield _zeros(report)
        yield THEORETICAL
    if report.native is not None:
        yield from _as_c(report, report.native)
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
    """Say that zeros alone save nothing in torch, and whether the file is nevertheless smaller."""
    where = "In torch, zeros" if report.native is not None and report.native.latency_ms else "Zeros"
    plain = (
        f"{where} in dense weights make a network no faster and no smaller in memory: they are stored and "
        "multiplied like any other weight. The pruned network's latency is that of masked dense weights."
    )
    dense, pruned = report.dense, report.pruned
    if dense is None or pruned is None or pruned.file_bytes >= dense.file_bytes:
        return plain
    return f"{plain} Only its file is smaller: it packs the masks, and stores the kept values."


def _as_c(report: Report, native: NativeFigures) -> Iterator[str]:
    """Say how much faster zeros made the network as C, in which layers they did not, or why there is none."""
    if native.refusal is not None:
        yield f"The pruned network was not run as C, where zeros are skipped: {native.refusal}."
        return
    dense = report.dense.latency_ms if report.dense is not None else {}
    speeds = [
        f"{faster_text(dense[size].p50, native.latency_ms[size].p50)} at batch {size}"
        for size in sorted(dense.keys() & native.latency_ms.keys(), key=int)
    ]
    if speeds:
        threads = f"{native.num_threads} thread{'' if native.num_threads == 1 else 's'}"
        agrees = (
            f"predictions differ on {count_text(native.num_different)} of {count_text(native.num_images)} "
            f"validation examples, outputs by {native.disagreement:.0e} of the largest at most"
        )
        yield f"{AS_C} That ran {', '.join(speeds)} than dense in torch, on {threads}; {agrees}."
    sparsities = {} if native.is_shrunk else {layer.name: layer.sparsity for layer in report.layers}
    computed = [_with_sparsity(name, sparsities) for name in native.dense_layers]
    skipped = [layer for layer in sparsities if layer not in native.dense_layers]
    if computed:
        yield f"As C, zeros are computed like other weights in {_listed(computed)}: there that is faster."
    if skipped and (least := min(sparsities[name] for name in skipped)) > 0:
        yield f"The layers whose zeros it skips have {percent_text(least)} of them or more."


def _with_sparsity(layer: str, sparsities: Mapping[str, float]) -> str:
    return f"{layer} ({percent_text(sparsities[layer])} zeros)" if layer in sparsities else layer


def _listed(names: Sequence[str]) -> str:
    """Name a few, and count the others."""
    named = ", ".join(names[:_MOST_NAMED])
    return named if len(names) <= _MOST_NAMED else f"{named} and {len(names) - _MOST_NAMED} more"


def _prunes_units(decisions: Sequence[Decision]) -> bool:
    prune = last_prune(decisions)
    return prune is not None and prune.granularity == "unit"


def _has_convolutions(report: Report) -> bool:
    """Whether there are convolutions, which use a weight more than once; linear layers use each once."""
    figures = report.dense or report.pruned
    return figures is not None and figures.macs > figures.parameters
