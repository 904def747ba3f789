"""Which screen shows which step; each is imported when first shown, so that the first paint is soon."""

from typing import assert_never

from prune_tui.core.workflow.step import Step
from prune_tui.tui.steps.step_screen import StepScreen


def screen_of(step: Step) -> type[StepScreen]:
    """Return the class of a step's screen."""
    match step:
        case Step.PICK:
            from prune_tui.tui.steps.pick.screen import PickScreen

            return PickScreen
        case Step.SCAN:
            from prune_tui.tui.steps.scan.screen import ScanScreen

            return ScanScreen
        case Step.PLAN:
            from prune_tui.tui.steps.plan.screen import PlanScreen

            return PlanScreen
        case Step.TRAIN:
            from prune_tui.tui.steps.train.screen import TrainScreen

            return TrainScreen
        case Step.SAVE:
            from prune_tui.tui.steps.save.screen import SaveScreen

            return SaveScreen
        case _:
            assert_never(step)
