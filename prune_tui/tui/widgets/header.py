"""The line at the top: the app's name, the five steps, and what the engine does."""

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.widget import Widget

from prune_tui.core.terms import READ_ONLY
from prune_tui.core.workflow.step import Step
from prune_tui.reports.numbers import duration_text
from prune_tui.tui.messages import GoTo
from prune_tui.tui.palette import palette_of
from prune_tui.tui.state import State

SLIM = 62
"""Fewer columns hold the steps alone, and of what the engine does its sign."""


class StepHeader(Widget):
    """Draws ` prune-tui  1 Pick > 2 Scan > [3 Plan] > 4 Train > 5 Save   engine ready`; steps are links."""

    DEFAULT_CSS = "StepHeader { dock: top; height: 1; background: $panel; }"

    def __init__(self, state: State, step: Step) -> None:
        super().__init__()
        self._state = state
        self._step = step
        self._spans: list[tuple[int, int, Step]] = []
        self._drawn: object = None

    def show(self) -> None:
        """Redraw if anything that the line says has changed."""
        drawn = (self._state.reachable, engine_words(self._state))
        if drawn != self._drawn:
            self._drawn = drawn
            self.refresh()

    def render(self) -> RenderResult:
        """Draw the line, and remember where each step is for the mouse."""
        palette = palette_of(self.app)
        is_slim = self.size.width < SLIM
        text = Text("" if is_slim else " prune-tui ", palette.selected, no_wrap=True)
        text = Text.assemble(text, "" if is_slim else " ")
        self._spans = []
        for step in Step:
            is_here = step is self._step
            label = f"{step.value} {step.title}"
            if is_slim:
                text.append("[" if is_here else "]" if step == self._step + 1 else " ", palette.bold)
            else:
                text.append(" > " if step > Step.PICK else "", palette.faint)
                label = f"[{label}]" if is_here else label
            style = palette.bold if is_here else palette.text
            if step not in self._state.reachable:
                style = palette.faint
            self._spans.append((text.cell_len, text.cell_len + len(label), step))
            text.append(label, style)
        text.append("]" if is_slim and self._step is Step.SAVE else "", palette.bold)
        words, tone = engine_words(self._state)
        words = words[:1] if is_slim and not words[0].isalpha() else words
        room = self.size.width - text.cell_len - len(words) - 1
        if room >= 1:
            text.append(" " * room)
            text.append(words, getattr(palette, tone))
        return text

    def on_click(self, event: events.Click) -> None:
        for start, end, step in self._spans:
            if start <= event.x < end:
                self.post_message(GoTo(step))


def engine_words(state: State) -> tuple[str, str]:
    """Say what the engine is doing, and in which style."""
    if state.engine == "loading":
        return "engine loading…", "muted"
    if state.engine == "failed":
        return "engine failed", "bad"
    if state.is_paused:
        return "‖ paused", "warn"
    if state.is_stopping:
        return "stopping…", "warn"
    if not state.is_busy and state.is_read_only:
        return READ_ONLY, "warn"
    if not state.is_busy:
        return ("engine ready", "good") if state.is_saved else ("✗ not saved: ctrl+s", "bad")
    if state.is_saving:
        return "● saving…", "accent"
    running = state.running
    if running is None:
        return "● loading…", "accent"
    left = running.seconds_left
    return (f"● {duration_text(left)} left" if left is not None else "● working…"), "accent"
