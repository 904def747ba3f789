"""Asks how a plan is to be carried out."""

from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from prune_tui.catalog.criteria import CRITERIA
from prune_tui.catalog.schedules import SCHEDULES, STEPS
from prune_tui.core.decisions import Iterative, OneShot
from prune_tui.core.plan import PlanSettings
from prune_tui.tui.dialogs.dialog import Dialog
from prune_tui.tui.widgets.choice import Choice

GRANULARITIES = {"weight": "single weights", "unit": "whole neurons and filters"}
SCOPES = {"layer": "each layer its own sparsity", "global": "one threshold for the whole network"}
STARTS = {"dense": "prune the dense baseline", "pruned": "go on from what is pruned now"}


class SettingsDialog(Dialog[PlanSettings]):
    """Gives the settings; up and down move, left and right change, Enter takes them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "app.focus_previous", "up", show=False),
        Binding("down,j", "app.focus_next", "down", show=False),
        Binding("enter", "take", "take them", show=False),
    ]

    def __init__(self, settings: PlanSettings, *, can_go_on: bool) -> None:
        super().__init__()
        self._settings = settings
        self._starts = STARTS if can_go_on else {"dense": STARTS["dense"]}

    def compose(self) -> ComposeResult:
        """Lay out a line a setting."""
        settings, schedule = self._settings, self._settings.schedule
        steps = schedule.steps if isinstance(schedule, Iterative) else "cubic"
        rounds = schedule.num_rounds if isinstance(schedule, Iterative) else 3
        criteria = {name: entry.description for name, entry in CRITERIA.items()}
        rises = {name: entry.description for name, entry in STEPS.items()}
        schedules = {name: text.partition(";")[0] for name, text in SCHEDULES.items()}
        start = "pruned" if settings.start_from_pruned else "dense"
        with Vertical(classes="panel"):
            yield Static("How to prune", classes="heading")
            yield Choice("prune by", criteria, settings.criterion, id="criterion")
            yield Choice("each", GRANULARITIES, settings.granularity, id="granularity")
            yield Choice("scope", SCOPES, settings.scope, id="scope")
            yield Choice("schedule", schedules, schedule.name, id="schedule")
            yield Choice("steps", rises, steps, id="steps")
            yield from _field("rounds", str(rounds), "rounds", "of pruning and fine-tuning")
            yield from _field("epochs", str(settings.num_epochs), "fine-tune", "epochs a round; 0 for none")
            yield from _field(
                "rate", f"{settings.learning_rate:g}", "rate", "learning rate of the fine-tuning"
            )
            yield Choice("start from", self._starts, start, id="start")
            yield Static(id="reason")
            yield Static("↑ ↓ move   ← → change   enter take them   esc never mind", classes="hint")

    def on_mount(self) -> None:
        """Show only what the schedule needs."""
        self._show_schedule()

    def on_choice_changed(self) -> None:
        """Show only what the schedule needs."""
        self._show_schedule()

    def on_input_submitted(self) -> None:
        """Take the settings."""
        self.action_take()

    def action_take(self) -> None:
        """Give the settings, or say what is wrong."""
        values = {choice.id: choice.value for choice in self.query(Choice)}
        rounds, num_epochs, rate = (
            self.query_one(f"#{name}", Input).value for name in ("rounds", "epochs", "rate")
        )
        is_iterative = values["schedule"] == "iterative"
        problem = _problem(rounds if is_iterative else "1", num_epochs, rate)
        if problem:
            self.query_one("#reason", Static).update(Text(f"✗ {problem}"))
            return
        self.dismiss(
            replace(
                self._settings,
                criterion=str(values["criterion"]),
                granularity="unit" if values["granularity"] == "unit" else "weight",
                scope="global" if values["scope"] == "global" else "layer",
                schedule=Iterative(steps=str(values["steps"]), num_rounds=int(rounds))
                if is_iterative
                else OneShot(),
                num_epochs=int(num_epochs),
                learning_rate=float(rate),
                start_from_pruned=values["start"] == "pruned",
            )
        )

    def _show_schedule(self) -> None:
        is_iterative = self.query_one("#schedule", Choice).value == "iterative"
        self.query_one("#steps").display = is_iterative
        self.query_one("#rounds-line").display = is_iterative


def _field(id: str, value: str, label: str, hint: str) -> ComposeResult:
    with Horizontal(id=f"{id}-line", classes="fields"):
        yield Static(label, classes="label")
        yield Input(value, id=id, compact=True, max_length=10)
        yield Static(hint, classes="after")


def _problem(rounds: str, num_epochs: str, rate: str) -> str:
    if not rounds.isdigit() or not 1 <= int(rounds) <= 1000:
        return "the number of rounds is a whole number from 1"
    if not num_epochs.isdigit() or int(num_epochs) > 100_000:
        return "the number of epochs is a whole number from 0"
    try:
        is_rate = 0 < float(rate) < 100
    except ValueError:
        is_rate = False
    return "" if is_rate else "the learning rate is a number above 0, such as 0.001"
