"""Improves a solved plan by evaluating plans that meet the same target, for a second or so.

The search goes by the distortion of the outputs on a few hundred images, which tells plans apart that differ
by less than the noise of an accuracy. What it found is then measured against what it began with.
"""

from collections.abc import Generator, Iterator
from math import sqrt

from prune_tui.core.errors import PruneTuiError
from prune_tui.core.planning.solving.neighbours import Meets, Plan, just_met, neighbour, scaled
from prune_tui.core.planning.solving.polish import Polish
from prune_tui.core.planning.target import describe_target
from prune_tui.core.run.events import BatchEvaluated, Event, PlanMeasured, PlanPolished
from prune_tui.core.run.measured_plans import MeasuredPlan, PolishedPlan
from prune_tui.core.session.decisions import Prune
from prune_tui.core.terms import BLOCK_ROWS
from prune_tui.engine.context import Clock
from prune_tui.engine.network.network import weight_name
from prune_tui.engine.plans.evaluator import PlanEvaluator

FIRST_FACTOR, LAST_FACTOR = 1.6, 1.05
"""How much more one group keeps in a neighbouring plan, at first and at last."""

MOST_IMAGES, FEWEST_IMAGES = 256, 32
"""The images on which distortions are compared."""

PLANS_WANTED = 40
"""Fewer images are taken where so many plans would else take longer than there is time for."""

STEP = 0.85
"""How much less all groups keep in the next plan, as long as the accuracy holds."""

NUM_STEPS, NUM_HALVINGS = 24, 5

RELAXED = 1.02
"""How much more a plan keeps that did not hold on all images although it did on fewer."""

MOST_TIMES = 4
"""A target of accuracy may take so many times as long."""

MOST_COMPARED = 2_000
"""The images on which accuracies are compared."""

RIVALS = ("lamp", "l1")
"""Criteria whose threshold over all layers shares weights or blocks out among them (Lee et al. 2021)."""

_Key = tuple[tuple[str, float], ...]


class Polisher:
    """Tries plans for one target, as decision `index`; `dense_accuracy` is on the validation split."""

    def __init__(
        self, evaluator: PlanEvaluator, polish: Polish, *, index: int, dense_accuracy: float, clock: Clock
    ) -> None:
        self._evaluator, self._polish, self._index = evaluator, polish, index
        self._dense_accuracy, self._clock = dense_accuracy, clock
        affordable = int(polish.seconds / PLANS_WANTED / evaluator.seconds_per_image)
        self._num_images = min(
            max(FEWEST_IMAGES, min(MOST_IMAGES, affordable)), evaluator.batch_size, evaluator.num_images
        )
        self._distortions: dict[_Key, float] = {}
        self._measured: dict[_Key, MeasuredPlan] = {}

    def events(self) -> Iterator[Event]:
        """Try plans until the time is up; ends with the best of them, measured."""
        start = self._polish.moving
        if self._polish.target.of_size is not None:
            best = yield from self._best(start, self._polish.saves_enough)
        else:
            best = yield from self._smallest(start)
        yield from self._compared(start, best)

    # --- the least distortion that saves as much ----------------------------------------------------------

    def _best(self, start: Plan, meets: Meets) -> Generator[Event, None, Plan]:
        """Return the plan of least distortion that was found: the start, a rival, or a neighbour of these."""
        deadline = self._clock() + self._polish.seconds
        best, least = start, (yield from self._distortion(start))
        for rival in (yield from self._rivals(start, meets)):
            found = yield from self._distortion(rival)
            best, least = (rival, found) if found < least else (best, least)
        factor = FIRST_FACTOR
        while factor > LAST_FACTOR:
            before = least
            for name in start:
                for share in (factor, 1 / factor):
                    if self._clock() >= deadline:
                        return best
                    moved = neighbour(best, name, share, meets)
                    if moved is not None:
                        found = yield from self._distortion(moved)
                        best, least = (moved, found) if found < least else (best, least)
            factor = factor if least < before else sqrt(factor)
        return best

    def _rivals(self, start: Plan, meets: Meets) -> Generator[Event, None, list[Plan]]:
        """Return how others share the same target out: alike for all groups, or by one threshold."""
        found = [just_met(dict.fromkeys(start, 0.5), meets)]
        if self._polish.decision.granularity in ("weight", *BLOCK_ROWS):
            for criterion in RIVALS:
                shared = yield from self._by_threshold(start, criterion)
                found.append(just_met(shared, meets) if shared else None)
        return [plan for plan in found if plan is not None]

    def _by_threshold(self, start: Plan, criterion: str) -> Generator[Event, None, Plan]:
        """Return the sparsities that one threshold over the moving groups gives; empty if there is none."""
        weights = {group.name: group.parameters for group in self._polish.problem.groups}
        pruned = sum(weights[name] * at for name, at in start.items()) / sum(weights[name] for name in start)
        locked = tuple(name for name in weights if name not in start)
        decision = Prune(
            plan=float(pruned),
            criterion=criterion,
            granularity=self._polish.decision.granularity,
            scope="global",
            locked=locked,
        )
        try:
            masks = yield from self._evaluator.masks_of(decision, index=self._index, clock=self._clock)
        except PruneTuiError:
            return {}
        return {name: 1 - float(masks[weight_name(name)].double().mean()) for name in start}

    def _distortion(self, plan: Plan) -> Generator[Event, None, float]:
        decision, key = self._polish.with_plan(plan), _key(plan)
        if decision.plan and key not in self._distortions:
            masks = yield from self._evaluator.masks_of(decision, index=self._index, clock=self._clock)
            self._distortions[key] = self._evaluator.distortion(masks, self._num_images)
            yield self._tried()
        return self._distortions.get(key, 0.0)

    # --- the smallest network whose accuracy holds --------------------------------------------------------

    def _smallest(self, start: Plan) -> Generator[Event, None, Plan]:
        """Return the plan that saves most of those that were measured to hold the accuracy."""
        first = yield from self._tightened(start)
        if first is None:
            return dict.fromkeys(start, 0.0)
        left = self._polish.left(first)
        polished = yield from self._best(first, lambda plan: self._polish.left(plan) <= left)
        is_late = self._clock() > MOST_TIMES / 2 * self._polish.seconds
        second = None if is_late else (yield from self._tightened(polished))
        smallest = first if second is None or self._polish.left(second) > left else second
        while not (yield from self._holds(smallest, most=self._evaluator.num_images)):
            smallest = scaled(smallest, RELAXED)
        return smallest

    def _tightened(self, plan: Plan) -> Generator[Event, None, Plan | None]:
        """Return the plan with every density times the least factor at which the accuracy holds."""
        holds = yield from self._holds(plan)
        inside, outside = (1.0, None) if holds else (None, 1.0)
        for _ in range(NUM_STEPS):
            if inside is not None and outside is not None:
                break
            factor = inside * STEP if inside is not None else (outside or 1.0) / STEP
            if (yield from self._holds(scaled(plan, factor))):
                inside = factor
            else:
                outside = factor
        if inside is None:
            return None
        for _ in range(NUM_HALVINGS):
            if outside is None or self._clock() > MOST_TIMES * self._polish.seconds:
                break
            factor = sqrt(inside * outside)
            if (yield from self._holds(scaled(plan, factor))):
                inside = factor
            else:
                outside = factor
        return scaled(plan, inside)

    def _holds(self, plan: Plan, *, most: int = MOST_COMPARED) -> Generator[Event, None, bool]:
        """Return whether a plan's accuracy is no lower than the target's, on `most` images if need be."""
        floor = self._polish.floor
        if floor is None:
            return True
        figures = yield from self._figures(plan, floor, most=most)
        return figures is None or figures.accuracy >= floor

    # --- the accuracy of what was found -------------------------------------------------------------------

    def _compared(self, start: Plan, best: Plan) -> Generator[Event, None, None]:
        """Measure both, and tell of the better one; where neither saves enough, that is the start."""
        before = yield from self._figures(start, None)
        after = yield from self._figures(best, None)
        if before is None or after is None:
            return
        keeps_start = self._polish.target.of_size is not None and after.accuracy < before.accuracy
        found = before if keeps_start else after
        yield PlanMeasured(before, self._clock())
        yield PlanMeasured(found, self._clock())
        yield PlanPolished(
            PolishedPlan(
                target=describe_target(self._polish.target),
                start=before.decision,
                start_accuracy=before.accuracy,
                found=found,
                num_plans=len(self._distortions.keys() | self._measured.keys()),
                seconds=self._clock(),
            )
        )

    def _figures(
        self, plan: Plan, floor: float | None, *, most: int = MOST_COMPARED
    ) -> Generator[Event, None, MeasuredPlan | None]:
        """Measure a plan on `most` images, or until it is clear of a floor; None if it prunes nothing."""
        decision, key = self._polish.with_plan(plan), _key(plan)
        if not decision.plan:
            return None
        known = self._measured.get(key)
        if known is None or not (known.is_complete or known.num_images >= most or _is_clear(known, floor)):
            masks = yield from self._evaluator.masks_of(decision, index=self._index, clock=self._clock)
            for known in self._evaluator.measured(
                decision, masks, index=self._index, dense_accuracy=self._dense_accuracy
            ):
                self._measured[key] = known
                yield self._tried()
                if known.num_images >= most or _is_clear(known, floor):
                    break
        return self._measured[key]

    def _tried(self) -> BatchEvaluated:
        number = len(self._distortions) + len(self._measured)
        return BatchEvaluated(number, number, self._clock())


def _is_clear(figures: MeasuredPlan, floor: float | None) -> bool:
    return floor is not None and abs(figures.accuracy - floor) > figures.half_width


def _key(plan: Plan) -> _Key:
    return tuple(sorted(plan.items()))
