"""A session goes on from its files: every network in them is the one that was saved."""

from pathlib import Path

import pytest

from prune_tui.core.errors import CheckpointError
from prune_tui.core.session.decisions import (
    Finetune,
    LoadDense,
    Measure,
    Prune,
    Rewind,
    Shrink,
    TrainDense,
)
from prune_tui.core.session.recipe import Training
from prune_tui.storage import read_session
from tests.engine.helpers import QUICK
from tests.runner.helpers import opened, perform, record_of, saved_weights

TRAINED = TrainDense(training=Training(num_epochs=3, batch_size=256), kept_epochs=(1,))
UNITS = Prune(plan=0.5, granularity="unit", finetune=QUICK)


@pytest.mark.parametrize("epoch", [0, 1])
def test_a_resumed_session_rewinds_to_the_same_weights(tmp_path: Path, epoch: int) -> None:
    runner = opened(tmp_path)
    perform(runner, TRAINED, Prune(plan=0.8))
    again = opened(session=runner.session, sessions_dir=tmp_path)
    perform(runner, Rewind(epoch=epoch))
    perform(again, Rewind(epoch=epoch))
    assert again.view.report.epochs == runner.view.report.epochs
    assert saved_weights(again) == saved_weights(runner)


def test_every_network_comes_back_with_its_accuracy_and_the_shrunk_one_can_be_measured(
    tmp_path: Path,
) -> None:
    runner = opened(tmp_path)
    perform(runner, LoadDense(), UNITS, Shrink())
    again = opened(tmp_path, session=read_session(tmp_path / "s.json"))
    for checkpoint in record_of(runner).checkpoints:
        assert again.accuracy_of(tmp_path / "s", checkpoint) == checkpoint.accuracy
    assert again.view.shrunk is not None
    assert runner.view.shrunk is not None
    assert again.view.shrunk.counts == runner.view.shrunk.counts
    assert again.view.shrunk.units == runner.view.shrunk.units
    perform(runner, Measure(batch_sizes=()))
    perform(again, Measure(batch_sizes=()))
    assert again.view.report.pruned == runner.view.report.pruned
    assert again.view.report.shrunk == runner.view.report.shrunk


def test_a_shrunk_network_that_was_trained_past_does_not_come_back(tmp_path: Path) -> None:
    runner = opened(tmp_path)
    perform(runner, LoadDense(), UNITS, Shrink(), Finetune(training=QUICK))
    again = opened(tmp_path, session=runner.session)
    assert again.view.shrunk is None
    perform(again, Measure(batch_sizes=()))
    assert again.view.report.shrunk is None


def test_a_session_without_its_checkpoints_says_how_to_get_them(tmp_path: Path) -> None:
    runner = opened()
    perform(runner, LoadDense())
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        opened(tmp_path, session=runner.session)
    with pytest.raises(CheckpointError, match="replay it with --out first"):
        opened(session=runner.session)
