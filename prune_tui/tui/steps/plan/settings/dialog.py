"""Asks how to carry the plan out: by which criterion, in which rounds, with which fine-tuning."""

from dataclasses import replace
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, Static

from prune_tui.catalog.criteria import CRITERIA
from prune_tui.catalog.schedules import SCHEDULES, STEPS
from prune_tui.core.planning.settings import PlanSettings
from prune_tui.core.session.decisions import TrainDense
from prune_tui.core.session.recipe import Training, epochs
from prune_tui.core.session.rounds import Iterative, OneShot, Rewinding
from prune_tui.core.typed_numbers import MAX_EPOCHS, decimal_number, whole_number
from prune_tui.core.workflow.baselines import epochs_to_rewind_to, why_no_rewinding
from prune_tui.core.workflow.offers import GRANULARITIES
from prune_tui.core.workflow.time_needed import num_epochs_of, training_seconds
from prune_tui.reports.numbers import about_text
from prune_tui.tui.dialogs.choice import Choice
from prune_tui.tui.dialogs.dialog import Dialog
from prune_tui.tui.dialogs.field import field
from prune_tui.tui.palette import palette_of
from prune_tui.tui.steps.plan.settings.recipe_form import (
    AUGMENTATIONS,
    LIMITS,
    MAX_BATCH_SIZE,
    OPTIMIZERS,
    PRECISIONS,
    RATES,
    RECIPE_LINES,
    by_name,
    named,
    recipe_lines,
)

MAX_ROUNDS: Final = 1_000
SCOPES: Final = {"layer": "each layer its own sparsity", "global": "one threshold for the whole network"}
STARTS: Final = {"dense": "prune the dense baseline", "pruned": "prune the pruned network further"}
RETRAINING: Final = {
    "fine-tune": "from the pruned weights, with this recipe",
    "weights": "rewind the kept weights, train as before",
    "rate": "rewind the learning rate, train as before",
}
REWOUND: Final = {"weights": "weights", "rate": "learning_rate"}


class Lines(VerticalScroll, inherit_bindings=False):
    """Scrolls to the line that has the focus; up and down, which would scroll it, move between lines."""


class SettingsDialog(Dialog[PlanSettings]):
    """Returns the settings; up and down move, left and right change, Enter applies them.

    Rewinding needs the `baseline` to have been trained in the session; None where it was not. With
    `epoch_seconds`, what an epoch took so far, the time that all of them will take is said.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "app.focus_previous", "up", show=False),
        Binding("down,j", "app.focus_next", "down", show=False),
        Binding("enter", "take", "take them", show=False),
    ]

    def __init__(
        self,
        settings: PlanSettings,
        *,
        can_go_on: bool,
        baseline: TrainDense | None,
        epoch_seconds: float | None = None,
    ) -> None:
        super().__init__()
        self._epoch_seconds = epoch_seconds
        self._settings = settings
        self._starts = STARTS if can_go_on else {"dense": STARTS["dense"]}
        self._baseline = baseline

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel -form -tall"):
            yield Static("How to prune", classes="heading")
            with Lines(can_focus=False):
                yield from self._pruning_lines()
                yield from self._retraining_lines()
            yield Static(id="reason")
            yield Static("↑ ↓ move   ← → change   enter apply   esc cancel", classes="hint")

    def _pruning_lines(self) -> ComposeResult:
        settings, schedule = self._settings, self._settings.schedule
        steps = schedule.steps if isinstance(schedule, Iterative) else "cubic"
        rounds = schedule.num_rounds if isinstance(schedule, Iterative) else 3
        criteria = {name: entry.description for name, entry in CRITERIA.items()}
        rises = {name: entry.description for name, entry in STEPS.items()}
        schedules = {name: text.partition(";")[0] for name, text in SCHEDULES.items()}
        start = "pruned" if settings.start_from_pruned else "dense"
        yield Choice("prune by", criteria, settings.criterion, id="criterion")
        yield Choice(
            "each",
            by_name(GRANULARITIES),
            settings.granularity,
            id="granularity",
        )
        yield Choice("scope", SCOPES, settings.scope, id="scope")
        yield Choice("schedule", schedules, schedule.name, id="schedule")
        yield Choice("steps", rises, steps, id="steps")
        yield from field("rounds", str(rounds), "rounds", "of pruning and retraining")
        yield Choice("start from", self._starts, start, id="start")
        tolerance = f"{settings.tolerance_points:g}"
        yield from field("tolerance", tolerance, "tolerance", "points that the suggested plan may lose")

    def _retraining_lines(self) -> ComposeResult:
        settings, rewind = self._settings, self._settings.rewind
        chosen = "fine-tune" if rewind is None else "weights" if rewind.to == "weights" else "rate"
        reason = why_no_rewinding(self._baseline)
        unavailable = dict.fromkeys(REWOUND, reason) if reason else {}
        yield Choice("retrain", RETRAINING, chosen, id="retrain", unavailable=unavailable)
        epoch = str(rewind.epoch) if rewind is not None else "0"
        yield Choice("to epoch", self._epochs(chosen), epoch, id="epoch")
        yield from recipe_lines(
            settings.finetuning, num_epochs=settings.num_epochs, learning_rate=settings.learning_rate
        )

    def _epochs(self, retraining: str) -> dict[str, str]:
        if self._baseline is None or retraining not in REWOUND:
            return {"0": ""}
        offered = epochs_to_rewind_to(self._baseline, REWOUND[retraining])
        return {str(epoch): meaning for epoch, meaning in offered.items()}

    def on_mount(self) -> None:
        self._show_open()

    def on_choice_changed(self) -> None:
        self._show_open()

    def on_input_changed(self) -> None:
        if self.is_mounted:
            self._say("")

    def on_input_submitted(self) -> None:
        self.action_take()

    def _value(self, id: str) -> str:
        return self.query_one(f"#{id}", Choice).value

    def _typed(self, id: str) -> str:
        return self.query_one(f"#{id}", Input).value.strip()

    def _whole(self, id: str, *, otherwise: int) -> int:
        """Return what is typed, −1 if that is no whole number; `otherwise` where the field is hidden."""
        if not self.query_one(f"#{id}-line").display:
            return otherwise
        number = whole_number(self._typed(id))
        return number if number is not None else -1

    def _decimal(self, id: str, *, otherwise: float) -> float:
        """Return what is typed, −1 if that is no number; `otherwise` where the field is hidden."""
        if not self.query_one(f"#{id}-line").display:
            return otherwise
        number = decimal_number(self._typed(id))
        return number if number is not None else -1.0

    def _show_open(self) -> None:
        is_free = self._value("granularity") != "n_m"
        is_iterative = is_free and self._value("schedule") == "iterative"
        retraining = self._value("retrain")
        is_rewound = retraining in REWOUND
        for id, is_open in (
            ("scope", is_free),
            ("schedule", is_free),
            ("steps", is_iterative),
            ("rounds-line", is_iterative),
            ("epoch", is_rewound and self._baseline is not None),
            *((id, not is_rewound) for id in RECIPE_LINES),
            ("momentum-line", not is_rewound and self._value("optimizer") == "sgd"),
        ):
            self.query_one(f"#{id}").display = is_open
        if is_rewound:
            self.query_one("#epoch", Choice).offer(self._epochs(retraining))
        self._say(self.query_one("#retrain", Choice).reason)

    def _say(self, problem: str) -> None:
        """Say what is wrong, or how long the training will take if that is known."""
        said = Text(f"✗ {problem}") if problem else Text(self._time_needed(), palette_of(self.app).muted)
        self.query_one("#reason", Static).update(said)

    def _time_needed(self) -> str:
        if self._problem():
            return ""
        settings = self._settings_given()
        seconds = training_seconds(settings, self._baseline, self._epoch_seconds)
        if seconds is None:
            return ""
        return f"{epochs(num_epochs_of(settings, self._baseline))} in all, {about_text(seconds)}"

    def action_take(self) -> None:
        problem = self._problem()
        if problem:
            self.app.bell()
            self._say(problem)
        else:
            self.dismiss(self._settings_given())

    def _settings_given(self) -> PlanSettings:
        """Return the settings; valid only where `_problem` finds nothing."""
        granularity = named(GRANULARITIES, self._value("granularity"))
        is_free = granularity != "n_m"
        is_iterative = is_free and self._value("schedule") == "iterative"
        steps, num_rounds = self._value("steps"), self._whole("rounds", otherwise=1)
        recipe = self._recipe()
        return replace(
            self._settings,
            criterion=self._value("criterion"),
            granularity=granularity,
            scope="global" if is_free and self._value("scope") == "global" else "layer",
            schedule=Iterative(steps=steps, num_rounds=num_rounds) if is_iterative else OneShot(),
            num_epochs=self._whole("epochs", otherwise=self._settings.num_epochs),
            learning_rate=recipe.learning_rate,
            start_from_pruned=self._value("start") == "pruned",
            tolerance_points=self._decimal("tolerance", otherwise=self._settings.tolerance_points),
            finetuning=recipe,
            rewind=self._rewinding(),
        )

    def _rewinding(self) -> Rewinding | None:
        retraining = self._value("retrain")
        if retraining not in REWOUND:
            return None
        epoch = int(self._value("epoch"))
        return Rewinding(to="weights" if retraining == "weights" else "learning_rate", epoch=epoch)

    def _recipe(self) -> Training:
        """Return the fine-tuning; valid only where `_problem` finds nothing."""
        settings, before = self._settings, self._settings.finetuning
        return replace(
            before,
            num_epochs=max(1, self._whole("epochs", otherwise=settings.num_epochs)),
            batch_size=self._whole("batch_size", otherwise=before.batch_size),
            optimizer=named(OPTIMIZERS, self._value("optimizer")),
            momentum=self._decimal("momentum", otherwise=before.momentum),
            weight_decay=self._decimal("weight_decay", otherwise=before.weight_decay),
            learning_rate=self._decimal("rate", otherwise=settings.learning_rate),
            distillation=self._decimal("distillation", otherwise=before.distillation),
            label_smoothing=self._decimal("label_smoothing", otherwise=before.label_smoothing),
            learning_rate_schedule=named(RATES, self._value("learning_rate_schedule")),
            augmentation=named(AUGMENTATIONS, self._value("augmentation")),
            precision=named(PRECISIONS, self._value("precision")),
        )

    def _problem(self) -> str:
        """Say what is wrong with the lines on show; hidden ones do not count."""
        if reason := self.query_one("#retrain", Choice).reason:
            return reason
        if not 1 <= self._whole("rounds", otherwise=1) <= MAX_ROUNDS:
            return f"the number of rounds is a whole number from 1 to {MAX_ROUNDS:,}"
        if not 0 <= self._whole("epochs", otherwise=0) <= MAX_EPOCHS:
            return f"the number of epochs is a whole number from 0 to {MAX_EPOCHS:,}"
        if not 1 <= self._whole("batch_size", otherwise=1) <= MAX_BATCH_SIZE:
            return f"the batch size is a whole number from 1 to {MAX_BATCH_SIZE:,}"
        for id, limits in LIMITS.items():
            if not limits.lowest <= self._decimal(id, otherwise=limits.lowest) <= limits.highest:
                return limits.words
        return ""
