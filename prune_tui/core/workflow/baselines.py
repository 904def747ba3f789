"""The baseline that a session trains itself, and the epochs of it that can be gone back to."""

from prune_tui.core.session.decisions import LoadDense, Rewinding, TrainDense
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.session import Session

KEPT_EPOCH = 1
"""Early weights worth going back to: deep networks rewound to epoch 0 often do not train (Frankle 2020)."""


def to_be_trained(training: Training) -> TrainDense:
    """Return the decision that trains a baseline, and keeps early weights to rewind to."""
    return TrainDense(training=training, kept_epochs=(KEPT_EPOCH,) if training.num_epochs > 1 else ())


def trained_baseline(session: Session | None) -> TrainDense | None:
    """Return how the session's baseline was trained; None where it was loaded, or there is none."""
    decisions = session.decisions if session is not None else ()
    baselines = [decision for decision in decisions if isinstance(decision, TrainDense | LoadDense)]
    return baselines[-1] if baselines and isinstance(baselines[-1], TrainDense) else None


def training_like_dense(session: Session | None, recipe: Training) -> Training:
    """Return how a network is trained from scratch: as the session's baseline was, else by the recipe."""
    baseline = trained_baseline(session)
    return baseline.training if baseline is not None else recipe


def epochs_to_rewind_to(baseline: TrainDense, to: str) -> dict[int, str]:
    """Return the epochs that `weights` or `learning_rate` can be rewound to, and what each would mean."""
    ran = baseline.stopped_after_epochs or baseline.training.num_epochs
    if to == "weights":
        kept = [epoch for epoch in baseline.kept_epochs if epoch <= ran]
        return {0: "the fresh weights"} | {epoch: f"the weights after epoch {epoch}" for epoch in kept}
    return {epoch: f"its last {ran - epoch} of {ran} epochs again" for epoch in range(ran)}


def why_not_rewound(baseline: TrainDense | None) -> str:
    """Say why nothing can be rewound, if so."""
    return "" if baseline is not None else "needs a baseline trained here: 1, then b"


def described(rewinding: Rewinding) -> str:
    """Say what a round does after pruning."""
    what = "weights" if rewinding.to == "weights" else "the learning rate"
    return f"rewind {what} to epoch {rewinding.epoch} and train on from there"
