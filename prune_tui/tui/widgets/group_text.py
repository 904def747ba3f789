"""How tables name pruning groups."""

from prune_tui.core.planning.groups import PruningGroup
from prune_tui.reports.numbers import shortened


def group_label(group: PruningGroup, width: int) -> str:
    """Name the group, and how many layers go with its leader: `layer1.0.conv2 +3`."""
    others = f" +{len(group.followers)}" if group.followers else ""
    return shortened(group.name, width - len(others)) + others


def followers_words(group: PruningGroup) -> str:
    """Name the other layers of the group, if any."""
    names = [layer.name for layer in group.followers]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"with {shown}" if names else ""
