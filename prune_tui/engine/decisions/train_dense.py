"""Trains the dense baseline, and saves the epochs that can be rewound to."""

from prune_tui.core.returning import Returning
from prune_tui.core.run.events import EpochFinished
from prune_tui.core.session.decisions import TrainDense
from prune_tui.engine.context import CheckpointToSave, Context, DecisionResult, Execution
from prune_tui.engine.decisions.test_set import adopt_baseline
from prune_tui.engine.network.checkpoints import encode
from prune_tui.engine.network.network import Weights
from prune_tui.engine.state import Baseline, EngineState
from prune_tui.engine.training.loop import train


def train_dense(state: EngineState, decision: TrainDense, fresh: Weights, context: Context) -> Execution:
    """Train from fresh weights, and make the best epoch the dense baseline."""
    state.set_baseline(Baseline(fresh))
    early = {0: fresh}
    to_save: list[CheckpointToSave] = []

    epochs = Returning(
        train(
            state.network,
            state.data,
            decision.training,
            phase=context.phase(decision.stopped_after_epochs),
            random_state=context.random_state,
            clock=context.clock,
        )
    )
    for event in epochs:
        if isinstance(event, EpochFinished) and event.figures.epoch in decision.kept_epochs:
            epoch = event.figures.epoch
            early[epoch] = state.network.state()
            name, content = context.free_name(f"dense-epoch-{epoch}"), encode(early[epoch], {})
            to_save.append(CheckpointToSave(name, "early", content, event.figures.accuracy))
        yield event
    trained = epochs.value
    baseline = Baseline(state.network.state(), decision.training, early, trained.accuracy)
    yield from adopt_baseline(state, baseline, context)
    state.accuracy = trained.accuracy
    dense = CheckpointToSave(context.free_name("dense"), "dense", state.checkpoint(), state.accuracy)
    return DecisionResult(
        decision.stopped_after(trained.stopped_after), (*to_save, dense), trained.stopped_after
    )
