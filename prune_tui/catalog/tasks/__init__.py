"""The tasks a network can have: what is scored of its outputs, and by what loss."""

from collections.abc import Mapping
from typing import Final

TASKS: Final[Mapping[str, str]] = {
    "classification": "one class an example: cross-entropy, accuracy",
    "multi_label": "any number of classes an example: binary cross-entropy, F1",
    "regression": "numbers: mean squared error, R²",
    "segmentation": "one class a pixel: cross-entropy, mIoU of each image",
}
