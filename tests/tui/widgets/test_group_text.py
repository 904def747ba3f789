"""A group is named by its leader, and by how many layers go with it, however little room there is."""

from prune_tui.core.planning.groups import groups_of
from prune_tui.tui.widgets.group_text import followers_words, group_label
from tests.tui.made_up_network import RESIDUAL

STEM, ALONE = groups_of(RESIDUAL, "unit")[:2]


def test_a_name_gives_way_before_the_number_of_followers() -> None:
    assert group_label(STEM, 20) == "stem +2"
    assert group_label(STEM, 6) == "…em +2"
    assert group_label(ALONE, 20) == "block1.conv1"


def test_followers_are_named() -> None:
    assert followers_words(STEM) == "with block1.conv2, block2.conv2"
    assert followers_words(ALONE) == ""
