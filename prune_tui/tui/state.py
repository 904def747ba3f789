"""All that the screens show, in one place: screens change the plan, the app all else.

The picker comes before any session, and is shown before what sessions, reports and plans need is imported:
the properties that need it import it when a session first asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from prune_tui.catalog.datasets import dataset_entry
from prune_tui.catalog.models import model_entry
from prune_tui.catalog.recipes import finetuning_recipe
from prune_tui.core.workflow.step import Step
from prune_tui.tui.options import Options
from prune_tui.tui.pricing import Pricing
from prune_tui.tui.worker.jobs import Job, Saving, Snapshot

if TYPE_CHECKING:
    from prune_tui.core.attempts.taking import Taken
    from prune_tui.core.planning.goal import Goal
    from prune_tui.core.planning.groups import PruningGroup
    from prune_tui.core.planning.plan_editor import EditablePlan
    from prune_tui.core.planning.planner import Planner
    from prune_tui.core.planning.settings import PlanSettings
    from prune_tui.core.report import ScanFigures
    from prune_tui.core.run.measured_plans import MeasuredPlan
    from prune_tui.core.run.view import Running, View
    from prune_tui.core.session.decisions import Decision, Prune, Scan
    from prune_tui.core.session.draft import Draft
    from prune_tui.core.session.session import Session


@dataclass(slots=True)
class State:
    """The open session, its view, the plan being made, and what is under way.

    `measuring` is what is measured between decisions, a plan or kernels; `tried` is the last plan that was.
    """

    options: Options
    engine: Literal["loading", "ready", "failed"] = "loading"
    session: Session | None = None
    path: Path | None = None
    is_saved: bool = True
    plan: EditablePlan | None = None
    goal: Goal | None = None
    is_quick: bool | None = None
    taken: tuple[Taken, ...] = ()
    folded: frozenset[str] = frozenset()
    jobs: list[Job] = field(default_factory=list)
    is_paused: bool = False
    is_stopping: bool = False
    wants_another: bool = False
    measuring: Job | None = None
    tried: Prune | None = None
    is_read_only: bool = False
    """Whether the session can only be looked at: its checkpoints are not there."""
    draft: Draft | None = None
    """The draft that the session was opened with."""
    kept_draft: Draft | None = None
    """The draft that is in the session's file, or on its way there."""
    learned: tuple[MeasuredPlan, ...] = ()
    """The measured plans that predictions are fitted to: none that is still being measured."""
    _view: View | None = None
    _settings: PlanSettings | None = None
    _baseline: Decision | None = None
    _pricing: Pricing = field(default_factory=Pricing)

    @property
    def baseline(self) -> Decision:
        """The decision that gives the session its dense baseline."""
        if self._baseline is None:
            from prune_tui.core.session.decisions import LoadDense

            self._baseline = LoadDense()
        return self._baseline

    @baseline.setter
    def baseline(self, baseline: Decision) -> None:
        self._baseline = baseline

    @property
    def view(self) -> View:
        """All that is known of the session so far."""
        if self._view is None:
            from prune_tui.core.run.view import View

            self._view = View()
        return self._view

    @view.setter
    def view(self, view: View) -> None:
        self._view = view

    @property
    def settings(self) -> PlanSettings:
        """How the plan is carried out."""
        if self._settings is None:
            from prune_tui.core.planning.settings import PlanSettings

            self._settings = PlanSettings()
        return self._settings

    @settings.setter
    def settings(self, settings: PlanSettings) -> None:
        self._settings = settings

    @property
    def score_name(self) -> str:
        """What the session's task calls its score."""
        return self.view.score_name

    @property
    def short_score(self) -> str:
        """The same for narrow columns."""
        return "acc" if self.score_name == "accuracy" else self.score_name

    @property
    def is_busy(self) -> bool:
        """Whether anything runs or waits to run."""
        return bool(self.jobs)

    @property
    def open_session(self) -> Session | None:
        """The session that can be gone on with; one whose data or model could not be loaded is none."""
        return self.session if self.session is None or self.is_busy or self.view.is_ready else None

    @property
    def running(self) -> Running | None:
        """The decision under way."""
        return self.view.running if self.is_busy else None

    @property
    def is_saving(self) -> bool:
        """Whether what could not be saved is being tried again."""
        return bool(self.jobs) and isinstance(self.jobs[0].task, Saving)

    @property
    def reachable(self) -> frozenset[Step]:
        """The steps whose input exists, or is about to: a plan that waits its turn can be watched."""
        if self.session is None:
            return frozenset({Step.PICK})
        from prune_tui.core.workflow.steps import reachable_steps

        is_due = any(job.prunes for job in self.jobs)
        return reachable_steps(self.session, self.view) | ({Step.TRAIN} if is_due else set())

    @property
    def planner(self) -> Planner:
        """What the plan is priced by, worked out once for what it depends on."""
        return self._pricing.planner(self.view, self.settings, self.learned)

    @property
    def is_at_chance(self) -> bool:
        """Whether the baseline is no better than guessing, so that what it loses says nothing."""
        from prune_tui.core.scanning.chance import is_at_chance

        return is_at_chance(self.scan, self.view.chance)

    @property
    def suggested(self) -> dict[str, float]:
        """The sparsities that the scan suggests, worked out once for a scan; all 0 if at chance."""
        return self._pricing.suggested(self.planner, is_at_chance=self.is_at_chance)

    @property
    def lacks_units(self) -> bool:
        """Whether units are to be pruned, and it is not known yet which go together."""
        return self.settings.granularity == "unit" and self.view.is_ready and not self.view.has_units

    @property
    def groups(self) -> tuple[PruningGroup, ...]:
        """The pruning groups at the plan's granularity."""
        return self.planner.groups

    @property
    def scan(self) -> ScanFigures | None:
        """The scan's curves, where they hold for the plan's criterion and granularity."""
        from prune_tui.core.planning.settings import matching_scan

        return matching_scan(self.view.report.scan, self.settings)

    @property
    def scans_quickly(self) -> bool:
        """Whether the next scan is quick."""
        from prune_tui.core.workflow.offers import scans_quickly

        return scans_quickly(self.view.report, self.is_quick)

    @property
    def offered_scan(self) -> Scan:
        """The scan with the options on show."""
        from prune_tui.core.workflow.offers import scan_of

        return scan_of(self.settings, is_quick=self.scans_quickly)

    def is_running(self, *kinds: str) -> bool:
        """Whether a decision of one of these kinds is under way."""
        return self.running is not None and self.running.kind in kinds

    def take(self, newest: Snapshot) -> None:
        """Show what the worker has done."""
        self.view, self.session, self.path = newest.view, newest.session, newest.path
        self.is_saved = newest.is_saved
        if self.measuring is None:
            self.learned = newest.view.measured_plans

    def begin(self, session: Session, *, path: Path | None = None, is_read_only: bool = False) -> None:
        """Forget the session before, and begin with this one, whose file is at `path`."""
        from prune_tui.core.planning.settings import settings_for
        from prune_tui.core.workflow.drafts import draft_of, draft_to_resume, goal_of_draft, settings_of

        self.session, self.path, self._view, self.is_saved = session, path, None, True
        self.is_read_only = is_read_only
        self.plan, self.goal, self.is_quick, self.taken, self.learned = None, None, None, (), ()
        self.folded = frozenset()
        self.wants_another = False
        model, dataset = model_entry(session.model), dataset_entry(session.dataset)
        recipe = finetuning_recipe(model, dataset, num_images=session.num_train_images)
        self.settings = settings_for(
            recipe,
            num_epochs=self.options.finetuning_epochs,
            tolerance_points=self.options.tolerance_points,
        )
        self.draft = draft = draft_to_resume(session, self.settings)
        if draft is not None:
            self.settings, self.goal = settings_of(draft), goal_of_draft(draft)
        self.kept_draft = draft or draft_of(None, None, self.settings)

    def current_plan(self) -> EditablePlan:
        """Return the plan being made; it follows what a scan of its kind suggests, while untouched."""
        from prune_tui.core.planning.plan_editor import with_suggestions
        from prune_tui.core.workflow.drafts import plan_of_draft

        suggested = self.suggested
        if self.plan is None or set(self.plan.entries) != set(suggested):
            is_kept = self.current_draft() == self.kept_draft
            self.plan = plan_of_draft(self.draft, suggested)
            if is_kept:
                # That there is a plan now is no edit that would have to be written.
                self.kept_draft = self.current_draft()
        elif self.scan is not None and dict(self.plan.suggested) != suggested:
            self.plan = with_suggestions(self.plan, suggested)
        return self.plan

    def adopt_polished(self) -> None:
        """Take on the plan that polishing has found, unless the plan or the goal has changed since."""
        from prune_tui.core.planning.goal import goal_of, polished

        found, goal = self.view.polished, self.goal
        if found is not None and goal is not None:
            after = polished(self.current_plan(), goal, self.planner, found)
            if after is not None:
                self.plan, self.goal = after, goal_of(goal.target, after)

    def current_draft(self) -> Draft | None:
        """Return the plan as it is now, to be kept in the session's file; None without a session."""
        from prune_tui.core.workflow.drafts import draft_of

        if self.session is None or self.is_read_only:
            return None
        draft = draft_of(self.plan, self.goal, self.settings)
        has_plan = self.plan is not None and bool(self.plan.entries)
        if has_plan or self.draft is None:
            return draft
        return replace(draft, plan=self.draft.plan, locked=self.draft.locked)

    def edit(self, plan: EditablePlan) -> None:
        """Take on a plan that was edited by hand, and remember which rows for the goal."""
        from prune_tui.core.planning.goal import with_edits

        self.goal = with_edits(self.goal, self.current_plan(), plan)
        self.plan = plan

    @property
    def taken_words(self) -> str:
        """What the plan was taken from, while it is as it was taken; else nothing."""
        last = self.taken[-1] if self.taken else None
        return last.words if last is not None and self.plan and self.plan.entries is last.after else ""

    def take_up(self, prune: Prune, words: str) -> None:
        """Take a prune as the plan to edit: with its settings, without a goal, as one step to undo."""
        from prune_tui.core.attempts.taking import taken

        self.plan, step = taken(prune, self.current_plan(), self.settings, self.view.layers)
        self.taken = (*self.taken, replace(step, words=words, goal_before=self.goal))
        self.settings, self.goal = step.settings_after, None

    def step_to(self, plan: EditablePlan) -> None:
        """Take on a plan that was undone or redone to, with the settings and the goal that it had."""
        from prune_tui.core.attempts.taking import step_again, step_back

        before, self.plan = self.current_plan(), plan
        if step := step_back(self.taken, before, plan):
            self.settings, self.goal = step.settings_before, step.goal_before
        elif step := step_again(self.taken, before, plan):
            self.settings, self.goal = step.settings_after, None
