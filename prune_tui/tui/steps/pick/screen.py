"""Step 1: choose a network, a dataset and a baseline."""

from __future__ import annotations

from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from prune_tui.catalog.datasets import IMAGEFOLDER, DatasetEntry
from prune_tui.catalog.models import ModelEntry
from prune_tui.core.workflow.step import Step
from prune_tui.tui.messages import GoTo, PickAnother, ResumeSession, StartSession
from prune_tui.tui.steps.pick import text as pick_text
from prune_tui.tui.steps.pick.entries import ANOTHER_MODEL, ASKING, OWN_DATA
from prune_tui.tui.steps.pick.fields_screen import FieldsScreen
from prune_tui.tui.steps.pick.more.panel import MorePanel
from prune_tui.tui.widgets.tables.columns import Cells, Column
from prune_tui.tui.widgets.tables.table import Table


class PickScreen(FieldsScreen):
    """Two tables and three fields; the bundled pair is preselected, so that Enter goes on at once."""

    home = "#models"

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="choices"):
            with Vertical(classes="column"):
                yield Static("What to prune", classes="heading")
                yield Table(id="models")
            with Vertical(classes="column"):
                yield Static("On which images", classes="heading")
                yield Table(id="datasets")
        yield Static(id="about")
        yield from self.compose_fields()
        yield Static(id="problem")
        yield Static(id="way-back")
        yield MorePanel(self.state)

    def on_mount(self) -> None:
        super().on_mount()
        self.suggest_epochs()
        self.suggest_name()

    def arrive(self) -> None:
        """Show the open session as it was picked, if there is one."""
        super().arrive()
        self.query_one(MorePanel).forget()
        session = self.state.open_session
        if session is not None:
            self.adopt(session)

    def show(self) -> None:
        room = self.size.width // 2
        models, datasets = self.query_one("#models", Table), self.query_one("#datasets", Table)
        choices = self.choices
        columns = pick_text.model_columns(room, has_named=choices.has_named_models)
        models.set_columns(columns)
        datasets.set_columns(pick_text.dataset_columns(room))
        models.set_rows([(entry.name, self._model_cells(entry, columns)) for entry in choices.models])
        datasets.set_rows([(entry.name, self._dataset_cells(entry)) for entry in choices.datasets])
        for table, name in ((models, choices.model.name), (datasets, choices.dataset.name)):
            if table.current != name:
                table.go_to(name)
        self.show_fields()
        self.query_one(MorePanel).show(self.choices.dataset, self.data_dir)

    def _model_cells(self, entry: ModelEntry, columns: list[Column]) -> Cells:
        state = self.state
        is_open = state.open_session is not None and state.open_session.model == entry.name
        return pick_text.model_cells(
            entry,
            columns,
            self.palette,
            is_chosen=entry.name == self.choices.model.name,
            num_parameters=state.view.num_parameters if is_open else None,
        )

    def _dataset_cells(self, entry: DatasetEntry) -> Cells:
        return pick_text.dataset_cells(
            entry,
            self.where(entry),
            self.palette,
            is_chosen=entry.name == self.choices.dataset.name,
            is_slim=self.size.width // 2 < pick_text.SLIM,
        )

    @on(Table.Moved, "#models")
    def _model_moved(self, message: Table.Moved) -> None:
        if message.key is not None and message.key != self.choices.model.name and self.is_drawable:
            self.choices.go_to_model(message.key)
            self._changed()

    @on(Table.Moved, "#datasets")
    def _dataset_moved(self, message: Table.Moved) -> None:
        if message.key is not None and message.key != self.choices.dataset.name and self.is_drawable:
            self.choices.go_to_dataset(message.key)
            self._changed()

    @on(Table.Left)
    def _left(self, message: Table.Left) -> None:
        if message.towards == "right":
            self.query_one("#datasets").focus()
        elif message.towards == "left":
            self.query_one("#models").focus()

    @on(Input.Submitted)
    async def _submitted(self) -> None:
        await self.run_action("go_on")

    def action_go_on(self) -> None:
        """Go on with the open session, or start the picked one; ask for a missing folder."""
        if self.goes_on:
            self.post_message(GoTo(Step.SCAN))
            return
        if self._asks():
            return
        if self.problem():
            self.app.bell()
            return
        picked = self.picked
        self.post_message(StartSession(picked.session(), picked.baseline(), weights=picked.weights))

    def _asks(self) -> bool:
        """Ask for the name that the chosen rows lack, if one does: that in the table with the focus first."""
        model, dataset = self.choices.model, self.choices.dataset
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
            self.choices.name_model(name)
            self._changed()

    def _data_given(self, name: str | None) -> None:
        if name is not None:
            self.choices.name_dataset(name)
            self._changed()

    def _folder_given(self, path: Path | None) -> None:
        self._data_given(f"imagefolder:{path}" if path is not None else None)

    def _changed(self) -> None:
        """Suggest what goes with another choice, and show it."""
        self.suggest_epochs()
        self.suggest_name()
        self.show()

    def action_toggle_baseline(self) -> None:
        """Take the next baseline of those that the pair can begin with."""
        self.choices.next_baseline(is_bundled=self.is_bundled)
        self.suggest_name()
        self.show_fields()

    def action_toggle_pretrained(self) -> None:
        """Begin with published weights, or with fresh ones."""
        model = self.choices.model
        if not model.can_be_pretrained:
            self.notify(
                "torchvision's and timm's models have such",
                title=f"No published weights of {model.name}",
                markup=False,
            )
            return
        self.choices.toggle_pretrained()
        self._changed()

    def action_new_session(self) -> None:
        """Prepare another session than the open one; Enter starts it."""
        if self.goes_on:
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
            if not is_in_field and self.state.open_session is not None and not self.goes_on:
                self.state.wants_another = False
                self.arrive()
                self.redraw()
