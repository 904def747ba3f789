"""Has the plan on show measured as soon as the hand rests on it, and no other."""

from typing import Final

from textual.timer import Timer

from prune_tui.core.errors import DecisionError
from prune_tui.core.planning.goal import problem_of
from prune_tui.core.planning.plan_editor import EditablePlan
from prune_tui.core.planning.settings import prune_decision
from prune_tui.core.planning.solving.polish import Polish
from prune_tui.core.planning.target import Target
from prune_tui.core.run.measured_plans import MeasuredPlan, in_one_shot, measured_plan
from prune_tui.core.session.decisions import Prune
from prune_tui.tui.messages import MeasurePlan
from prune_tui.tui.state import State
from prune_tui.tui.steps.step_screen import StepScreen
from prune_tui.tui.worker.jobs import KernelTiming, Measuring, Polishing

REST_SECONDS: Final = 0.3
"""How long the hand rests before a plan is measured."""


class Measurer:
    """Follows the plan on a screen: each change drops what is being measured, and begins the wait anew."""

    def __init__(self, screen: StepScreen, state: State) -> None:
        self._screen, self._state = screen, state
        self._waiting: Prune | None = None
        self._timer: Timer | None = None

    def follow(self, plan: EditablePlan) -> None:
        """Measure this plan once it rests, unless it is measured already, or something else runs."""
        wanted = _wanted(plan, self._state)
        if wanted != self._waiting or self.is_timing_kernels:
            self._stop_waiting()
        if self.is_timing_kernels:
            return
        if self._measuring is not None and in_one_shot(self._measuring.decision) != wanted:
            self._screen.post_message(MeasurePlan(None))
        if wanted is None or self._waiting is not None or self._measuring is not None:
            return
        state = self._state
        is_free = not (state.is_busy or state.is_read_only)
        if is_free and state.tried != wanted and not self._is_measured(wanted):
            self._waiting = wanted
            self._timer = self._screen.set_timer(REST_SECONDS, self._rested)

    def measure_now(self, plan: EditablePlan) -> bool:
        """Measure this plan however long it takes; return whether there is anything to measure."""
        wanted = _wanted(plan, self._state)
        if wanted is None or self._state.is_busy or self._is_measured(wanted):
            return False
        self._stop_waiting()
        self._screen.post_message(MeasurePlan(Measuring(wanted, is_asked=True)))
        return True

    def polish(self, plan: EditablePlan, target: Target) -> None:
        """Improve a plan that was just solved for a target, by evaluating others for it."""
        wanted, planner = _wanted(plan, self._state), self._state.planner
        problem = problem_of(plan, planner)
        is_free = not (self._state.is_busy or self.is_timing_kernels)
        if wanted is not None and problem is not None and is_free:
            self._stop_waiting()
            self._screen.post_message(MeasurePlan(Polishing(Polish(wanted, target, problem))))

    def time_kernels(self) -> bool:
        """Measure what the network's layers take in C, or stop that; return whether it can be measured."""
        if self._state.is_busy or not self._state.view.is_ready:
            return False
        self._stop_waiting()
        self._screen.post_message(MeasurePlan(None if self.is_timing_kernels else KernelTiming()))
        return True

    def figures(self, plan: EditablePlan) -> MeasuredPlan | None:
        """Return what was measured of this plan so far."""
        wanted = _wanted(plan, self._state)
        return None if wanted is None else _known(wanted, self._state)

    @property
    def is_polishing(self) -> bool:
        """Whether plans are being tried for a budget."""
        return isinstance(self._measuring, Polishing)

    @property
    def is_timing_kernels(self) -> bool:
        """Whether it is being measured what the network's layers take in C."""
        job = self._state.measuring
        return job is not None and isinstance(job.task, KernelTiming)

    @property
    def _measuring(self) -> Measuring | Polishing | None:
        job = self._state.measuring
        return job.task if job is not None and isinstance(job.task, Measuring | Polishing) else None

    def _is_measured(self, wanted: Prune) -> bool:
        known = _known(wanted, self._state)
        return known is not None and known.is_complete

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._waiting = None

    def _rested(self) -> None:
        wanted, self._timer, self._waiting = self._waiting, None, None
        if wanted is not None and self._screen.is_current:
            self._screen.post_message(MeasurePlan(Measuring(wanted)))


def _wanted(plan: EditablePlan, state: State) -> Prune | None:
    """Return the plan as it would be measured; None where it prunes nothing."""
    try:
        return in_one_shot(prune_decision(plan, state.groups, state.settings))
    except DecisionError:
        return None


def _known(wanted: Prune, state: State) -> MeasuredPlan | None:
    num_decisions = len(state.session.decisions) if state.session is not None else 0
    return measured_plan(state.view.measured_plans, wanted, num_decisions)
