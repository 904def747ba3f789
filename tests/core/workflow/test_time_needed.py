"""The time a plan's training takes is its epochs, in all rounds, times what an epoch takes."""

from prune_tui.core.planning.settings import PlanSettings
from prune_tui.core.session.decisions import TrainDense
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Iterative, Rewinding
from prune_tui.core.workflow.time_needed import num_epochs_of, training_seconds

BASELINE = TrainDense(training=Training(num_epochs=10))


def test_epochs_of_all_rounds_count() -> None:
    rounds = Iterative(num_rounds=3)
    assert num_epochs_of(PlanSettings(num_epochs=5), None) == 5
    assert num_epochs_of(PlanSettings(num_epochs=5, schedule=rounds), None) == 15
    rewound = PlanSettings(num_epochs=5, schedule=rounds, rewind=Rewinding(epoch=4))
    assert num_epochs_of(rewound, BASELINE) == 18


def test_what_is_not_known_is_not_guessed() -> None:
    assert training_seconds(PlanSettings(num_epochs=5), None, None) is None
    assert training_seconds(PlanSettings(num_epochs=0), None, 2.0) is None
    assert training_seconds(PlanSettings(num_epochs=5), None, 2.0) == 10.0
