"""Writes a session's network for other programs, once what is written computes what the network does."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from prune_tui.catalog.batches import num_examples
from prune_tui.catalog.code.permission import check_code
from prune_tui.catalog.names import check_names
from prune_tui.core.errors import ExportError
from prune_tui.core.run.events import Event
from prune_tui.core.run.view import View
from prune_tui.core.session.json import json_data
from prune_tui.core.session.session import Checkpoint
from prune_tui.core.terms import ExportFormat
from prune_tui.engine.device import prepare_process
from prune_tui.export.c.checking import Compared, compare_c, timed_c
from prune_tui.export.c.folder import is_measured, to_c
from prune_tui.export.checking import MOST_DIFFERENCE, Latencies, compare, timed
from prune_tui.export.compact.codebook import Codebook
from prune_tui.export.compact.network import Compact, Stored, comes_back, to_compact
from prune_tui.export.compact.scoring import Scores, scores_of
from prune_tui.export.description import to_text
from prune_tui.export.formats import check_format, encoded, runtime_of
from prune_tui.export.network import Exported, chosen_checkpoint, exported_network
from prune_tui.storage import check_new, checkpoints_folder, read_session, write_atomically, write_folder


@dataclass(frozen=True, slots=True)
class Request:
    """What to export, and where to; `checkpoint` None is the newest dense, pruned or shrunk one.

    `allow_code` lets the user's own files that the session names run. `codebook` is for format `compact`:
    with one, weights are rounded to few values, and the file is not held to compute the very same.
    """

    session: Path
    format: ExportFormat
    out: Path
    checkpoint: str | None = None
    data_dir: Path | None = None
    allow_code: bool = False
    codebook: Codebook | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A file or folder as it was checked; without a `path` it differed too much, and was not written.

    `checkpoints` are the session's. The difference is relative to the largest output; None where nothing here
    can run what was written. `differing_predictions` are counted where the outputs are classes, and only for
    C. `latency_ms` is empty where torch itself runs the file, or nothing here does. `stored` says how a
    compact file stores each tensor, and `scores` what its codebook costs.
    """

    checkpoint: Checkpoint
    checkpoints: tuple[Checkpoint, ...]
    path: Path | None
    file_bytes: int
    max_relative_difference: float | None
    num_images: int
    latency_ms: Latencies
    stored: tuple[Stored, ...] = ()
    scores: Scores | None = None
    differing_predictions: int | None = None

    @property
    def is_checked(self) -> bool:
        return self.max_relative_difference is not None


@dataclass(frozen=True, slots=True)
class Source:
    """What is exported: a network, its checkpoint, and all checkpoints of the session beside it."""

    network: Exported
    checkpoint: Checkpoint
    checkpoints: tuple[Checkpoint, ...]


def load(request: Request, *, on_event: Callable[[Event, View], None]) -> Source:
    """Load what is to be exported; `on_event` is called with each event and the view after it.

    Raises:
        PruneTuiError: the session, its checkpoint, the data, the format or the file's place can't be used.
    """
    if request.codebook is not None and request.format != "compact":
        raise ExportError(f"a codebook is for --to compact: {request.format} stores every weight as it is")
    session, source = read_session(request.session), str(request.session)
    check_names(session, source=source)
    check_code(session, allow_code=request.allow_code, source=source)
    checkpoint = chosen_checkpoint(session, request.checkpoint, source=source)
    check_new(request.out)
    check_format(request.format)
    prepare_process(None)
    network = exported_network(
        session,
        checkpoint,
        checkpoints_folder(request.session),
        data_dir=request.data_dir,
        allow_code=request.allow_code,
        on_event=on_event,
    )
    return Source(network, checkpoint, session.record.checkpoints if session.record else ())


def export(request: Request, source: Source, *, say: Callable[[str], None]) -> Outcome:
    """Write the file once it computes what the network does; `say` is called with what happens next.

    Raises:
        PruneTuiError: the network can't be written in this format, or the file not at this place.
    """
    if request.format == "c":
        return _export_folder(request, source, say=say)
    network = source.network
    say(f"writing {source.checkpoint.path} as {request.format}")
    compact = _compact(request, network)
    content = encoded(network, request.format) if compact is None else compact.content
    num_images = num_examples(network.inputs)
    say(f"comparing it with torch on {num_images} validation images")
    difference = compare(network, content, request.format)
    scores, is_right = None, difference <= MOST_DIFFERENCE
    if request.codebook is not None and isfinite(difference):
        assert network.data is not None, "a session's network comes with its data"
        say(f"evaluating it on {len(network.data.validation):,} validation images")
        scores, is_right = scores_of(network.module, content, network.data), True
    elif compact is not None:
        is_right = is_right and comes_back(network.module, content)
    latency_ms: Latencies = {}
    if is_right:
        check_new(request.out)
        write_atomically(request.out, content)
        if runtime_of(request.format) is not None:
            say("timing it")
        latency_ms = timed(network, content, request.format)
    return Outcome(
        checkpoint=source.checkpoint,
        checkpoints=source.checkpoints,
        path=request.out if is_right else None,
        file_bytes=len(content),
        max_relative_difference=difference,
        num_images=num_images,
        latency_ms=latency_ms,
        stored=compact.stored if compact is not None else (),
        scores=scores,
    )


def _compact(request: Request, network: Exported) -> Compact | None:
    """Return the compact file of a network, where that is what is wanted."""
    if request.format != "compact":
        return None
    return to_compact(network.module, description=to_text(network.description), codebook=request.codebook)


def _export_folder(request: Request, source: Source, *, say: Callable[[str], None]) -> Outcome:
    """Write the folder of C once it computes what the network does; without a compiler, unchecked."""
    network, num_images = source.network, num_examples(source.network.inputs)
    how = (
        "each layer as it is fastest here" if is_measured() else "each layer by a rule: no C compiler is here"
    )
    say(f"writing {source.checkpoint.path} as C, {how}")
    folder = to_c(network)
    compared = Compared(None, None)
    if is_measured():
        say(f"building it and comparing it with torch on {num_images} validation images")
        compared = compare_c(network, folder)
    latency_ms: Latencies = {}
    if compared.is_same:
        check_new(request.out)
        write_folder(request.out, folder.files)
    if compared.is_same and is_measured():
        say("timing it")
        latency_ms = timed_c(network, folder)
    return Outcome(
        checkpoint=source.checkpoint,
        checkpoints=source.checkpoints,
        path=request.out if compared.is_same else None,
        file_bytes=folder.num_bytes,
        max_relative_difference=compared.difference,
        num_images=num_images,
        latency_ms=latency_ms,
        differing_predictions=compared.differing_predictions,
    )


def document(request: Request, outcome: Outcome) -> dict[str, object]:
    """Return what `export --json` prints.

    The difference is null where a number or a shape is wrong, or where it was not checked.
    """
    difference = outcome.max_relative_difference
    return {
        "session": str(request.session),
        "checkpoint": outcome.checkpoint.path,
        "format": request.format,
        "path": str(outcome.path) if outcome.path else None,
        "file_bytes": outcome.file_bytes,
        "checked": outcome.is_checked,
        "max_relative_difference": difference if difference is not None and isfinite(difference) else None,
        "differing_predictions": outcome.differing_predictions,
        "num_images": outcome.num_images,
        "latency_ms": json_data(outcome.latency_ms),
        "codebook": request.codebook,
        "scores": json_data(outcome.scores),
        "tensors": json_data(outcome.stored),
    }
