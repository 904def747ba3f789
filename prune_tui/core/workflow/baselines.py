"""The baseline that a session trains itself, and the epochs that it can be rewound to."""

from prune_tui.core.session.decisions import LoadDense, TrainDense
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Rewinding
from prune_tui.core.session.session import Session

EARLY_EPOCH = 1
"""The early weights to save: deep networks rewound to epoch 0 often do not train (Frankle et al. 2020)."""


def baseline_to_train(training: Training) -> TrainDense:
    """Return the decision that trains a baseline and saves early weights to rewind to."""
    return TrainDense(training=training, kept_epochs=(EARLY_EPOCH,) if training.num_epochs > 1 else ())


def last_baseline(session: Session | None) -> TrainDense | LoadDense | None:
    """Return the decision that gave the session its baseline; None if there is none."""
    decisions = session.decisions if session is not None else ()
    baselines = [decision for decision in decisions if isinstance(decision, TrainDense | LoadDense)]
    return baselines[-1] if baselines else None


def trained_baseline(session: Session | None) -> TrainDense | None:
    """Return the decision that trained the session's baseline; None if it was loaded, or there is none."""
    baseline = last_baseline(session)
    return baseline if isinstance(baseline, TrainDense) else None


def training_like_dense(session: Session | None, recipe: Training) -> Training:
    """Return how a network is trained from scratch: as the session's baseline was, else by the recipe."""
    baseline = trained_baseline(session)
    return baseline.training if baseline is not None else recipe


def epochs_to_rewind_to(baseline: TrainDense, to: str) -> dict[int, str]:
    """Return the epochs that `weights` or `learning_rate` can be rewound to, each with a description."""
    ran = baseline.stopped_after_epochs or baseline.training.num_epochs
    if to == "weights":
        saved = [epoch for epoch in baseline.kept_epochs if epoch <= ran]
        return {0: "the fresh weights"} | {epoch: f"the weights after epoch {epoch}" for epoch in saved}
    return {epoch: f"its last {ran - epoch} of {ran} epochs again" for epoch in range(ran)}


def why_no_rewinding(baseline: TrainDense | None) -> str:
    """Return why the baseline can't be rewound; empty if it can."""
    return "" if baseline is not None else "needs a baseline trained here: 1, then T"


def describe_rewinding(rewinding: Rewinding) -> str:
    """Return what a round with rewinding does after pruning."""
    what = "weights" if rewinding.to == "weights" else "the learning rate"
    return f"rewind {what} to epoch {rewinding.epoch} and train on from there"
