"""How long the training of a plan will take, from what an epoch took so far."""

from prune_tui.core.planning.settings import PlanSettings
from prune_tui.core.session.decisions import TrainDense


def num_epochs_of(settings: PlanSettings, baseline: TrainDense | None) -> int:
    """Return the epochs of all rounds; a rewound network is trained for the rest of its baseline's."""
    if settings.rewind is None:
        return settings.schedule.num_rounds * settings.num_epochs
    ran = (baseline.stopped_after_epochs or baseline.training.num_epochs) if baseline is not None else 0
    return settings.schedule.num_rounds * max(0, ran - settings.rewind.epoch)


def training_seconds(
    settings: PlanSettings, baseline: TrainDense | None, epoch_seconds: float | None
) -> float | None:
    """Return how long a plan's training takes; None if nothing was trained yet, or nothing is to be."""
    num_epochs = num_epochs_of(settings, baseline)
    return num_epochs * epoch_seconds if num_epochs and epoch_seconds is not None else None
