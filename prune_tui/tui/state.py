"""All that the screens show, in one place: screens change the plan, the app all else."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from prune_tui.catalog.datasets import dataset_entry
from prune_tui.catalog.models import model_entry
from prune_tui.catalog.recipes import finetuning_recipe
from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.goal import Goal, with_edits
from prune_tui.core.planning.groups import layer_rows
from prune_tui.core.planning.plan_editor import Draft, new_draft, with_suggestions
from prune_tui.core.planning.price import Price, price
from prune_tui.core.planning.settings import PlanSettings, matching_scan, planned, settings_for
from prune_tui.core.report import ScanFigures
from prune_tui.core.run.view import Running, View
from prune_tui.core.scanning.curves import safe_sparsity
from prune_tui.core.scanning.predictor import Forecaster, Miss, forecaster, misses
from prune_tui.core.session.decisions import Decision, Finetune, LoadDense, Prune, Rewind
from prune_tui.core.session.session import Session
from prune_tui.core.workflow.offers import is_quick_by_default
from prune_tui.core.workflow.steps import Step, reachable
from prune_tui.tui.options import Options
from prune_tui.tui.steps.save.text import foreseen
from prune_tui.tui.worker.jobs import Job


@dataclass(frozen=True, slots=True)
class Forecast:
    """A scan made ready to foresee, and by how much that misses the plans evaluated whole."""

    scan: ScanFigures
    ready: Forecaster
    misses: tuple[Miss, ...]


def forecast_of(scan: ScanFigures) -> Forecast:
    """Make a scan ready to foresee by."""
    return Forecast(scan, forecaster(scan), misses(scan))


@dataclass(slots=True)
class State:
    """The open session, its view, the plan being made, and what is under way."""

    options: Options
    engine: Literal["loading", "ready", "failed"] = "loading"
    session: Session | None = None
    path: Path | None = None
    view: View = field(default_factory=View)
    draft: Draft | None = None
    goal: Goal | None = None
    settings: PlanSettings = field(default_factory=PlanSettings)
    is_quick: bool | None = None
    baseline: Decision = field(default_factory=LoadDense)
    jobs: list[Job] = field(default_factory=list)
    is_paused: bool = False
    is_stopping: bool = False
    wants_another: bool = False
    _forecast: Forecast | None = None

    @property
    def is_busy(self) -> bool:
        """Whether anything runs or waits to run."""
        return bool(self.jobs)

    @property
    def open_session(self) -> Session | None:
        """The session that can be gone on with; one whose data or model could not be loaded is none."""
        return self.session if self.is_busy or self.view.is_ready else None

    @property
    def running(self) -> Running | None:
        """The decision under way."""
        return self.view.running if self.is_busy else None

    @property
    def reachable(self) -> frozenset[Step]:
        """The steps whose input exists, or is about to: a plan that waits its turn can be watched."""
        is_due = any(isinstance(job.task, Prune | Finetune | Rewind) for job in self.jobs)
        return reachable(self.session, self.view) | ({Step.TRAIN} if is_due else set())

    @property
    def scan(self) -> ScanFigures | None:
        """The scan's curves, where they hold for the plan's criterion and granularity."""
        return matching_scan(self.view.report.scan, self.settings)

    @property
    def scans_quickly(self) -> bool:
        """Whether the next scan is quick: as the person said, else as the last was, else by the images."""
        if self.is_quick is not None:
            return self.is_quick
        if self.view.report.scan is not None:
            return self.view.report.scan.tolerance_points is not None
        environment = self.view.report.environment
        return environment is not None and is_quick_by_default(environment.num_images.get("validation", 0))

    @property
    def forecast(self) -> Forecast | None:
        """What the plan is foreseen by; worked out once a scan, for it is asked for at every keystroke."""
        scan = self.scan
        if scan is None or scan.dense_accuracy <= 0:
            return None
        if self._forecast is None or self._forecast.scan is not scan:
            self._forecast = forecast_of(scan)
        return self._forecast

    def is_running(self, *kinds: str) -> bool:
        """Whether a decision of one of these kinds is under way."""
        return self.running is not None and self.running.kind in kinds

    def begin(self, session: Session) -> None:
        """Forget the session before, and begin with this one."""
        self.session, self.path, self.view = session, None, View()
        self.draft, self.goal, self.is_quick = None, None, None
        self.wants_another = False
        model, dataset = model_entry(session.model), dataset_entry(session.dataset)
        self.settings = settings_for(finetuning_recipe(model, dataset))

    def current_draft(self) -> Draft:
        """Return the plan being made; it follows what a scan of its kind suggests, while untouched."""
        suggested = {layer.name: self.suggestion(layer) for layer in self.view.layers}
        if self.draft is None or set(self.draft.rows) != set(suggested):
            self.draft = new_draft(list(suggested), suggested)
        elif self.scan is not None and dict(self.draft.suggested) != suggested:
            self.draft = with_suggestions(self.draft, suggested)
        return self.draft

    def edit(self, draft: Draft) -> None:
        """Take on a draft that was edited by hand, and remember which rows for the goal."""
        self.goal = with_edits(self.goal, self.current_draft(), draft)
        self.draft = draft

    def suggestion(self, layer: LayerInfo) -> float:
        """What the scan suggests for a layer."""
        return safe_sparsity(self.scan, layer.name)

    def expected(self, draft: Draft) -> dict[str, float]:
        """The sparsity to expect of each layer under a draft."""
        return planned(draft, self.view.layers, self.settings, self.view.dense_histograms)

    def price(self, draft: Draft) -> Price:
        """What a draft would cost and save; a curve is of all layers whose units go together."""
        expected = self.expected(draft)
        priced = price(
            self.view.layers,
            expected,
            other_parameters=self.view.other_parameters,
            other_macs=self.view.other_macs,
            scan=None,
        )
        leaders = {row.layer.name for row in layer_rows(self.view.layers, self.settings.granularity)}
        plan = {name: sparsity for name, sparsity in expected.items() if name in leaders}
        forecast = self.forecast
        return replace(priced, accuracy=foreseen(forecast.ready, plan) if forecast is not None else None)
