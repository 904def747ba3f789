"""The only door from the app to the engine, opened in the worker's thread: torch is imported here."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

from prune_tui.storage import checkpoints_folder
from prune_tui.tui.options import Options
from prune_tui.tui.worker.jobs import Opening, Runner

if TYPE_CHECKING:
    from prune_tui.core.session.session import Session


def import_engine() -> None:
    """Import the engine, and torch with it."""
    import prune_tui.runner.runner  # noqa: F401


def settle() -> None:
    """Import what the first optimizer step would, then hide all that is loaded from the garbage collector.

    torch leaves hundreds of thousands of objects that live as long as the process; a full collection that
    walks them stops every thread, and the screens with it, for up to a second.
    """
    import torch._dynamo  # noqa: F401

    gc.freeze()


def engine_runner(options: Options, opening: Opening) -> Runner:
    """Build the engine for a session; a resumed one stays in the folder it was found in."""
    from prune_tui.engine.device import prepare_process
    from prune_tui.runner.runner import Runner as EngineRunner

    prepare_process(options.num_threads)
    resumed = opening.resumed_from
    if opening.is_read_only and resumed is not None:
        return reader(opening.session, resumed)
    folder = resumed.parent if resumed else options.sessions_dir
    return EngineRunner(
        opening.session,
        sessions_dir=folder,
        data_dir=options.data_dir,
        weights=opening.weights,
        source=checkpoints_folder(resumed) if resumed else None,
        allow_code=opening.allow_code,
    )


def reader(session: Session, path: Path) -> Runner:
    """Build what shows a session without its checkpoints."""
    from prune_tui.runner.reader import RecordReader

    return RecordReader(session, path)


def nothing_to_import() -> None:
    """Import nothing: for a runner that is passed in."""
