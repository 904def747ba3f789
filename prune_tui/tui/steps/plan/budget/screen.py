"""The part of step 3 that takes a budget: solves it as it is typed, and keeps it as the goal."""

from dataclasses import replace

from rich.text import Text
from textual import on
from textual.widget import Widget

from prune_tui.core.errors import DecisionError
from prune_tui.core.planning.goal import Goal, solve_again, why_not_solved
from prune_tui.core.planning.plan_editor import EditablePlan
from prune_tui.core.planning.price import Price
from prune_tui.core.planning.target import describe_target
from prune_tui.core.workflow.step import Step
from prune_tui.reports.numbers import percent_text
from prune_tui.tui.state import State
from prune_tui.tui.steps.layer_rows import LayerRow
from prune_tui.tui.steps.layers_screen import LayersScreen
from prune_tui.tui.steps.plan import text as plan_text
from prune_tui.tui.steps.plan.budget import trial
from prune_tui.tui.steps.plan.budget.bar import BudgetBar
from prune_tui.tui.steps.plan.latency_text import share_text, timing_note
from prune_tui.tui.steps.plan.measurer import Measurer
from prune_tui.tui.steps.plan.totals_text import Totals


class BudgetScreen(LayersScreen):
    """Shows the plan with the cell or the budget that is being typed, before either is taken."""

    step = Step.PLAN

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._typed: EditablePlan | None = None
        self._note = ""
        self._typed_goal: Goal | None = None
        self._home_of_budget: Widget | None = None
        self._measurer = Measurer(self, state)

    @property
    def plan(self) -> EditablePlan:
        """The plan on the screen, with what is being typed."""
        return self._typed or self.state.current_plan()

    @property
    def _goal(self) -> Goal | None:
        return self._typed_goal if self._budget_bar.is_open else self.state.goal

    @property
    def _budget_bar(self) -> BudgetBar:
        return self.query_one(BudgetBar)

    def _totals(self, price: Price) -> Totals:
        goal, state = self._goal, self.state
        scan, measured = state.view.report.scan, self._measurer.figures(self.plan)
        if measured is not None:
            price = replace(price, accuracy=measured.accuracy)
        return Totals(
            price=price,
            dense_accuracy=scan.dense_accuracy if scan is not None else None,
            prediction=state.planner.prediction(self.plan),
            measured=measured,
            seconds_to_measure=state.view.seconds_to_measure,
            target=goal.target if goal is not None else None,
            is_met=trial.whether_met(goal, price, state),
            score=self.state.score_name,
            outcomes=trial.outcomes(goal, price, self.state),
            latency_error=state.view.kernels.one_error if state.view.kernels is not None else 0.0,
        )

    @property
    def _measured_loss(self) -> float | None:
        """What the plan surely loses, as measured so far; None until it is measured."""
        scan, measured = self.state.scan, self._measurer.figures(self.plan)
        if scan is None or measured is None:
            return None
        return scan.dense_accuracy - measured.accuracy - measured.half_width

    def _polishing_note(self) -> str:
        """Say that plans are tried for the budget, or what came of it; empty if neither."""
        goal, found = self.state.goal, self.state.view.polished
        if goal is None or self._typed is not None:
            return ""
        target = describe_target(goal.target)
        if self._measurer.is_polishing:
            return f"{target}: trying neighbouring plans …"
        if found is None or found.target != target or found.found != self._measurer.figures(self.plan):
            return ""
        better = f"{percent_text(found.start_accuracy)} → " if found.found.decision != found.start else ""
        accuracy = percent_text(found.found.accuracy)
        return (
            f"✓ {target}: {better}{accuracy} measured, the best of {found.num_plans} "
            f"plans in {found.seconds:.1f} s; u takes it back"
        )

    def action_measure(self) -> None:
        """Measure the plan on show, however long it takes."""
        if not self._measurer.measure_now(self.plan):
            self.app.bell()

    def action_time_kernels(self) -> None:
        """Measure what the network's layers take in C on this machine, or stop that."""
        if self.refuses_work():
            return
        self._note = ""
        if not self._measurer.time_kernels():
            self.app.bell()

    def _kernels_note(self) -> str:
        """Say how far the measuring of kernels is; empty while none are measured."""
        is_timing = self._measurer.is_timing_kernels
        return timing_note(self.state.view.kernels_done) if is_timing else ""

    def more_facts(self, row: LayerRow) -> list[str]:
        """Say what share of the predicted latency a row has, once kernels were measured."""
        planner, table = self.state.planner, self.state.view.kernels
        total_ns = planner.price(self.plan).latency_ns
        if table is None or total_ns is None:
            return []
        said = share_text(row.groups, planner.sparsities(self.plan), table, total_ns)
        return [said] if said else []

    def _say_no(self, why: str) -> None:
        self._note = why
        self.app.bell()
        self.show()

    def action_budget(self) -> None:
        if why := why_not_solved(self.state.planner):
            self._say_no(why)
            return
        self._home_of_budget = self.focused
        self.query_one("#explain").display = False
        goal = self.state.goal
        text = describe_target(goal.target) if goal is not None else ""
        self._budget_bar.open(text)
        self._try_budget(text)

    @on(BudgetBar.Typed)
    def _budget_typed(self, message: BudgetBar.Typed) -> None:
        self._try_budget(message.text)

    def _try_budget(self, text: str) -> trial.BudgetTrial:
        tried = trial.try_budget(text, self.state.current_plan(), self.state)
        self._typed, self._typed_goal = tried.plan, tried.goal
        is_idle = tried.goal is None and not tried.is_wrong
        tone = self.palette.muted if is_idle else plan_text.tone_of(tried.message, self.palette)
        hint = Text(tried.message, tone, no_wrap=True, overflow="ellipsis")
        self._budget_bar.say(hint, is_wrong=tried.is_wrong)
        self.show()
        return tried

    @on(BudgetBar.Taken)
    def _budget_taken(self, message: BudgetBar.Taken) -> None:
        tried = self._try_budget(message.text)
        if tried.plan is None:
            self.app.bell()
            return
        self.state.plan, self.state.goal = tried.plan, tried.goal
        goal = tried.goal
        done = trial.outcome(goal.target, tried.plan, self.state) if goal is not None else ""
        self._leave_budget(done, is_left=False)
        if goal is not None:
            self._measurer.polish(tried.plan, goal.target)

    @on(BudgetBar.Cancelled)
    def _budget_cancelled(self, message: BudgetBar.Cancelled) -> None:
        self._leave_budget("", is_left=message.is_left)

    def _leave_budget(self, note: str, *, is_left: bool) -> None:
        self._typed, self._typed_goal, self._note = None, None, note
        self._budget_bar.close()
        self.query_one("#explain").display = True
        if not is_left:
            (self._home_of_budget or self.next_bar).focus()
        self.show()

    def action_solve_again(self) -> None:
        """Lock the edited rows, and solve the goal over the others; ask for a goal if there is none."""
        state = self.state
        if state.goal is None:
            self.action_budget()
            return
        if why := why_not_solved(state.planner):
            self._say_no(why)
            return
        try:
            state.plan, state.goal = solve_again(state.goal, state.current_plan(), state.planner)
        except DecisionError as error:
            self._say_no(f"✗ {error}")
            return
        self._note = trial.outcome(state.goal.target, state.plan, state)
        self.show()
        self._measurer.polish(state.plan, state.goal.target)
