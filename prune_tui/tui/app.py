"""The app: shows one step at a time, steers the worker, and goes from step to step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import PurePath
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen
from textual.theme import Theme

from prune_tui.core.workflow.step import Step
from prune_tui.tui import messages
from prune_tui.tui.actions import bindings_of
from prune_tui.tui.configured.commands import commands
from prune_tui.tui.options import Options
from prune_tui.tui.palette import DARK, LIGHT
from prune_tui.tui.picture import save_picture
from prune_tui.tui.resumption import Resumption
from prune_tui.tui.state import State
from prune_tui.tui.steering.interruption import Interruption
from prune_tui.tui.steering.work import Work
from prune_tui.tui.steps.by_step import screen_of
from prune_tui.tui.steps.step_screen import StepScreen
from prune_tui.tui.worker.engine_access import engine_runner, import_engine, nothing_to_import, settle
from prune_tui.tui.worker.jobs import KernelTiming, MakeRunner, Measuring, Opening, Polishing
from prune_tui.tui.worker.worker import Worker

VIEWS_PER_SECOND = 3
SECONDS_PER_DRAFT = 3.0


class PruneApp(App[None], inherit_bindings=False):
    """Five steps over one worker; `make_runner` builds the engine for a session, inside the worker.

    `remember` is told the theme that the person chooses.
    """

    TITLE = "prune-tui"
    # All at once: a screen that brings its own has every source parsed again, and all restyled.
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "prune_tui.tcss",
        *(f"steps/{step.name.lower()}/{step.name.lower()}.tcss" for step in Step),
        "dialogs/dialogs.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("anywhere")

    def __init__(
        self,
        options: Options,
        *,
        make_runner: MakeRunner | None = None,
        remember: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        self._remember = remember
        self.set_keymap(dict(options.keys))
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        # Before anything is drawn there is nothing to restyle: only the colours are to be told.
        self.set_reactive(App.theme, options.theme or DARK.name)
        self.stylesheet.set_variables(self.get_css_variables())
        self.state = State(options)
        self.worker = Worker(
            post=self.post_message,
            make_runner=make_runner or partial(engine_runner, options),
            warm_up=import_engine if make_runner is None else nothing_to_import,
            settle=settle if make_runner is None else nothing_to_import,
        )
        self._work = Work(
            self,
            self.state,
            self.worker,
            redraw=self._redraw,
            show=self._show,
            look_only=self._show_how_to_get_checkpoints,
        )
        self._asking = Interruption(self, self.state, redraw=self._redraw, save=self._work.save_again)
        self._resumption = Resumption(self, self.state, open=self._open, show_error=self._show_error)

    # --- beginning ----------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Show the picker; the engine loads behind it, once it has been painted."""
        self.set_class(self.no_color, "-no-color")
        self.theme_changed_signal.subscribe(self, self._theme_chosen)
        self.set_interval(1 / VIEWS_PER_SECOND, self._work.take_newest)
        self.set_interval(SECONDS_PER_DRAFT, self._work.keep_draft)
        self.push_screen(self._screen_name(Step.PICK))
        self.call_after_refresh(self._begin)

    def _theme_chosen(self, theme: Theme) -> None:
        self._redraw()
        if self._remember is not None:
            self._remember(theme.name)

    def _begin(self) -> None:
        self.worker.start()
        if self.state.options.resume is not None:
            self._resumption.resume(self.state.options.resume)

    # --- what the worker tells ----------------------------------------------------------------------------

    @on(messages.EngineLoaded)
    def _engine_loaded(self) -> None:
        self.state.engine = "ready"
        self._redraw()

    @on(messages.Failed)
    def _failed(self, failed: messages.Failed) -> None:
        if self.state.engine == "loading":
            self.state.engine = "failed"
        self._redraw()
        self._show_error(failed)

    def _show_error(self, failed: messages.Failed) -> None:
        from prune_tui.tui.dialogs.error import ErrorDialog

        newest = self.worker.latest
        self.push_screen(ErrorDialog(failed, is_saved=newest is None or newest.is_saved))

    @on(messages.JobFinished)
    def _job_finished(self, message: messages.JobFinished) -> None:
        job, task = message.job, message.job.task
        if isinstance(task, Measuring | Polishing | KernelTiming):
            self._work.measured(job, task, message.outcome)
            return
        self._work.finished(job)
        if not self._asking.goes_on():
            self._work.go_on(task, message.outcome)
            self._redraw()

    # --- what the screens ask -----------------------------------------------------------------------------

    @on(messages.StartSession)
    def _start_session(self, message: messages.StartSession) -> None:
        self.state.baseline = message.baseline
        begin = partial(self._open, Opening(message.session, message.weights, allow_code=True))
        self._asking.when_free("Begin another session?", begin)

    @on(messages.PickAnother)
    def _pick_another(self) -> None:
        self.state.wants_another = True
        if isinstance(self.screen, StepScreen) and self.screen.step is Step.PICK:
            self.screen.arrive()
            self._redraw()
        else:
            self._show(Step.PICK)

    @on(messages.ResumeSession)
    def _resume_session(self, message: messages.ResumeSession) -> None:
        self._asking.when_free("Open another session?", partial(self._resumption.resume, message.path))

    def _open(self, opening: Opening) -> None:
        self._work.keep_draft()
        path = opening.path(self.state.options.sessions_dir)
        self.state.begin(opening.session, path=path, is_read_only=opening.is_read_only)
        self.worker.latest = None
        self._work.submit(opening)
        self._show(Step.SCAN)

    @on(messages.Perform)
    def _perform(self, message: messages.Perform) -> None:
        if self.state.is_read_only:
            self._show_how_to_get_checkpoints()
            return
        self._work.keep_draft()
        self._work.submit(message.decision)

    @on(messages.MeasurePlan)
    def _measure_plan(self, message: messages.MeasurePlan) -> None:
        self._work.measure(message.task)

    @on(messages.CheckpointsWanted)
    def _show_how_to_get_checkpoints(self) -> None:
        from prune_tui.tui.dialogs.read_only import ReadOnlyDialog

        if self.state.path is not None and isinstance(self.screen, StepScreen):
            self.push_screen(ReadOnlyDialog(self.state))

    @on(messages.UnitsWanted)
    def _find_units(self) -> None:
        self._work.find_units()

    @on(messages.SaveAgain)
    def _save_again(self) -> None:
        self._work.save_again()

    @on(messages.PauseWork)
    def _pause_work(self) -> None:
        self._work.pause()

    @on(messages.StopWork)
    def _stop_work(self) -> None:
        self._work.stop()

    @on(messages.GoTo)
    def _go_to(self, message: messages.GoTo) -> None:
        if message.step in self.state.reachable:
            self._show(message.step)
        else:
            self.bell()

    # --- what is on show ----------------------------------------------------------------------------------

    def _show(self, step: Step) -> None:
        if isinstance(self.screen, StepScreen) and self.screen.step is not step:
            self.state.wants_another = self.state.wants_another and step is Step.PICK
            name = self._screen_name(step)
            self.switch_screen(name)
            screen = self.get_screen(name)
            if isinstance(screen, StepScreen) and screen.is_mounted:
                screen.arrive()

    def _screen_name(self, step: Step) -> str:
        if not self.is_screen_installed(step.name):
            screen = screen_of(step)(self.state)
            screen.fit(self.size)
            self.install_screen(screen, step.name)
        return step.name

    def _redraw(self) -> None:
        """Draw the step in sight; steps out of sight are drawn when they come back."""
        for screen in self.screen_stack:
            if isinstance(screen, StepScreen):
                screen.redraw()

    @property
    def _step(self) -> Step:
        shown = [screen.step for screen in self.screen_stack if isinstance(screen, StepScreen)]
        return shown[-1] if shown else Step.PICK

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Feed the palette from the table of actions."""
        return commands(self, screen, self._step, self.state.options)

    # --- actions that work anywhere -----------------------------------------------------------------------

    def action_go_to_step(self, number: int) -> None:
        """Go to a step by its number."""
        if isinstance(self.screen, StepScreen):
            self.post_message(messages.GoTo(Step(number)))

    def action_show_help(self) -> None:
        """List every key."""
        from prune_tui.tui.dialogs.help import HelpDialog

        if isinstance(self.screen, StepScreen):
            # Kept from one time to the next: making it anew is slow, and Textual holds on to each.
            name = f"help-{self._step.name}"
            if not self.is_screen_installed(name):
                self.install_screen(HelpDialog(self._step, self.state.options.keys), name)
            self.push_screen(name)

    def action_toggle_dark(self) -> None:
        """Turn from dark to light or back."""
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    def action_take_picture(self) -> None:
        """Save the screen as SVG beside the session."""
        save_picture(self, self.state, name=self._step.title.lower())

    def action_suspend(self) -> None:
        """Go back to the shell, where the terminal has one to go back to."""
        if self._driver is not None and self._driver.can_suspend:
            self.action_suspend_process()
        else:
            self.notify("only a POSIX terminal's shell can take over and come back", markup=False)

    def action_say_how_to_leave(self) -> None:
        """Answer a ctrl+c with nothing to copy."""
        self.notify("q leaves prune-tui", markup=False)

    def action_save_again(self) -> None:
        """Save what could not be saved."""
        self.post_message(messages.SaveAgain())

    def action_leave(self) -> None:
        """Leave; ask first if work is running, or what was done is not saved."""
        self._asking.when_free("Leave prune-tui?", self.exit)

    # --- the end ------------------------------------------------------------------------------------------

    def _fatal_error(self) -> None:
        """Leave with one line where Textual would print a traceback; the session is on disk."""
        from prune_tui.tui.dialogs.error import last_words

        error = sys.exception()
        assert error is not None
        self.panic(Text(last_words(error, is_saved=self.state.is_saved)))

    def release(self) -> None:
        """End the worker, as far as it can be ended; leaving never waits for more than a moment."""
        self._work.release()
