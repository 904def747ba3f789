"""The part of step 1 that is typed: its fields, what is suggested in them, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from prune_tui.catalog.baselines import bundled_baseline
from prune_tui.catalog.datasets import DatasetEntry, default_data_dir, whereabouts
from prune_tui.core.workflow.step import Step
from prune_tui.storage import unused_name
from prune_tui.tui.state import State
from prune_tui.tui.steps.pick import text as pick_text
from prune_tui.tui.steps.pick.baseline import baseline_texts
from prune_tui.tui.steps.pick.choices import Choices
from prune_tui.tui.steps.pick.picked import Picked, suggested_name
from prune_tui.tui.steps.step_screen import StepScreen

if TYPE_CHECKING:
    from prune_tui.core.session.session import Session


class FieldsScreen(StepScreen):
    """Shows what the rows and the fields make together: a session to begin, or the open one."""

    step = Step.PICK

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.choices = Choices(state.options)
        self._named_by_hand = False
        self._adopted: Picked | None = None
        self._is_here: dict[str, tuple[bool, str]] = {}

    def compose_fields(self) -> ComposeResult:
        """Yield the lines of fields."""
        with Horizontal(classes="fields"):
            yield Static("session", classes="label")
            yield Input(id="name", compact=True, max_length=64)
            yield Static("seed", classes="label", id="seed-label")
            yield Input(str(self.state.options.seed), id="seed", compact=True, type="integer", max_length=10)
            yield Static("images", classes="label", id="images-label")
            images = str(self.state.options.num_images or "")
            yield Input(images, id="images", placeholder="all", compact=True, type="integer", max_length=9)
        with Horizontal(classes="fields"):
            yield Static("baseline", classes="label")
            yield Static(id="baseline")
            yield Input(id="epochs", compact=True, type="integer", max_length=4)
            yield Static(id="baseline-more")

    def adopt(self, session: Session) -> None:
        """Show the open session as it was picked."""
        from prune_tui.core.session.decisions import TrainDense
        from prune_tui.core.workflow.baselines import last_baseline

        baseline = last_baseline(session) or self.state.baseline
        self._is_here.clear()
        self.choices.adopt(session, baseline)
        self._adopted = None
        self.suggest_epochs()
        images = str(session.num_train_images or "")
        values = {"name": session.name, "seed": str(session.seed), "images": images}
        if isinstance(baseline, TrainDense):
            values["epochs"] = str(baseline.training.num_epochs)
        with self.prevent(Input.Changed):
            for id, value in values.items():
                self.query_one(f"#{id}", Input).value = value
        self._adopted, self._named_by_hand = self.picked, False
        self.suggest_name()

    @property
    def goes_on(self) -> bool:
        """Whether the open session is picked, so that Enter goes on with it."""
        session, adopted = self.state.open_session, self._adopted
        if session is None or adopted is None or adopted.name != session.name or self.state.wants_another:
            return False
        picked = self.picked
        name = picked.name if self._named_by_hand else session.name
        epochs = picked.num_epochs if picked.trains else adopted.num_epochs
        return replace(picked, name=name, num_epochs=epochs) == adopted

    @property
    def data_dir(self) -> Path:
        """The folder that images are looked for in."""
        return self.state.options.data_dir or default_data_dir()

    def where(self, entry: DatasetEntry) -> tuple[bool, str]:
        """Return whether a dataset is here, and where it is or comes from; looked up once."""
        if entry.name not in self._is_here:
            found = whereabouts(entry, self.data_dir)
            self._is_here[entry.name] = (found.is_here, found.text)
        return self._is_here[entry.name]

    def show_fields(self) -> None:
        """Draw all that depends on what is chosen or typed."""
        palette, picked = self.palette, self.picked
        where = self.where(picked.dataset)
        self.query_one("#about", Static).update(
            pick_text.about_text(picked.model, picked.dataset, where, palette)
        )
        others = self.choices.baselines(is_bundled=self.is_bundled)[1:]
        before, after = baseline_texts(
            picked.kind,
            other=others[0] if others else None,
            model=picked.model,
            pretrained=picked.pretrained,
            weights=picked.weights,
        )
        self.query_one("#baseline", Static).update(Text(before, palette.text))
        self.query_one("#epochs").display = picked.trains
        self.query_one("#baseline-more", Static).update(Text(after, palette.muted))
        problem = self.problem()
        self.query_one("#problem", Static).update(Text(f"✗ {problem}" if problem else "", palette.bad))
        self._show_way_back()
        if self.goes_on:
            self.next_bar.show(f"go on with {picked.name}; n begins another")
            return
        another = "another session: " if self.state.open_session is not None else ""
        self.next_bar.show(problem or f"{another}{picked.next_text}", is_ready=not problem)

    def _show_way_back(self) -> None:
        """Say which session is open, and which keys lead back to it."""
        session, state = self.state.open_session, self.state
        line = self.query_one("#way-back", Static)
        line.display = session is not None
        if session is None:
            return
        text = pick_text.way_back_text(
            session.name,
            sorted(state.reachable - {Step.PICK}),
            self.palette,
            is_picked=self.goes_on,
            is_in_field=isinstance(self.focused, Input),
        )
        line.update(text)

    def on_descendant_focus(self) -> None:
        """Say how to go back from where the focus is: in a field numbers are typed."""
        if self.is_drawable:
            self._show_way_back()

    def problem(self) -> str:
        """Say why these choices can't begin a session, if so."""
        if self.goes_on:
            return ""
        name = self.picked.name
        is_taken = self._is_open(name) or unused_name(self.state.options.sessions_dir, name) != name
        taken = f"there is a session {name} already: type another name, or o opens it" if is_taken else ""
        return self.picked.problem() or taken

    @property
    def is_bundled(self) -> bool:
        """Whether a baseline of the chosen pair is bundled."""
        return bundled_baseline(self.choices.model.name, self.choices.dataset.name) is not None

    @property
    def picked(self) -> Picked:
        """All choices and typed values."""
        name, seed, num_epochs, images = (
            self.query_one(f"#{id}", Input).value for id in ("name", "seed", "epochs", "images")
        )
        return self.choices.picked(
            name=name, seed=seed, num_epochs=num_epochs, images=images, is_bundled=self.is_bundled
        )

    def suggest_name(self) -> None:
        """Fill in a name that no session has, until one was typed."""
        if not self._named_by_hand:
            session = self.state.open_session
            name = session.name if session is not None and self.goes_on else self._fresh_name()
            with self.prevent(Input.Changed):
                self.query_one("#name", Input).value = name

    def _fresh_name(self) -> str:
        suggested = suggested_name(self.choices.model, self.choices.dataset)
        name = unused_name(self.state.options.sessions_dir, suggested)
        return f"{name}-2" if self._is_open(name) else name

    def _is_open(self, name: str) -> bool:
        session = self.state.open_session
        return session is not None and session.name == name

    def suggest_epochs(self) -> None:
        """Fill in how long a baseline of the chosen pair is trained."""
        adopted, picked = self._adopted, self.picked
        if adopted is not None and _trained_alike(adopted, picked):
            num_epochs = adopted.num_epochs
        else:
            num_epochs = str(picked.recipe.num_epochs)
        with self.prevent(Input.Changed):
            self.query_one("#epochs", Input).value = num_epochs

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if event.input.id == "name":
            self._named_by_hand = bool(event.value)
        else:
            self.suggest_name()
        if self.is_drawable and event.input.id in ("name", "seed", "epochs", "images"):
            self.show_fields()


def _trained_alike(one: Picked, other: Picked) -> bool:
    """Return whether two choices have the same baseline to train."""
    return (one.model, one.dataset, one.pretrained) == (other.model, other.dataset, other.pretrained)
