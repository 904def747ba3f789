"""How each kind of decision is carried out on a workspace; returns where the user stopped it, or None."""

from collections.abc import Generator, Iterator
from dataclasses import replace

from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import EpochFinished, Event
from prune_tui.core.run.report import EpochFigures
from prune_tui.core.session.decisions import Finetune, Prune, Rewinding, Scan, TrainDense
from prune_tui.core.session.recipe import Training
from prune_tui.engine.context import Context, Performance
from prune_tui.engine.decisions.outcomes import take_dense
from prune_tui.engine.measure.distributions import take_distributions
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.engine.network.checkpoints import encode
from prune_tui.engine.network.network import Weights
from prune_tui.engine.pruning.plan_masks import masks_for_round
from prune_tui.engine.scan.loop import scan
from prune_tui.engine.state import Baseline, Kept, Workspace, counted
from prune_tui.engine.training.loop import Stint, Trained, check, train


def train_dense(space: Workspace, decision: TrainDense, fresh: Weights, context: Context) -> Performance:
    """Train the dense baseline from fresh weights, keeping the epochs that may be rewound to."""
    space.set_dense(Baseline(fresh))
    early = {0: fresh}
    epochs = train(
        space.network,
        space.images,
        decision.training,
        stint=context.stint(decision.stopped_after_epochs),
        random_state=context.random_state,
        clock=context.clock,
    )
    while True:
        try:
            event = next(epochs)
        except StopIteration as finished:
            trained: Trained = finished.value
            break
        if isinstance(event, EpochFinished) and event.figures.epoch in decision.kept_epochs:
            epoch = event.figures.epoch
            early[epoch] = space.network.state()
            content = encode(early[epoch], {})
            space.kept.append(Kept(f"dense-epoch-{epoch}", "early", content, event.figures.accuracy))
        yield event
    baseline = Baseline(space.network.state(), decision.training, early, trained.accuracy)
    yield from take_dense(space, baseline, context)
    space.accuracy = trained.accuracy
    return trained.stopped_after


def load_dense(space: Workspace, weights: Weights, context: Context) -> Iterator[Event]:
    """Make weights from a file the dense baseline."""
    yield from take_dense(space, Baseline(weights), context)
    space.accuracy = yield from _dense_accuracy(space, context)


def scan_dense(space: Workspace, decision: Scan, context: Context) -> Performance:
    """Scan the dense baseline, and come back to the network as it is."""
    state, masks = space.network.state(), space.network.masks
    space.network.load(space.need_dense().weights, {})
    dense_accuracy = yield from _dense_accuracy(space, context)
    stopped_after = yield from scan(
        space.network,
        space.images,
        decision,
        dense_accuracy=dense_accuracy,
        should_stop=context.stopping(decision.stopped_after_evaluations),
        random_state=context.random_state,
        clock=context.clock,
    )
    space.network.load(state, masks)
    return stopped_after


def _dense_accuracy(space: Workspace, context: Context) -> Generator[Event, None, float]:
    """Return the dense network's accuracy on the validation split, evaluated once; it must be loaded."""
    dense, images = space.need_dense(), space.images
    if dense.accuracy is not None:
        return dense.accuracy
    found = yield from evaluate(space.network.module, images, images.validation, context.clock)
    space.baseline = replace(dense, accuracy=found.accuracy)
    return found.accuracy


def prune(space: Workspace, decision: Prune, context: Context) -> Performance:
    """Prune and retrain, round by round."""
    network, images = space.network, space.images
    dense = space.need_dense()
    if decision.rewind is not None:
        check_rewinding(dense, decision.rewind)
    if decision.start_from == "dense":
        network.load(dense.weights, {})
    space.shrunk = None
    num_rounds = decision.schedule.num_rounds
    trained = Trained(None, None)
    epochs_before = 0
    for round in range(1, num_rounds + 1):
        masks = yield from masks_for_round(
            network, images, decision, round, random_state=context.random_state, clock=context.clock
        )
        network.mask(masks)
        yield counted(network, context.clock, round=round, num_rounds=num_rounds)
        yield from check(network, context.clock)
        after = yield from evaluate(network.module, images, images.validation, context.clock)
        space.accuracy = after.accuracy
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
        num_epochs = _epochs_of(decision, recipe, dense)
        yield EpochFinished(figures, num_epochs, True, context.clock())
        if not num_epochs:
            continue
        stint = context.stint(
            decision.stopped_after_epochs, round=round, num_rounds=num_rounds, epochs_before=epochs_before
        )
        if decision.rewind is not None:
            trained = yield from _retrain(space, decision.rewind, stint, context)
        elif recipe is not None:
            best = after.accuracy, network.state()
            trained = yield from _finetune(space, recipe, best, stint, context)
        epochs_before += num_epochs
        yield from check(network, context.clock)
        if trained.stopped_after is not None:
            break
    yield take_distributions(network, "pruned")
    return trained.stopped_after


def finetune(space: Workspace, decision: Finetune, context: Context) -> Performance:
    """Train the pruned network on, masks held."""
    space.need_pruned()
    network, images = space.network, space.images
    start = yield from evaluate(network.module, images, images.validation, context.clock)
    stint = context.stint(decision.stopped_after_epochs)
    best = start.accuracy, network.state()
    trained = yield from _finetune(space, decision.training, best, stint, context)
    yield from _after_training(space, context)
    return trained.stopped_after


def rewind(
    space: Workspace, rewinding: Rewinding, stopped_after_epochs: int | None, context: Context
) -> Performance:
    """Retrain the pruned network as the dense baseline was trained, masks held."""
    space.need_pruned()
    check_rewinding(space.need_dense(), rewinding)
    trained = yield from _retrain(space, rewinding, context.stint(stopped_after_epochs), context)
    yield from _after_training(space, context)
    return trained.stopped_after


def check_rewinding(dense: Baseline, rewinding: Rewinding) -> None:
    """Raise `DecisionError` if the baseline can't be rewound to that epoch."""
    if dense.training is None:
        raise DecisionError("there is nothing to rewind to: the dense baseline was loaded, not trained here")
    if rewinding.epoch >= dense.training.num_epochs:
        raise DecisionError(
            f"rewinding to epoch {rewinding.epoch} leaves nothing to train: the baseline had "
            f"{dense.training.num_epochs}, so it must be less"
        )
    if rewinding.to == "weights" and rewinding.epoch not in dense.early:
        kept = ", ".join(str(epoch) for epoch in sorted(dense.early))
        raise DecisionError(
            f"the weights after epoch {rewinding.epoch} were not kept: rewind to one of {kept}, "
            "or name it in kept_epochs of train_dense"
        )


def _recipe(decision: Prune, round: int) -> Training | None:
    """Return how a round is fine-tuned."""
    is_last = round == decision.schedule.num_rounds
    return decision.finetune_last if is_last and decision.finetune_last else decision.finetune


def _epochs_of(decision: Prune, recipe: Training | None, dense: Baseline) -> int:
    """Return how many epochs a round is retrained."""
    if decision.rewind is not None and dense.training is not None:
        return dense.training.num_epochs - decision.rewind.epoch
    return recipe.num_epochs if recipe is not None else 0


def _finetune(
    space: Workspace, training: Training, best: tuple[float, Weights], stint: Stint, context: Context
) -> Generator[Event, None, Trained]:
    """Train from the final weights; what there is already may be the best."""
    space.shrunk = None
    trained = yield from train(
        space.network,
        space.images,
        training,
        stint=stint,
        random_state=context.random_state,
        clock=context.clock,
        best=best,
        teacher=space.teacher(training),
    )
    space.accuracy = trained.accuracy
    return trained


def _retrain(
    space: Workspace, rewinding: Rewinding, stint: Stint, context: Context
) -> Generator[Event, None, Trained]:
    """Train as the dense baseline was from the end of an epoch, its weights or only its learning rate."""
    dense = space.need_dense()
    assert dense.training is not None, "check_rewinding() first"
    space.shrunk = None
    if rewinding.to == "weights":
        space.network.load(dense.early[rewinding.epoch], space.network.masks)
    trained = yield from train(
        space.network,
        space.images,
        dense.training,
        stint=replace(stint, epochs_skipped=rewinding.epoch),
        random_state=context.random_state,
        clock=context.clock,
    )
    space.accuracy = trained.accuracy
    return trained


def _after_training(space: Workspace, context: Context) -> Iterator[Event]:
    yield counted(space.network, context.clock)
    yield from check(space.network, context.clock)
    yield take_distributions(space.network, "pruned")
