"""Keys that a person gave to actions work, are shown, and mean one thing in one place."""

from pathlib import Path

import pytest

from prune_tui.configuration.configuration import Configuration
from prune_tui.configuration.printing import configuration_text
from prune_tui.configuration.reading import read_configuration
from prune_tui.core.errors import ConfigurationError
from prune_tui.core.workflow.step import Step
from prune_tui.tui.actions import ACTIONS
from prune_tui.tui.configured.keymap import check_keys, key_entries
from tests.tui.helpers import open_desk


def configured(**keys: str) -> Configuration:
    return Configuration(Path("config.toml"), keys={key.replace("_", ".", 1): keys[key] for key in keys})


def test_each_action_has_a_name_of_its_own() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"plan_prun": "P"}, "unknown action keys.plan.prun: did you mean keys.plan.prune?"),
        ({"plan_xyz": "P"}, "unknown action keys.plan.xyz: `prune-tui config` prints them all"),
        ({"plan_prune": "b"}, "keys.plan.prune is b, which is budget (keys.plan.budget) already"),
        ({"plan_prune": "?"}, "keys.plan.prune is ?, which is help (keys.anywhere.show_help) already"),
        ({"anywhere_leave": "p"}, "keys.anywhere.leave is p, which is "),
        ({"plan_prune": "P,P"}, "keys.plan.prune names a key twice"),
    ],
)
def test_keys_that_can_not_be_so_are_told(keys: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        check_keys(configured(**keys))
    assert str(raised.value).startswith(f"config.toml: {message}")


def test_keys_can_be_exchanged_and_a_key_may_mean_another_thing_elsewhere() -> None:
    check_keys(configured(plan_prune="b", plan_budget="p"))
    check_keys(configured(plan_prune="c,f5"))


def test_every_action_is_printed_and_its_own_keys_are_right(tmp_path: Path) -> None:
    printed = configuration_text(Configuration(tmp_path / "none.toml"), key_entries())
    start = printed.index("[keys.")
    path = tmp_path / "config.toml"
    lines = [line.removeprefix("# ") for line in printed[start:].splitlines()]
    path.write_text("\n".join(lines))
    configuration = read_configuration(path)
    assert set(configuration.keys) == {action.id for action in ACTIONS}
    check_keys(configuration)


async def test_a_key_given_to_an_action_does_it_and_is_shown(tmp_path: Path) -> None:
    keys = {"plan.settings": "f5", "plan.prune": "question_mark", "anywhere.show_help": "ctrl+k"}
    async with open_desk(tmp_path, keys=keys, size=(120, 40)) as desk:
        await desk.to_plan()
        assert desk.is_drawn("f5 settings", "? prune", "ctrl+k help")
        await desk.press("s")
        assert not desk.is_drawn("How to prune")
        await desk.press("f5")
        await desk.until_drawn("How to prune")
        await desk.press("escape")
        await desk.press("question_mark")
        await desk.to(Step.TRAIN)
