"""What stands beside a figure that a goal is about."""

from rich.text import Text

from prune_tui.core.planning.target import Target, describe_target
from prune_tui.tui.palette import Palette


def goal_text(
    target: Target, is_met: bool | None, palette: Palette, *, has_word: bool, is_predicted: bool = False
) -> Text:
    """Say what a goal is, and whether it is met, perhaps only as predicted; None where that is not known."""
    outcome = {True: "predicted" if is_predicted else "ok", False: "not met", None: "not known"}[is_met]
    tone = None if is_predicted and is_met else is_met
    style = {True: palette.good, False: palette.bad, None: palette.warn}[tone]
    what = describe_target(target)
    for word in (" fewer MACs", " params", " sparsity", " accuracy"):
        what = what.removesuffix(word)
    start = f" (goal {what} " if has_word else f" ({what} "
    return Text.assemble((start, palette.muted), (outcome, style), (")", palette.muted))
