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

from prune_tui.catalog.baselines import BUNDLED_MODEL, bundled_baseline
from prune_tui.catalog.datasets import (
    DATASETS,
    IMAGEFOLDER,
    DatasetEntry,
    dataset_entry,
    default_data_dir,
    whereabouts,
)
from prune_tui.catalog.models import MODELS, ModelEntry, model_entry
from prune_tui.catalog.recipes import training_recipe
from prune_tui.core.workflow.step import Step
from prune_tui.storage import unused_name
from prune_tui.tui.messages import GoTo, PickAnother, ResumeSession, StartSession
from prune_tui.tui.state import State
from prune_tui.tui.steps.pick import text as pick_text
from prune_tui.tui.steps.pick.picked import Picked, suggested_dataset, suggested_name
from prune_tui.tui.steps.step_screen import StepScreen
from prune_tui.tui.widgets.table import Cells, Column, Table

if TYPE_CHECKING:
    from prune_tui.core.session.session import Session


class PickScreen(StepScreen):
    """Two tables and three fields; the bundled pair is preselected, so that Enter goes on at once."""

    step = Step.PICK
    home = "#models"

    def __init__(self, state: State) -> None:
        super().__init__(state)
        options = state.options
        self._model = model_entry(options.model or BUNDLED_MODEL).name
        self._dataset = options.dataset or suggested_dataset(self.model).name
        chosen = dataset_entry(self._dataset)
        self._folder = IMAGEFOLDER if chosen.name in DATASETS else chosen
        self._dataset_by_hand = options.dataset is not None
        self._wants_training = False
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
            yield Static("seed", classes="label")
            yield Input(str(self.state.options.seed), id="seed", compact=True, type="integer", max_length=10)
        with Horizontal(classes="fields"):
            yield Static("baseline", classes="label")
            yield Static(id="baseline")
            yield Input(id="epochs", compact=True, type="integer", max_length=4)
            yield Static(id="baseline-more")
        yield Static(id="problem")

    def on_mount(self) -> None:
        super().on_mount()
        self._suggest_epochs()
        self._suggest_name()

    def arrive(self) -> None:
        """Show the open session as it was picked, if there is one."""
        super().arrive()
        session = self.state.open_session
        if session is not None:
            self._is_here.clear()
            self._adopt(session)

    def _adopt(self, session: Session) -> None:
        from prune_tui.core.session.decisions import TrainDense
        from prune_tui.core.workflow.baselines import trained_baseline
        from prune_tui.core.workflow.steps import has_baseline

        state, chosen = self.state, dataset_entry(session.dataset)
        self._model, self._dataset = session.model, chosen.name
        self._folder = self._folder if chosen.name in DATASETS else chosen
        self._dataset_by_hand = True

        baseline = trained_baseline(session) if has_baseline(session) else state.baseline
        self._wants_training = isinstance(baseline, TrainDense)
        self._adopted = None
        self._suggest_epochs()
        values = {"name": session.name, "seed": str(session.seed)}
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

    @property
    def model(self) -> ModelEntry:
        return model_entry(self._model)

    @property
    def dataset(self) -> DatasetEntry:
        return self._folder if self._dataset == self._folder.name else DATASETS[self._dataset]

    def show(self) -> None:
        room = self.size.width // 2
        models, datasets = self.query_one("#models", Table), self.query_one("#datasets", Table)
        columns = pick_text.model_columns(room)
        models.set_columns(columns)
        datasets.set_columns(pick_text.dataset_columns(room))
        entries = dict(MODELS) | {self.model.name: self.model}
        models.set_rows([(name, self._model_cells(entry, columns)) for name, entry in entries.items()])
        datasets.set_rows(
            [(entry.name, self._dataset_cells(entry)) for entry in (*DATASETS.values(), self._folder)]
        )
        if models.current != self._model:
            models.go_to(self._model)
        if datasets.current != self._dataset:
            datasets.go_to(self._dataset)
        self._show_fields()

    def _model_cells(self, entry: ModelEntry, columns: list[Column]) -> Cells:
        return pick_text.model_cells(entry, columns, self.palette, is_chosen=entry.name == self._model)

    def _dataset_cells(self, entry: DatasetEntry) -> Cells:
        return pick_text.dataset_cells(
            entry,
            self._where(entry),
            self.palette,
            is_chosen=entry.name == self._dataset,
        )

    def _where(self, entry: DatasetEntry) -> tuple[bool, str]:
        if entry.name not in self._is_here:
            found = whereabouts(entry, self.state.options.data_dir or default_data_dir())
            self._is_here[entry.name] = (found.is_here, found.text)
        return self._is_here[entry.name]

    def _show_fields(self) -> None:
        palette, picked = self.palette, self.picked
        where = self._where(picked.dataset)
        self.query_one("#about", Static).update(
            pick_text.about_text(picked.model, picked.dataset, where, palette)
        )
        is_bundled = bundled_baseline(self._model, self._dataset) is not None
        before, after = pick_text.baseline_texts(picked.weights, trains=picked.trains, is_bundled=is_bundled)
        self.query_one("#baseline", Static).update(Text(before, palette.text))
        self.query_one("#epochs").display = picked.trains
        self.query_one("#baseline-more", Static).update(Text(after, palette.muted))
        problem = self._problem()
        self.query_one("#problem", Static).update(Text(f"✗ {problem}" if problem else "", palette.bad))
        if self._goes_on:
            self.next_bar.show(f"go on with {picked.name}; n begins another")
            return
        another = "another session: " if self.state.open_session is not None else ""
        self.next_bar.show(problem or f"{another}{picked.next_text}", is_ready=not problem)

    def _problem(self) -> str:
        """Say why these choices can't begin a session, if so."""
        if self._goes_on:
            return ""
        name = self.picked.name
        is_taken = self._is_open(name) or unused_name(self.state.options.sessions_dir, name) != name
        taken = f"there is a session {name} already: type another name, or o opens it" if is_taken else ""
        return self.picked.problem() or taken

    @property
    def _trains(self) -> bool:
        if self.state.options.weights is not None:
            return False
        return self._wants_training or bundled_baseline(self._model, self._dataset) is None

    @property
    def picked(self) -> Picked:
        """All choices and typed values."""
        name, seed, num_epochs = (self.query_one(f"#{id}", Input).value for id in ("name", "seed", "epochs"))
        options, model = self.state.options, self.model
        return Picked(
            model,
            self.dataset,
            name,
            seed,
            num_epochs,
            self._trains,
            options.weights,
            options.device,
            pretrained=options.pretrained if model.can_be_pretrained else None,
            image_size=options.image_size if model.image_shape is None else None,
            num_images=options.num_images,
        )

    def _suggest_name(self) -> None:
        if not self._named_by_hand:
            session = self.state.open_session
            name = session.name if session is not None and self._goes_on else self._fresh_name()
            with self.prevent(Input.Changed):
                self.query_one("#name", Input).value = name

    def _fresh_name(self) -> str:
        name = unused_name(self.state.options.sessions_dir, suggested_name(self.model, self.dataset))
        return f"{name}-2" if self._is_open(name) else name

    def _is_open(self, name: str) -> bool:
        session = self.state.open_session
        return session is not None and session.name == name

    def _suggest_epochs(self) -> None:
        adopted = self._adopted
        if adopted is not None and (adopted.model, adopted.dataset) == (self.model, self.dataset):
            num_epochs = adopted.num_epochs
        else:
            is_pretrained = self.state.options.pretrained is not None and self.model.can_be_pretrained
            recipe = training_recipe(
                self.model,
                self.dataset,
                num_images=self.state.options.num_images,
                is_pretrained=is_pretrained,
            )
            num_epochs = str(recipe.num_epochs)
        with self.prevent(Input.Changed):
            self.query_one("#epochs", Input).value = num_epochs

    @on(Table.Moved, "#models")
    def _model_moved(self, message: Table.Moved) -> None:
        if message.key in (None, self._model) or not self.is_drawable:
            return
        self._model = str(message.key)
        if not self._dataset_by_hand:
            self._dataset = suggested_dataset(self.model).name
        self._suggest_epochs()
        self._suggest_name()
        self.show()

    @on(Table.Moved, "#datasets")
    def _dataset_moved(self, message: Table.Moved) -> None:
        if message.key not in (None, self._dataset) and self.is_drawable:
            self._dataset, self._dataset_by_hand = str(message.key), True
            self._suggest_epochs()
            self._suggest_name()
            self.show()

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
        if self.is_drawable and event.input.id in ("name", "seed", "epochs"):
            self._show_fields()

    @on(Input.Submitted)
    async def _submitted(self) -> None:
        await self.run_action("go_on")

    def action_go_on(self) -> None:
        """Go on with the open session, or start the picked one; ask for a missing folder."""
        if self._goes_on:
            self.post_message(GoTo(Step.SCAN))
            return
        if self.dataset is IMAGEFOLDER:
            from prune_tui.tui.steps.pick.path_dialog import PathDialog

            self.app.push_screen(PathDialog(), self._folder_given)
            return
        if self._problem():
            self.app.bell()
            return
        picked = self.picked
        self.post_message(StartSession(picked.session(), picked.baseline(), weights=picked.weights))

    def _folder_given(self, path: Path | None) -> None:
        if path is not None:
            self._folder = dataset_entry(f"imagefolder:{path}")
            self._dataset, self._dataset_by_hand = self._folder.name, True
            self._suggest_epochs()
            self._suggest_name()
            self.show()

    def action_toggle_baseline(self) -> None:
        self._wants_training = not self._wants_training
        self._suggest_name()
        self._show_fields()

    def action_new_session(self) -> None:
        """Prepare another session than the open one; Enter starts it."""
        if self._goes_on:
            self.post_message(PickAnother())
        else:
            self.app.bell()

    def action_show_sessions(self) -> None:
        from prune_tui.tui.steps.pick.sessions_dialog import SessionsDialog

        dialog = SessionsDialog(self.state.options.sessions_dir)
        self.app.push_screen(dialog, self._session_chosen)

    def _session_chosen(self, path: Path | None) -> None:
        if path is not None:
            self.post_message(ResumeSession(path))

    def action_next_field(self) -> None:
        self.focus_next()

    def action_go_back(self) -> None:
        """Leave a field, or show the rows that a filter hides."""
        if isinstance(self.focused, Input) or not self.clear_filters():
            self.query_one("#models").focus()
