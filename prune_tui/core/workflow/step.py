"""The five steps of the flow."""

from enum import IntEnum


class Step(IntEnum):
    """A step of the flow; its number is its key."""

    PICK = 1
    SCAN = 2
    PLAN = 3
    TRAIN = 4
    SAVE = 5

    @property
    def title(self) -> str:
        """The step's name as shown."""
        return self.name.capitalize()
