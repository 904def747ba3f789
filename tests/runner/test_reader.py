"""A record is shown with the network that it was made with, where that can be built without data."""

from dataclasses import replace
from pathlib import Path

import pytest

from prune_tui.core.errors import CheckpointError, DecisionError
from prune_tui.core.run.events import EngineReady
from prune_tui.core.session.decisions import Measure
from prune_tui.core.session.legal import facts_after
from prune_tui.core.session.session import Session
from prune_tui.engine.engine import never
from prune_tui.runner.reader import RecordReader
from prune_tui.runner.shelf import is_read_only
from prune_tui.storage import read_session
from tests.runner.helpers import opened, perform, pruned

SHIPPED = sorted((Path(__file__).parents[2] / "sessions").glob("*.json"))


def read(session: Session) -> RecordReader:
    reader = RecordReader(session, Path("nowhere.json"))
    *_, last = reader.open()
    assert isinstance(last, EngineReady)
    return reader


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_recorded_session_is_shown_whole(path: Path) -> None:
    session = read_session(path)
    assert is_read_only(session, path)
    assert session.record is not None
    view, report = read(session).view, session.record.report
    assert view.report == report
    assert view.num_decisions == len(session.decisions)
    assert report.dense is not None
    assert view.num_parameters == report.dense.parameters
    assert sum(layer.macs for layer in view.layers) + view.other_macs == report.dense.macs
    assert {layer.name for layer in view.prunable} == {layer.name for layer in report.layers}
    assert (view.counted is not None) == ("pruned" in facts_after(session.decisions))
    assert view.has_units == any(decision.prunes_units for decision in session.decisions)
    assert set(view.dense_histograms) == {layer.name for layer in report.layers}
    if view.counted is not None and report.pruned is not None:
        assert view.counted.counts == report.pruned
        assert view.counted.sparsity == pytest.approx(report.pruned.sparsity)


def test_what_was_pruned_and_not_measured_is_counted_by_layer(tmp_path: Path) -> None:
    runner = pruned(tmp_path)
    was = runner.view.counted
    assert was is not None
    shown = read(runner.session).view.counted
    assert shown is not None
    assert (shown.counts.nonzero, shown.counts.nonzero_macs) == (was.counts.nonzero, was.counts.nonzero_macs)
    assert shown.layers == was.layers
    assert shown.sparsity == pytest.approx(was.sparsity)


def test_where_the_network_can_not_be_built_the_recorded_layers_are_shown() -> None:
    session = read_session(next(path for path in SHIPPED if path.stem == "quickstart"))
    assert session.record is not None
    for other in (
        replace(session, model="net.py:mine"),
        replace(session, model="mlp"),
    ):
        view = read(other).view
        assert [layer.name for layer in view.layers] == [layer.name for layer in session.record.report.layers]
        assert session.record.report.dense is not None
        assert view.num_parameters == session.record.report.dense.parameters
        assert not any(layer.macs for layer in view.layers)


def test_nothing_to_show_is_refused_and_nothing_runs() -> None:
    session = read_session(SHIPPED[0])
    with pytest.raises(CheckpointError, match="neither checkpoints nor a record"):
        read(replace(session, model="net.py:mine", record=None))
    reader = read(session)
    with pytest.raises(DecisionError, match="checkpoints are not here"):
        reader.perform(Measure(), should_stop=never)


def test_a_session_is_read_only_from_the_first_missing_checkpoint_on(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    runner = opened(tmp_path)
    assert not is_read_only(runner.session, path)
    perform(pruned(tmp_path))
    assert not is_read_only(read_session(path), path)
    (tmp_path / "s" / "pruned.safetensors").unlink()
    assert is_read_only(read_session(path), path)
