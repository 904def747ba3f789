"""A plan solved for a goal is one step, leaves locked rows, and remembers the rows edited since."""

from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.goal import Goal, as_one_step, edited_groups, filled, locked, with_edits
from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.planning.plan_editor import new_plan, toggled_lock, undone, with_sparsity
from prune_tui.core.planning.target import parse_target

PLAN = new_plan(["a", "b", "c"], {"a": 0.5})
GROUPS = [PruningGroup(LayerInfo(name, "linear", 100, 10, 100)) for name in "abc"]


def test_a_plan_fills_in_as_one_step_and_leaves_locked_rows() -> None:
    before = toggled_lock(PLAN, "b")
    after = as_one_step(before, filled(before, {"a": 0.9, "b": 0.9, "c": 0.9}))
    assert after.sparsities == {"a": 0.9, "c": 0.9}
    assert undone(after).entries == before.entries
    assert as_one_step(before, filled(before, {"a": 0.5})) is before


def test_only_rows_that_were_edited_by_hand_and_still_differ_are_kept() -> None:
    goal = Goal(parse_target("20x"), {name: row.sparsity for name, row in PLAN.entries.items()})
    edited = with_sparsity(PLAN, "c", 0.3)
    goal = with_edits(goal, PLAN, edited) or goal
    assert edited_groups(goal, edited, GROUPS) == ["c"]
    assert edited_groups(goal, undone(edited), GROUPS) == []
    assert edited_groups(goal, filled(edited, {"a": 0.9}), GROUPS) == ["c"]
    kept = locked(edited, ["c"])
    assert kept.entries["c"].is_locked
    assert locked(kept, ["c"]) == kept
