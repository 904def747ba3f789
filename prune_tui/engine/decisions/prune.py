"""Prunes to a plan and retrains, round by round."""

from collections.abc import Generator
from dataclasses import replace

from prune_tui.core.errors import DecisionError
from prune_tui.core.report import EpochFigures
from prune_tui.core.run.events import EpochFinished, Event, Pruned
from prune_tui.core.session.decisions import Prune
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Rewinding
from prune_tui.engine.context import CheckpointToSave, Context, DecisionResult, Execution, TrainingPhase
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.engine.measure.histograms import take_distributions
from prune_tui.engine.network.counts import counted
from prune_tui.engine.network.network import Weights
from prune_tui.engine.pruning.plan_masks import layers_with, masks_for_round, plan_of
from prune_tui.engine.pruning.scores import score
from prune_tui.engine.state import Baseline, EngineState
from prune_tui.engine.training.loop import Trained, check_masks, train


def prune(state: EngineState, decision: Prune, context: Context) -> Execution:
    """Prune and retrain, and save the result."""
    stopped_after = yield from prune_rounds(state, decision, context)
    return DecisionResult(
        decision.stopped_after(stopped_after), (pruned_checkpoint(state, context),), stopped_after
    )


def pruned_checkpoint(state: EngineState, context: Context) -> CheckpointToSave:
    """Return the checkpoint to save of the pruned network as it is now."""
    return CheckpointToSave(context.free_name("pruned"), "pruned", state.checkpoint(), state.accuracy)


def prune_rounds(state: EngineState, decision: Prune, context: Context) -> Generator[Event, None, int | None]:
    """Prune and retrain, round by round; returns the completed epochs if it was stopped, else None."""
    network, data = state.network, state.data
    if decision.rewind is not None:
        check_rewinding(state.dense, decision.rewind)
    if decision.start_from == "dense":
        network.load(state.dense.weights, {})
    state.shrunk = None
    num_rounds = decision.schedule.num_rounds
    trained = Trained(None, None)
    epochs_before = 0
    for round in range(1, num_rounds + 1):
        scores = yield from score(
            network,
            data,
            decision.criterion,
            decision.granularity,
            layers_with(network, list(plan_of(network, decision)), decision.granularity),
            random_state=context.random_state,
            clock=context.clock,
        )
        network.mask(masks_for_round(network, scores, decision, round))
        yield Pruned(round, num_rounds, network.sparsity, context.clock())
        yield counted(network, context.clock)
        yield from check_masks(network, context.clock)
        after = yield from evaluate(network.module, data, data.validation, context.clock)
        state.accuracy = after.accuracy
        figures = EpochFigures(
            decision=context.index,
            round=round,
            epoch=0,
            train_loss=None,
            accuracy=after.accuracy,
            loss=after.loss,
            learning_rate=None,
        )
        recipe = _recipe(decision, round)
        num_epochs = _num_epochs(decision, recipe, state.dense)
        yield EpochFinished(figures, num_epochs, True, context.clock())
        if not num_epochs:
            continue
        phase = context.phase(
            decision.stopped_after_epochs, round=round, num_rounds=num_rounds, epochs_before=epochs_before
        )
        if decision.rewind is not None:
            trained = yield from retrain(state, decision.rewind, phase, context)
        elif recipe is not None:
            best = after.accuracy, network.state()
            trained = yield from finetune_from(state, recipe, best, phase, context)
        epochs_before += num_epochs
        yield from check_masks(network, context.clock)
        if trained.stopped_after is not None:
            break
    yield take_distributions(network, "pruned")
    return trained.stopped_after


def finetune_from(
    state: EngineState,
    training: Training,
    best: tuple[float, Weights],
    phase: TrainingPhase,
    context: Context,
) -> Generator[Event, None, Trained]:
    """Train from the final weights; `best` is the accuracy and the state to beat."""
    state.shrunk = None
    trained = yield from train(
        state.network,
        state.data,
        training,
        phase=phase,
        random_state=context.random_state,
        clock=context.clock,
        best=best,
        teacher=state.teacher(training),
    )
    state.accuracy = trained.accuracy
    return trained


def retrain(
    state: EngineState, rewinding: Rewinding, phase: TrainingPhase, context: Context
) -> Generator[Event, None, Trained]:
    """Retrain as the dense baseline was trained after an epoch, with its weights or only its learning rate.

    Raises:
        DecisionError: the baseline can't be rewound to that epoch.
    """
    dense = state.dense
    training = check_rewinding(dense, rewinding)
    state.shrunk = None
    if rewinding.to == "weights":
        state.network.load(dense.early[rewinding.epoch], state.network.masks)
    trained = yield from train(
        state.network,
        state.data,
        training,
        phase=replace(phase, epochs_skipped=rewinding.epoch),
        random_state=context.random_state,
        clock=context.clock,
    )
    state.accuracy = trained.accuracy
    return trained


def check_rewinding(dense: Baseline, rewinding: Rewinding) -> Training:
    """Return the baseline's recipe, after checking that it can be rewound to that epoch.

    Raises:
        DecisionError: it can't; the message says which epochs can.
    """
    training = dense.training
    assert training is not None, "core.session.legal lets no such decision through"
    if rewinding.epoch >= training.num_epochs:
        raise DecisionError(
            f"rewinding to epoch {rewinding.epoch} leaves nothing to train: the baseline had "
            f"{training.num_epochs}, so it must be less"
        )
    if rewinding.to == "weights" and rewinding.epoch not in dense.early:
        saved = ", ".join(str(epoch) for epoch in sorted(dense.early))
        raise DecisionError(
            f"the weights after epoch {rewinding.epoch} were not kept: rewind to one of {saved}, "
            "or name it in kept_epochs of train_dense"
        )
    return training


def after_training(state: EngineState, context: Context) -> Generator[Event, None, None]:
    """Count the pruned network, check its masks and bin its weights."""
    yield counted(state.network, context.clock)
    yield from check_masks(state.network, context.clock)
    yield take_distributions(state.network, "pruned")


def _recipe(decision: Prune, round: int) -> Training | None:
    """Return the recipe of a round's fine-tuning; None if there is none."""
    is_last = round == decision.schedule.num_rounds
    return decision.finetune_last if is_last and decision.finetune_last else decision.finetune


def _num_epochs(decision: Prune, recipe: Training | None, dense: Baseline) -> int:
    """Return the number of epochs of a round's retraining."""
    if decision.rewind is not None and dense.training is not None:
        return dense.training.num_epochs - decision.rewind.epoch
    return recipe.num_epochs if recipe is not None else 0
