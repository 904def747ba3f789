"""A shrunk network is measured beside its masked one, and is gone once that one changes."""

import pytest

from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import Measured
from prune_tui.core.session.decisions import Finetune, Measure, Prune, Shrink
from prune_tui.engine.network.checkpoints import decode_shrunk
from prune_tui.engine.network.shrink import MAX_DISAGREEMENT
from tests.engine.helpers import QUICK, Run, loaded, perform


def shrunk_run() -> Run:
    run = loaded()
    perform(run, Prune(plan=0.5, granularity="unit", finetune=QUICK), Shrink())
    return run


def test_a_shrunk_network_is_measured_with_the_pruned_one_at_one_read_of_the_test_set() -> None:
    run = shrunk_run()
    events = perform(run, Measure(batch_sizes=(1,)))
    measured = {event.stage: event for event in events if isinstance(event, Measured)}
    pruned, shrunk = measured["pruned"], measured["shrunk"]
    assert pruned.test_reads == shrunk.test_reads == 2
    assert shrunk.figures.accuracy == pruned.figures.accuracy
    assert shrunk.figures.parameters < pruned.figures.nonzero
    assert shrunk.figures.file_bytes < pruned.figures.file_bytes
    assert run.view.report.shrunk is not None
    assert run.view.report.shrunk.latency_ms.keys() == {"1"}


def test_what_is_told_of_shrinking_is_what_is_saved() -> None:
    run = shrunk_run()
    told, saved = run.view.shrunk, run.to_save[-1]
    assert told is not None
    assert saved.stage == "shrunk"
    assert told.disagreement <= MAX_DISAGREEMENT
    assert told.counts.file_bytes == len(saved.content)
    weights = decode_shrunk(saved.content, run.state.network.module.state_dict(), source=saved.name)
    for layer, before, after in told.units:
        assert len(weights[f"{layer}.weight"]) == after
        assert after == (before if layer == "fc2" else before / 2)


def test_training_on_the_masked_network_drops_the_shrunk_one() -> None:
    run = shrunk_run()
    before = run.state.shrunk
    assert before is not None
    perform(run, Finetune(training=QUICK))
    assert run.state.shrunk is None
    assert run.view.shrunk is None


def test_shrinking_where_nothing_can_go_changes_nothing() -> None:
    run = loaded()
    perform(run, Prune(plan={"fc1": 0.05}))
    with pytest.raises(DecisionError, match="no unit can be removed"):
        perform(run, Shrink())
    assert len(run.decisions) == 2
    assert run.state.shrunk is None
    assert run.view.shrunk is None
