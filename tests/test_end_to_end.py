"""The real thing, from the first key to a saved session, then replayed."""

from pathlib import Path

from prune_tui.commands.replay import Options, replay
from prune_tui.core.session.decisions import LoadDense, Measure, Prune, Scan
from prune_tui.core.workflow.step import Step
from prune_tui.storage import read_session
from prune_tui.tui.app import PruneApp
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, options_for

DEADLINE_SECONDS = 120.0


async def go_through_all_five_steps(app: PruneApp, *, sparsity: str) -> Path:
    """Enter, Enter … with one cell edited on the way, at 80 x 24; return the session's file."""
    async with app.run_test(size=(80, 24)) as pilot:
        desk = Desk(app, pilot, Script())

        async def until_done(num_decisions: int) -> None:
            await desk.until(
                lambda: desk.state.view.num_decisions == num_decisions and not desk.state.jobs,
                f"decision {num_decisions}",
                deadline_seconds=DEADLINE_SECONDS,
            )
            await pilot.pause()

        await desk.until(
            lambda: desk.state.engine == "ready", "the engine", deadline_seconds=DEADLINE_SECONDS
        )
        await desk.press("enter")
        await until_done(2)
        await desk.press("enter")
        await desk.to(Step.PLAN)
        await desk.press("up", "enter", *sparsity, "enter", "tab", "enter")
        await until_done(3)
        await desk.press("enter")
        await until_done(4)
        await desk.to(Step.SAVE)
        assert desk.state.path is not None
        assert "prune-tui replay" in desk.screen_text()
    app.release()
    return desk.state.path


async def test_the_bundled_pair_from_the_first_key_to_a_replayed_session(tmp_path: Path) -> None:
    app = PruneApp(options_for(tmp_path, data_dir=None))
    path = await go_through_all_five_steps(app, sparsity="0.55")
    session = read_session(path)
    assert [type(decision) for decision in session.decisions] == [LoadDense, Scan, Prune, Measure]
    prune = session.decisions[2]
    assert isinstance(prune, Prune)
    assert isinstance(prune.plan, dict)
    assert prune.plan["fc2"] == 0.55
    outcome = replay(path, Options(), on_event=lambda _event, _view: None)
    assert outcome.identical is True
    assert outcome.report.test_reads == 2
    assert outcome.report.dense is not None
    assert outcome.report.pruned is not None
    assert outcome.report.pruned.accuracy > 0.9
    assert outcome.report.pruned.file_bytes < outcome.report.dense.file_bytes / 2
