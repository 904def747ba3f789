"""The table of all that a configuration file can set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from prune_tui.core.terms import LEAST_TOLERANCE_POINTS

Kind = Literal["text", "path", "whole", "points", "device"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What can be set: its key in the file, what is read, what it means, and what holds if it is not set.

    A dotted key is in a table: `defaults.model`. `least` is the smallest whole number, or the fewest points.
    """

    key: str
    kind: Kind
    meaning: str
    otherwise: str
    least: float = 1


ENTRIES: Final = (
    Entry("theme", "text", "Colours: prune-dark, prune-light, or a theme of Textual's.", '"prune-dark"'),
    Entry("data_dir", "path", "Folder of datasets and fetched weights.", '"~/.cache/prune-tui/data"'),
    Entry("sessions_dir", "path", "Where the app saves sessions.", '"sessions"'),
    Entry("defaults.model", "text", "Model to start with; see `prune-tui list models`.", '"lenet5"'),
    Entry("defaults.dataset", "text", "Dataset to start with; see `prune-tui list datasets`.", '"digits"'),
    Entry("defaults.device", "device", "Where to compute: auto, cpu, cuda or mps.", '"auto"'),
    Entry("defaults.threads", "whole", "CPU threads for torch; all cores if not set.", "4"),
    Entry("defaults.images", "whole", "At most so many training and test images.", "5000"),
    Entry("defaults.seed", "whole", "Seed of new sessions.", "0", least=0),
    Entry("defaults.finetuning_epochs", "whole", "Fine-tuning epochs per round; 0 for none.", "5", least=0),
    Entry(
        "defaults.tolerance_points",
        "points",
        "Points of accuracy that the suggested plan may lose.",
        "1.0",
        least=LEAST_TOLERANCE_POINTS,
    ),
)
"""All that can be set but keys; `otherwise` is an example where nothing holds by itself."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """The keys of an action: the place where it applies, its name, its keys as they ship, what it does."""

    place: str
    name: str
    keys: Sequence[str]
    meaning: str
