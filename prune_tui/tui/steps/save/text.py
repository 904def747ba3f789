"""The text of step 5: the figures side by side, the attempts, predictions, and where the files are."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from prune_tui.core.attempts.attempt import AttemptView
from prune_tui.core.attempts.tradeoff import Tradeoff
from prune_tui.core.report import Report
from prune_tui.core.run.attempts import (
    PredictionCheck,
    last_prune,
    prediction_check,
)
from prune_tui.reports.caveats import caveats
from prune_tui.reports.figures import attempt_lines, figure_table
from prune_tui.reports.numbers import (
    count_text,
    interval_text,
    percent_text,
    points_text,
    size_text,
)
from prune_tui.tui.palette import Palette
from prune_tui.tui.state import State
from prune_tui.tui.steps.save.layers_text import layers_text
from prune_tui.tui.steps.stopped_text import stopped_short_words

LABEL_WIDTH = 20
CELL_WIDTH = 14
CHANGE_WIDTH = 13


def figures_text(report: Report, palette: Palette, *, score: str = "accuracy", is_slim: bool = False) -> Text:
    """Return dense beside pruned (beside shrunk), one figure per line, and the change.

    A slim one holds the last network alone.
    """
    table, text = figure_table(report), Text(no_wrap=True)
    if table is None:
        return text.append("not measured yet: enter measures", palette.muted)
    first = len(table.networks) - 1 if is_slim else 0
    names = "".join(f"{name:>{CELL_WIDTH}}" for name in table.networks[first:])
    text.append(" " * LABEL_WIDTH + names, palette.muted)
    text.append(f"{'change':>{CHANGE_WIDTH}}" if table.has_changes and not is_slim else "", palette.muted)
    for row in table.rows:
        text.append(f"\n{row.label.replace('accuracy', score)[:LABEL_WIDTH]:<{LABEL_WIDTH}}", palette.muted)
        for position, cell in enumerate(row.cells[first:], first):
            text.append(f"{cell:>{CELL_WIDTH}}", palette.bold if position else palette.text)
        text.append("" if is_slim else f"{row.change:>{CHANGE_WIDTH}}", palette.accent)
    return text


def attempts_text(tradeoff: Tradeoff, palette: Palette, *, num_images: int) -> Group:
    """Return every attempt with all that is known of it, measured or not, oldest first.

    `num_images` are those of the test set, 0 if no interval can be told.
    """
    title = Text("attempts", palette.muted).append("   a compares them and takes one up again", palette.faint)
    lines: list[RenderableType] = [title]
    for point in tradeoff.attempts:
        attempt = point.source
        if isinstance(attempt, AttemptView):
            lines.append(Text(f"{attempt.number} {attempt.description}", palette.text))
            lines += [_indented(Text(line, palette.bold)) for line in attempt_lines(attempt, num_images)]
    return Group(*lines)


def caveats_text(state: State, report: Report, palette: Palette) -> Text:
    """Return how far the shrunk network differs from the masked one, and what gets no faster or smaller."""
    text = Text()
    shrunk = state.view.shrunk
    if shrunk is not None:
        text.append("shrunk against masked ", palette.muted)
        text.append(f"differs by {shrunk.disagreement:.1e} of the largest output at most", palette.bold)
        text.append(f", on {count_text(shrunk.num_images)} images\n", palette.muted)
        removed = [f"{name} {before}→{after}" for name, before, after in shrunk.units if after < before]
        text.append(f"units left: {', '.join(removed) or 'all'}\n", palette.muted)
    if stopped_short_words(state):
        text.append(f"{stopped_short_words(state)}\n", palette.warn)
    reads = f"{report.test_reads} time{'' if report.test_reads == 1 else 's'}"
    text.append(f"test set read {reads}", palette.muted)
    decisions = state.session.decisions if state.session else ()
    for sentences in caveats(report, decisions):
        text.append("\n· ", palette.warn).append(sentences, palette.muted)
    return text


def predictions_text(state: State, palette: Palette) -> Text:
    """Return the predicted and actual accuracy, and what each layer was to be and is."""
    decisions = state.session.decisions if state.session else ()
    prune, held = last_prune(decisions), prediction_check(decisions, state.view.report)
    text = Text(no_wrap=True, overflow="ellipsis")
    if prune is None or held is None:
        return text.append("no plan has been carried out", palette.muted)
    text.append_text(_prediction_text(held, palette, score=state.score_name))
    return text.append("\n").append_text(layers_text(state, prune, palette))


def _prediction_text(held: PredictionCheck, palette: Palette, *, score: str) -> Text:
    """Return the predicted and the actual score right after pruning."""
    rounds = held.num_rounds
    after = f"after the first of {rounds} rounds" if rounds > 1 else "right after pruning"
    text = Text(f"validation {score} {after}, before fine-tuning\n", palette.muted)
    prediction = held.predicted
    text.append(f"predicted {percent_text(prediction.accuracy if prediction else None)}", palette.text)
    text.append(f" ({interval_text(prediction.low, prediction.high)})" if prediction else "", palette.muted)
    if rounds > 1:
        text.append(" for all rounds at once", palette.muted)
    text.append(f", actual {percent_text(held.actual)}", palette.text)
    if held.difference is not None:
        text.append(f" ({points_text(held.difference)})", palette.muted)
    return text


def whereabouts(state: State, command: str, palette: Palette) -> Group:
    """Return where the files are, what was done, and how to do it again: headings, each above its lines."""
    lines: list[RenderableType] = [
        Text("replay it", palette.muted).append("   C copies the command", palette.faint),
        _indented(Text(command, palette.bold)),
    ]
    if state.is_read_only:
        lines.append(Text("its checkpoints are not here: replaying it makes them", palette.warn))
    if state.path is None:
        lines.append(Text("nothing is written: this session has no file", palette.warn))
    else:
        if not state.is_saved:
            lines.append(Text("not all of it is written: enter tries again", palette.bad))
        lines += [Text("session", palette.muted), _indented(Text(str(state.path), palette.text))]
        if state.view.checkpoints and not state.is_read_only:
            folder = Text(f"{state.path.with_suffix('')}/", palette.text)
            lines += [Text("weights", palette.muted), _indented(folder)]
        for checkpoint in () if state.is_read_only else state.view.checkpoints:
            file = Text(str(checkpoint.path), palette.text)
            lines.append(_indented(file.append(f"  {size_text(checkpoint.file_bytes)}", palette.muted)))
    lines.append(Text("decisions", palette.muted))
    for number, decision in enumerate(state.session.decisions if state.session else (), 1):
        done = Text(f"{number} ", palette.muted).append(decision.description, palette.text)
        lines.append(_indented(done))
    return Group(*lines, *_environment(state, palette))


def _environment(state: State, palette: Palette) -> list[RenderableType]:
    environment = state.view.report.environment
    if environment is None or state.session is None:
        return []
    threads = f"{environment.num_threads} thread{'' if environment.num_threads == 1 else 's'}"
    versions = ", ".join(f"{name} {version}" for name, version in environment.versions.items())
    counts = ", ".join(f"{count_text(count)} {split}" for split, count in environment.num_images.items())
    facts = [f"{environment.device_name}, {threads}, seed {state.session.seed}", versions]
    facts += [f"images: {counts}"] if counts else []
    return [Text("made with", palette.muted), *(_indented(Text(fact, palette.text)) for fact in facts)]


def _indented(text: Text) -> Padding:
    """Indent a line, also where it goes on below."""
    text.overflow = "fold"
    return Padding(text, (0, 0, 0, 2))
