"""Measures a plan between decisions, batch after batch; nothing of the session's state changes."""

import operator
from collections.abc import Generator, Iterator
from dataclasses import replace

from prune_tui.core.planning.solving.polish import Polish
from prune_tui.core.run.events import Event, MeasuringTakesLong, PlanMeasured, UnitsFound
from prune_tui.core.run.measured_plans import start_of
from prune_tui.core.session.decisions import Prune
from prune_tui.engine.context import Clock
from prune_tui.engine.network.trace import find_units
from prune_tui.engine.plans.evaluator import FIRST_BATCH_SIZE, PlanEvaluator
from prune_tui.engine.plans.polishing import Polisher
from prune_tui.engine.state import EngineState

LONG_SECONDS = 1.0
"""A first figure that takes longer than this has to be asked for."""


class Measuring:
    """Measures plans of a session; the evaluator is kept as long as they begin with the same network."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._made_of: tuple[object, ...] = ()
        self._after: int | None = None
        self._evaluator: PlanEvaluator | None = None

    def measure(
        self, state: EngineState, decision: Prune, *, index: int, is_asked: bool, clock: Clock
    ) -> Iterator[Event]:
        """Measure the plan that would be decision `index` on the validation images.

        Where the first figure would take long, only its time is told, unless `is_asked`.

        Raises:
            PruneTuiError: the plan can't be carried out.
        """
        if decision.prunes_units:
            yield UnitsFound(find_units(state.network), state.network.shape)
        evaluator = self.evaluator(state, after=start_of(decision, index))
        seconds = evaluator.seconds_per_image * min(FIRST_BATCH_SIZE, evaluator.num_images)
        if seconds > LONG_SECONDS and not is_asked:
            yield MeasuringTakesLong(seconds)
            return
        accuracy = yield from dense_accuracy(state, evaluator, clock)
        masks = yield from evaluator.masks_of(decision, index=index, clock=clock)
        for figures in evaluator.measured(decision, masks, index=index, dense_accuracy=accuracy):
            yield PlanMeasured(figures, clock())

    def polish(self, state: EngineState, polish: Polish, *, index: int, clock: Clock) -> Iterator[Event]:
        """Improve a solved plan that would be decision `index`, by evaluating others for the same target.

        Raises:
            PruneTuiError: the plan can't be carried out.
        """
        if polish.decision.prunes_units:
            yield UnitsFound(find_units(state.network), state.network.shape)
        evaluator = self.evaluator(state, after=start_of(polish.decision, index))
        accuracy = yield from dense_accuracy(state, evaluator, clock)
        yield from Polisher(evaluator, polish, index=index, dense_accuracy=accuracy, clock=clock).events()

    def evaluator(self, state: EngineState, *, after: int | None) -> PlanEvaluator:
        """Return what evaluates plans that begin dense, or with the network as it is `after` decisions."""
        made_of = (state.dense.weights, state.data, state.network.units)
        is_same = after == self._after and all(map(operator.is_, made_of, self._made_of))
        if self._evaluator is None or not is_same:
            self._evaluator = PlanEvaluator(
                state.network, state.dense.weights, state.data, seed=self._seed, is_pruned=after is not None
            )
            self._made_of, self._after = made_of, after
        return self._evaluator


def dense_accuracy(
    state: EngineState, evaluator: PlanEvaluator, clock: Clock
) -> Generator[Event, None, float]:
    """Return the dense network's validation accuracy, evaluated at most once."""
    if state.dense.accuracy is None:
        accuracy = yield from evaluator.dense_accuracy(clock)
        state.baseline = replace(state.dense, accuracy=accuracy)
        return accuracy
    return state.dense.accuracy
