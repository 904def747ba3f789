"""Which screen shows which step; each is imported when first shown, so that the first paint is soon."""

from typing import assert_never

from prune_tui.tui.screens.step_screen import StepScreen
from prune_tui.tui.steps import Step


def screen_of(step: Step) -> type[StepScreen]:
    """Return the class of a step's screen."""
    match step:
        case Step.PICK:
            from prune_tui.tui.screens.pick import PickScreen

            return PickScreen
        case Step.SCAN:
            from prune_tui.tui.screens.scan import ScanScreen

            return ScanScreen
        case Step.PLAN:
            from prune_tui.tui.screens.plan import PlanScreen

            return PlanScreen
        case Step.TRAIN:
            from prune_tui.tui.screens.train import TrainScreen

            return TrainScreen
        case Step.SAVE:
            from prune_tui.tui.screens.save import SaveScreen

            return SaveScreen
        case _:
            assert_never(step)
