"""The one table of actions: every entry can be done, and no key means two things in one place."""

from collections import Counter

import pytest

from prune_tui.core.workflow.step import Step
from prune_tui.tui.actions import ACTIONS, Place, actions_of, footer_of
from prune_tui.tui.app import PruneApp
from prune_tui.tui.steps.by_step import screen_of
from prune_tui.tui.widgets.tables.table import Table

OWNERS: dict[Place, type] = {
    "anywhere": PruneApp,
    "tables": Table,
    **{step: screen_of(step) for step in Step},
}


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: f"{action.place}-{action.name}")
def test_every_action_has_its_method(action: object) -> None:
    from prune_tui.tui.actions import Action

    assert isinstance(action, Action)
    name = action.name.partition("(")[0]
    assert hasattr(OWNERS[action.place], f"action_{name}")


@pytest.mark.parametrize("step", Step)
def test_a_key_means_one_thing_in_a_place(step: Step) -> None:
    for places in ((step, "anywhere"), ("tables", "anywhere")):
        keys = Counter(
            key for place in places for action in actions_of(place) for key in action.keys.split(",")
        )
        assert max(keys.values()) == 1


FREE = {"enter", "escape", "up", "down", "left", "right", "h", "j", "k", "l"}
"""Enter goes on, Esc goes back, arrows and hjkl move: each step has its own way to do that."""


def test_a_key_means_one_thing_on_all_screens() -> None:
    meanings: dict[str, set[str]] = {}
    for action in ACTIONS:
        for key in action.keys.split(","):
            meanings.setdefault(key, set()).add(action.name)
    clashes = {key: names for key, names in meanings.items() if len(names) > 1 and key not in FREE}
    assert clashes == {}


def test_an_action_has_the_same_keys_on_all_screens() -> None:
    keys: dict[str, set[str]] = {}
    for action in ACTIONS:
        if not FREE & set(action.keys.split(",")):
            keys.setdefault(action.name, set()).add(action.keys)
    assert {name: found for name, found in keys.items() if len(found) > 1} == {}


@pytest.mark.parametrize("step", Step)
def test_a_footer_fits_in_eighty_columns_with_its_first_four_and_help(step: Step) -> None:
    shown = footer_of(step)
    assert shown[-1].name == "show_help"
    needed = sum(len(action.keys_in_footer) + len(action.label) + 3 for action in [*shown[:4], shown[-1]])
    assert needed <= 80
