"""Step 5: the result, where its files are, and how to replay it."""

from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll
from textual.widgets import Static

from prune_tui.core.attempts.tradeoff import Tradeoff
from prune_tui.core.errors import PruneTuiError, StorageError
from prune_tui.core.run.sureness import num_test_images
from prune_tui.core.workflow.completion import completion_text, decisions_to_complete, shrinking
from prune_tui.core.workflow.step import Step
from prune_tui.reports.markdown import markdown_summary
from prune_tui.reports.python import python_text
from prune_tui.storage import checkpoints_folder, write_atomically
from prune_tui.tui.attempts.known import known_tradeoff
from prune_tui.tui.attempts.picture import tradeoff_plot
from prune_tui.tui.attempts.text import across_words, height_words, legend
from prune_tui.tui.dialogs.python import PythonDialog
from prune_tui.tui.messages import GoTo, Perform, PickAnother, SaveAgain
from prune_tui.tui.resumption import checkpoints_command, replay_command
from prune_tui.tui.state import State
from prune_tui.tui.steps.save import text as save_text
from prune_tui.tui.steps.step_screen import READ_ONLY_WORDS, StepScreen
from prune_tui.tui.widgets.chart import Chart
from prune_tui.tui.widgets.fixed_text import FixedText
from prune_tui.tui.widgets.meter import Meter, progress_words

LEGEND_INDENT = 7
"""The cells left of the legend, as many as the picture's scale takes."""


LEAST_PICTURE = 12
"""The lines of the trade-off picture at least."""


class SaveScreen(StepScreen):
    """The figures, the attempts and predictions; where the files are, and whether all is saved."""

    step = Step.SAVE

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._axis = 0

    def compose_body(self) -> ComposeResult:
        yield Meter(id="meter")
        with VerticalScroll(id="report"), Container(classes="split"):
            with Container(classes="main"):
                yield Static(id="figures")
                yield Static(id="attempts")
                yield Static(id="caveats")
                yield Static(id="predictions")
            with Container(classes="aside"):
                yield FixedText(id="tradeoff-title")
                yield Chart(id="tradeoff")
                yield Static(id="legend")
                yield Static(id="where")

    def on_mount(self) -> None:
        """Keep the focus on the last line: the report scrolls by keys of its own."""
        self.query_one("#report").can_focus = False
        super().on_mount()

    def show(self) -> None:
        state, palette = self.state, self.palette
        report = state.view.report
        title, share, words = progress_words(state)
        session = state.session
        if not title and session is not None:
            title, words = f"{session.model} on {session.dataset}", f"replay it with\n{self.replay_command}"
        self.query_one("#meter", Meter).show(title, share, words)
        self.query_one("#figures", Static).update(
            save_text.figures_text(
                report, palette, score=self.state.score_name, is_slim=self.has_class("-slim")
            )
        )
        attempts = self.query_one("#attempts", Static)
        tradeoff = known_tradeoff(state)
        attempts.update(save_text.attempts_text(tradeoff, palette, num_images=num_test_images(report)))
        attempts.display = len(tradeoff.attempts) > 1
        self._show_tradeoff(tradeoff)
        self.query_one("#caveats", Static).update(save_text.caveats_text(state, report, palette))
        self.query_one("#predictions", Static).update(save_text.predictions_text(state, palette))
        self.query_one("#where", Static).update(save_text.whereabouts(state, self.replay_command, palette))
        self._show_next()

    def _show_tradeoff(self, tradeoff: Tradeoff) -> None:
        """Draw the trade-off, where there is more than one network to draw."""
        axis = tradeoff.axes[self._axis % len(tradeoff.axes)]
        # One attempt beside the dense network is a picture only where nothing else needs the room.
        has_picture = len(tradeoff.points) > (0 if self.has_class("-wide") else 1)
        for id in ("tradeoff-title", "tradeoff", "legend"):
            self.query_one(f"#{id}").display = has_picture
        if has_picture:
            words = Text(f"{height_words(self.state.score_name)}\n", self.palette.muted, no_wrap=True)
            words.append(across_words(axis, tradeoff))
            chart = self.query_one("#tradeoff", Chart)
            self.query_one("#tradeoff-title", FixedText).show(words.append("   A axis", self.palette.faint))
            chart.show(tradeoff_plot(tradeoff, axis))
            width = max(1, chart.size.width - LEGEND_INDENT)
            self.query_one("#legend", Static).update(legend(tradeoff, self.palette, width=width))
            self.call_after_refresh(self._fit_picture)

    def _fit_picture(self) -> None:
        """Give the picture the lines that what is below it leaves."""
        if not self.is_drawable:
            return
        chart, report = self.query_one("#tradeoff", Chart), self.query_one("#report")
        others = sum(self.query_one(f"#{id}").size.height + 1 for id in ("tradeoff-title", "legend", "where"))
        room = report.size.height - others if self.has_class("-wide") else 0
        height = max(LEAST_PICTURE, room)
        if chart.size.height != height:
            chart.styles.height = height

    def _show_next(self) -> None:
        state = self.state
        if state.is_saving:
            self.next_bar.show("saving", is_ready=False)
        elif state.is_running("shrink"):
            self.next_bar.show("removing pruned units, then measuring", is_ready=False)
        elif state.is_busy:
            self.next_bar.show("measuring: accuracy first, then latency", is_ready=False)
        elif state.is_read_only:
            self.next_bar.show(READ_ONLY_WORDS)
        elif not state.is_saved:
            self.next_bar.show("not saved: enter tries again; quitting loses it")
        elif state.view.report.pruned is None:
            self.next_bar.show(completion_text(decisions_to_complete(state.session, state.view)))
        elif state.path is None:
            self.next_bar.show("nothing is written; n begins another session, esc tries another plan")
        else:
            self.next_bar.show("all is saved; n begins another session, esc tries another plan")

    @property
    def replay_command(self) -> str:
        state = self.state
        path = state.path or Path("SESSION")
        if state.is_read_only:
            has_code = state.session is not None and bool(state.session.code)
            return checkpoints_command(path, state.options, has_code=has_code)
        return replay_command(path, state.options)

    def action_go_on(self) -> None:
        """Try again to save if that failed; or measure if nothing is measured; or say where all is saved."""
        state = self.state
        if state.is_busy:
            self.app.bell()
        elif self.refuses_work():
            return
        elif not state.is_saved:
            self.post_message(SaveAgain())
        elif state.view.report.pruned is None:
            for decision in decisions_to_complete(state.session, state.view):
                self.post_message(Perform(decision))
        elif state.path is not None:
            self.notify(f"saved at {state.path}", title="All is on disk", markup=False)

    def action_shrink(self) -> None:
        state = self.state
        if state.is_busy:
            self.app.bell()
        elif decisions := shrinking(state.session, state.view):
            for decision in decisions:
                self.post_message(Perform(decision))
        else:
            is_done = state.view.shrunk is not None
            why = (
                "already shrunk" if is_done else "only a plan of units leaves something to remove: 3, then s"
            )
            self.notify(why, markup=False)

    def action_copy_command(self) -> None:
        self.app.copy_to_clipboard(self.replay_command)
        self.notify(self.replay_command, title="Copied", markup=False)

    def action_save_summary(self) -> None:
        state = self.state
        if state.session is None:
            return
        text = markdown_summary(state.session, state.view.report, replay_command=self.replay_command)
        self.app.copy_to_clipboard(text)
        if state.path is None:
            self.notify("the summary is on the clipboard", title="Copied", markup=False)
            return
        path = state.path.with_suffix(".md")
        try:
            write_atomically(path, text.encode())
        except StorageError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.notify(f"{path}, and on the clipboard", title="Summary written", markup=False)

    def action_show_python(self) -> None:
        """Show the session as a script; its checkpoints are named where the session is saved."""
        state = self.state
        if state.session is None:
            return
        folder = checkpoints_folder(state.path) if state.path is not None else Path(state.session.name)
        try:
            text = python_text(state.session, folder=folder, data_dir=state.options.data_dir)
        except PruneTuiError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.app.push_screen(PythonDialog(text))

    def action_next_axis(self) -> None:
        """Draw the trade-off along another axis."""
        self._axis += 1
        self.redraw()

    def action_new_session(self) -> None:
        self.post_message(PickAnother())

    def action_scroll_report(self, by: int) -> None:
        self.query_one("#report").scroll_relative(y=by * 3, animate=False)

    def action_enter_table(self) -> None:
        """There is no table: up scrolls."""
        self.action_scroll_report(-1)

    def action_go_back(self) -> None:
        self.post_message(GoTo(Step.PLAN))
