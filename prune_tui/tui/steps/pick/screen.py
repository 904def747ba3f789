"""Step 1: choose a network, a dataset and a baseline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from prune_tui.catalog.baselines import bundled_baseline
from prune_tui.catalog.datasets import IMAGEFOLDER, DatasetEntry, default_data_dir, whereabouts
from prune_tui.catalog.models import ModelEntry
from prune_tui.core.workflow.step import Step
from prune_tui.storage import unused_name
from prune_tui.tui.messages import GoTo, PickAnother, ResumeSession, StartSession
from prune_tui.tui.state import State
from prune_tui.tui.steps.pick import text as pick_text
from prune_tui.tui.steps.pick.baseline import baseline_texts
from prune_tui.tui.steps.pick.choices import Choices
from prune_tui.tui.steps.pick.entries import ANOTHER_MODEL, ASKING, OWN_DATA
from prune_tui.tui.steps.pick.more.panel import MorePanel
from prune_tui.tui.steps.pick.picked import Picked, suggested_name
from prune_tui.tui.steps.step_screen import StepScreen
from prune_tui.tui.widgets.tables.table import Cells, Column, Table

if TYPE_CHECKING:
    from prune_tui.core.session.session import Session


class PickScreen(StepScreen):
    """Two tables and three fields; the bundled pair is preselected, so that Enter goes on at once."""

    step = Step.PICK
    home = "#models"

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._choices = Choices(state.options)
        self._named_by_hand = False
        self._adopted: Picked | None = None
        self._is_here: dict[str, tuple[bool, str]] = {}

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="choices"):
            with Vertical(classes="column"):
                yield Static("What to prune", classes="heading")
                yield Table(id="models")
            with Vertical(classes="column"):
                yield Static("On which images", classes="heading")
                yield Table(id="datasets")
        yield Static(id="about")
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
        yield Static(id="problem")
        yield Static(id="way-back")
        yield MorePanel(self.state)

    def on_mount(self) -> None:
        super().on_mount()
        self._suggest_epochs()
        self._suggest_name()

    def arrive(self) -> None:
        """Show the open session as it was picked, if there is one."""
        super().arrive()
        self.query_one(MorePanel).forget()
        session = self.state.open_session
        if session is not None:
            self._is_here.clear()
            self._adopt(session)

    def _adopt(self, session: Session) -> None:
        from prune_tui.core.session.decisions import TrainDense
        from prune_tui.core.workflow.baselines import last_baseline

        baseline = last_baseline(session) or self.state.baseline
        self._choices.adopt(session, baseline)
        self._adopted = None
        self._suggest_epochs()
        images = str(session.num_train_images or "")
        values = {"name": session.name, "seed": str(session.seed), "images": images}
        if isinstance(baseline, TrainDense):
            values["epochs"] = str(baseline.training.num_epochs)
        with self.prevent(Input.Changed):
            for id, value in values.items():
                self.query_one(f"#{id}", Input).value = value
        self._adopted, self._named_by_hand = self.picked, False
        self._suggest_name()

    @property
    def _goes_on(self) -> bool:
        """Whether the open session is picked, so that Enter goes on with it."""
        session, adopted = self.state.open_session, self._adopted
        if session is None or adopted is None or adopted.name != session.name or self.state.wants_another:
            return False
        picked = self.picked
        name = picked.name if self._named_by_hand else session.name
        epochs = picked.num_epochs if picked.trains else adopted.num_epochs
        return replace(picked, name=name, num_epochs=epochs) == adopted

    def show(self) -> None:
        room = self.size.width // 2
        models, datasets = self.query_one("#models", Table), self.query_one("#datasets", Table)
        choices = self._choices
        columns = pick_text.model_columns(room, has_named=choices.has_named_models)
        models.set_columns(columns)
        datasets.set_columns(pick_text.dataset_columns(room))
        models.set_rows([(entry.name, self._model_cells(entry, columns)) for entry in choices.models])
        datasets.set_rows([(entry.name, self._dataset_cells(entry)) for entry in choices.datasets])
        for table, name in ((models, choices.model.name), (datasets, choices.dataset.name)):
            if table.current != name:
                table.go_to(name)
        self._show_fields()
        self.query_one(MorePanel).show(self._choices.dataset, self._data_dir)

    def _model_cells(self, entry: ModelEntry, columns: list[Column]) -> Cells:
        state = self.state
        is_open = state.open_session is not None and state.open_session.model == entry.name
        return pick_text.model_cells(
            entry,
            columns,
            self.palette,
            is_chosen=entry.name == self._choices.model.name,
            num_parameters=state.view.num_parameters if is_open else None,
        )

    def _dataset_cells(self, entry: DatasetEntry) -> Cells:
        return pick_text.dataset_cells(
            entry,
            self._where(entry),
            self.palette,
            is_chosen=entry.name == self._choices.dataset.name,
            is_slim=self.size.width // 2 < pick_text.SLIM,
        )

    @property
    def _data_dir(self) -> Path:
        return self.state.options.data_dir or default_data_dir()

    def _where(self, entry: DatasetEntry) -> tuple[bool, str]:
        if entry.name not in self._is_here:
            found = whereabouts(entry, self._data_dir)
            self._is_here[entry.name] = (found.is_here, found.text)
        return self._is_here[entry.name]

    def _show_fields(self) -> None:
        palette, picked = self.palette, self.picked
        where = self._where(picked.dataset)
        self.query_one("#about", Static).update(
            pick_text.about_text(picked.model, picked.dataset, where, palette)
        )
        others = self._choices.baselines(is_bundled=self._is_bundled)[1:]
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
        problem = self._problem()
        self.query_one("#problem", Static).update(Text(f"✗ {problem}" if problem else "", palette.bad))
        self._show_way_back()
        if self._goes_on:
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
            is_picked=self._goes_on,
            is_in_field=isinstance(self.focused, Input),
        )
        line.update(text)

    def on_descendant_focus(self) -> None:
        """Say how to go back from where the focus is: in a field numbers are typed."""
        if self.is_drawable:
            self._show_way_back()

    def _problem(self) -> str:
        """Say why these choices can't begin a session, if so."""
        if self._goes_on:
            return ""
        name = self.picked.name
        is_taken = self._is_open(name) or unused_name(self.state.options.sessions_dir, name) != name
        taken = f"there is a session {name} already: type another name, or o opens it" if is_taken else ""
        return self.picked.problem() or taken

    @property
    def _is_bundled(self) -> bool:
        return bundled_baseline(self._choices.model.name, self._choices.dataset.name) is not None

    @property
    def picked(self) -> Picked:
        """All choices and typed values."""
        name, seed, num_epochs, images = (
            self.query_one(f"#{id}", Input).value for id in ("name", "seed", "epochs", "images")
        )
        return self._choices.picked(
            name=name, seed=seed, num_epochs=num_epochs, images=images, is_bundled=self._is_bundled
        )

    def _suggest_name(self) -> None:
        if not self._named_by_hand:
            session = self.state.open_session
            name = session.name if session is not None and self._goes_on else self._fresh_name()
            with self.prevent(Input.Changed):
                self.query_one("#name", Input).value = name

    def _fresh_name(self) -> str:
        suggested = suggested_name(self._choices.model, self._choices.dataset)
        name = unused_name(self.state.options.sessions_dir, suggested)
        return f"{name}-2" if self._is_open(name) else name

    def _is_open(self, name: str) -> bool:
        session = self.state.open_session
        return session is not None and session.name == name

    def _suggest_epochs(self) -> None:
        adopted, picked = self._adopted, self.picked
        if adopted is not None and _trained_alike(adopted, picked):
            num_epochs = adopted.num_epochs
        else:
            num_epochs = str(picked.recipe.num_epochs)
        with self.prevent(Input.Changed):
            self.query_one("#epochs", Input).value = num_epochs

    @on(Table.Moved, "#models")
    def _model_moved(self, message: Table.Moved) -> None:
        if message.key is not None and message.key != self._choices.model.name and self.is_drawable:
            self._choices.go_to_model(message.key)
            self._changed()

    @on(Table.Moved, "#datasets")
    def _dataset_moved(self, message: Table.Moved) -> None:
        if message.key is not None and message.key != self._choices.dataset.name and self.is_drawable:
            self._choices.go_to_dataset(message.key)
            self._changed()

    @on(Table.Left)
    def _left(self, message: Table.Left) -> None:
        if message.towards == "right":
            self.query_one("#datasets").focus()
        elif message.towards == "left":
            self.query_one("#models").focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if event.input.id == "name":
            self._named_by_hand = bool(event.value)
        else:
            self._suggest_name()
        if self.is_drawable and event.input.id in ("name", "seed", "epochs", "images"):
            self._show_fields()

    @on(Input.Submitted)
    async def _submitted(self) -> None:
        await self.run_action("go_on")

    def action_go_on(self) -> None:
        """Go on with the open session, or start the picked one; ask for a missing folder."""
        if self._goes_on:
            self.post_message(GoTo(Step.SCAN))
            return
        if self._asks():
            return
        if self._problem():
            self.app.bell()
            return
        picked = self.picked
        self.post_message(StartSession(picked.session(), picked.baseline(), weights=picked.weights))

    def _asks(self) -> bool:
        """Ask for the name that the chosen rows lack, if one does: that in the table with the focus first."""
        model, dataset = self._choices.model, self._choices.dataset
        is_in_datasets = self.query_one("#datasets").has_focus
        if model is ANOTHER_MODEL and not (is_in_datasets and dataset.name in ASKING):
            from prune_tui.tui.steps.pick.name_dialog import model_dialog

            self.app.push_screen(model_dialog(), self._model_given)
        elif dataset is OWN_DATA:
            from prune_tui.tui.steps.pick.name_dialog import data_dialog

            self.app.push_screen(data_dialog(), self._data_given)
        elif dataset is IMAGEFOLDER:
            from prune_tui.tui.steps.pick.path_dialog import PathDialog

            self.app.push_screen(PathDialog(), self._folder_given)
        else:
            return False
        return True

    def _model_given(self, name: str | None) -> None:
        if name is not None:
            self._choices.name_model(name)
            self._changed()

    def _data_given(self, name: str | None) -> None:
        if name is not None:
            self._choices.name_dataset(name)
            self._changed()

    def _folder_given(self, path: Path | None) -> None:
        self._data_given(f"imagefolder:{path}" if path is not None else None)

    def _changed(self) -> None:
        """Suggest what goes with another choice, and show it."""
        self._suggest_epochs()
        self._suggest_name()
        self.show()

    def action_toggle_baseline(self) -> None:
        """Take the next baseline of those that the pair can begin with."""
        self._choices.next_baseline(is_bundled=self._is_bundled)
        self._suggest_name()
        self._show_fields()

    def action_toggle_pretrained(self) -> None:
        """Begin with published weights, or with fresh ones."""
        model = self._choices.model
        if not model.can_be_pretrained:
            self.notify(
                "torchvision's and timm's models have such",
                title=f"No published weights of {model.name}",
                markup=False,
            )
            return
        self._choices.toggle_pretrained()
        self._changed()

    def action_new_session(self) -> None:
        """Prepare another session than the open one; Enter starts it."""
        if self._goes_on:
            self.post_message(PickAnother())
        else:
            self.app.bell()

    def action_show_sessions(self) -> None:
        from prune_tui.tui.steps.pick.sessions_dialog import SessionsDialog

        self.app.push_screen(SessionsDialog(self.state), self._session_chosen)

    def _session_chosen(self, path: Path | None) -> None:
        if path is not None:
            self.post_message(ResumeSession(path))

    def action_next_field(self) -> None:
        self.focus_next()

    def action_go_back(self) -> None:
        """Leave a field, or show the rows that a filter hides, or pick the open session again."""
        if isinstance(self.focused, Input) or not self.clear_filters():
            is_in_field = isinstance(self.focused, Input)
            self.query_one("#models").focus()
            if not is_in_field and self.state.open_session is not None and not self._goes_on:
                self.state.wants_another = False
                self.arrive()
                self.redraw()


def _trained_alike(one: Picked, other: Picked) -> bool:
    """Return whether two choices have the same baseline to train."""
    return (one.model, one.dataset, one.pretrained) == (other.model, other.dataset, other.pretrained)
