"""Only epochs that a baseline trained here has kept can be gone back to."""

from dataclasses import replace

from prune_tui.core.session.recipe import Training
from prune_tui.core.workflow.baselines import (
    baseline_to_train,
    epochs_to_rewind_to,
    trained_baseline,
    why_no_rewinding,
)


def test_only_epochs_that_were_kept_can_be_gone_back_to() -> None:
    baseline = baseline_to_train(Training(num_epochs=5))
    assert list(epochs_to_rewind_to(baseline, "weights")) == [0, 1]
    assert list(epochs_to_rewind_to(baseline, "learning_rate")) == [0, 1, 2, 3, 4]
    stopped = replace(baseline, stopped_after_epochs=2)
    assert list(epochs_to_rewind_to(stopped, "learning_rate")) == [0, 1]
    assert baseline_to_train(Training(num_epochs=1)).kept_epochs == ()
    assert trained_baseline(None) is None
    assert why_no_rewinding(None)
