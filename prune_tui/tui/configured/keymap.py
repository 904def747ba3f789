"""Keys that a person gave to actions: whether they can be so, and how they are shown."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.keys import format_key

from prune_tui.configuration.configuration import Configuration
from prune_tui.core.errors import ConfigurationError
from prune_tui.tui.actions import ACTIONS, Action, place_name

if TYPE_CHECKING:
    from prune_tui.configuration.entries import KeyEntry


def key_entries() -> "list[KeyEntry]":
    """Return every action with its keys as they ship, place by place."""
    from prune_tui.configuration.entries import KeyEntry

    return [
        KeyEntry(place_name(action.place), action.name, action.keys.split(","), action.help)
        for action in sorted(ACTIONS, key=_place_order)
    ]


def _place_order(action: Action) -> int:
    return list(dict.fromkeys(each.place for each in ACTIONS)).index(action.place)


def check_keys(configuration: Configuration) -> None:
    """Check that the configured keys are of actions that exist, and mean one thing in one place.

    Raises:
        ConfigurationError: an action is unknown, or two actions of a place would have the same key.
    """
    path, keys, ids = configuration.path, configuration.keys, [action.id for action in ACTIONS]
    for id in keys:
        if id not in ids:
            near = get_close_matches(id, ids, n=1)
            hint = f"did you mean keys.{near[0]}?" if near else "`prune-tui config` prints them all"
            raise ConfigurationError(f"{path}: unknown action keys.{id}: {hint}")
    mapped = [with_keys(action, keys) for action in ACTIONS]
    for action in mapped:
        if action.id not in keys:
            continue
        for other in mapped:
            is_near = action.place == other.place or "anywhere" in (action.place, other.place)
            both = set(_pressed(action)) & set(_pressed(other))
            if is_near and action.id != other.id and both:
                key = format_key(sorted(both)[0])
                raise ConfigurationError(
                    f"{path}: keys.{action.id} is {key}, which is {other.label} (keys.{other.id}) already: "
                    "choose another key"
                )
        if max(Counter(_pressed(action)).values()) > 1:
            raise ConfigurationError(f"{path}: keys.{action.id} names a key twice: name it once")


def _pressed(action: Action) -> list[str]:
    """Return an action's keys by their long names: `question_mark` for `?`."""
    return [binding.key for binding in Binding.make_bindings([(action.keys, action.name, "")])]


def with_keys(action: Action, keys: Mapping[str, str]) -> Action:
    """Return an action with the keys that a person gave it, if so."""
    if action.id not in keys:
        return action
    changed = replace(action, keys=keys[action.id], shown="", footer_keys="")
    return replace(changed, shown=" ".join(format_key(key) for key in _pressed(changed)))


def shown_actions(actions: list[Action], keys: Mapping[str, str]) -> list[Action]:
    """Return actions with the keys that a person gave them."""
    return list(map(partial(with_keys, keys=keys), actions)) if keys else actions
