"""Nudges: shorter towards the cliff, and as many back lead to where it was; several rows are one change."""

import pytest

from prune_tui.core.planning.plan_editor import (
    HIGHEST_SPARSITY,
    new_plan,
    nudged,
    reset,
    stepped,
    undone,
    with_locks_toggled,
    with_sparsities,
)

CLIFFS = (None, 0.0, 0.02, 0.1, 0.5, 0.7, 0.9, 0.98, 0.995)
NAMES = ("a", "b", "c")


@pytest.mark.parametrize("cliff", CLIFFS)
@pytest.mark.parametrize("num_steps", [1, 2, 7, -1, -3])
def test_as_many_steps_back_lead_to_where_it_was(cliff: float | None, num_steps: int) -> None:
    for at in range(0, 9991, 7):
        sparsity = at / 10_000
        there = sparsity
        for _ in range(abs(num_steps)):
            there = stepped(there, num_steps / abs(num_steps), cliff)
        if not 0 < there < HIGHEST_SPARSITY:
            continue  # the ends hold what would go beyond them
        back = there
        for _ in range(abs(num_steps)):
            back = stepped(back, -num_steps / abs(num_steps), cliff)
        assert back == pytest.approx(sparsity, abs=2e-6)


@pytest.mark.parametrize(
    ("sparsity", "cliff", "higher"),
    [
        (0.2, 0.7, 0.25),
        (0.6, 0.7, 0.65),
        (0.65, 0.7, 0.66),
        (0.69, 0.7, 0.7),
        (0.7, 0.7, 0.701),
        (0.9, 0.7, 0.901),
        (0.2, None, 0.25),
        (0.94, None, 0.95),
        (0.98, None, 0.99),
        (0.99, None, 0.991),
        (0.999, None, 0.999),
        (0.5, 0.0, 0.501),
    ],
)
def test_steps_are_5_points_then_1_near_the_cliff_and_a_tenth_beyond(
    sparsity: float, cliff: float | None, higher: float
) -> None:
    assert stepped(sparsity, 1, cliff) == pytest.approx(higher, abs=1e-9)
    if higher != sparsity:
        assert stepped(higher, -1, cliff) == pytest.approx(sparsity, abs=1e-9)


@pytest.mark.parametrize("cliff", CLIFFS)
def test_a_step_up_is_never_down_and_never_out_of_range(cliff: float | None) -> None:
    for at in range(0, 1000):
        sparsity = at / 1000
        assert sparsity < stepped(sparsity, 1, cliff) <= HIGHEST_SPARSITY or sparsity >= HIGHEST_SPARSITY
        assert 0 <= stepped(sparsity, -1, cliff) < sparsity or sparsity == 0


def test_several_rows_are_one_change_and_locked_ones_stay() -> None:
    plan = with_locks_toggled(new_plan(NAMES, dict.fromkeys(NAMES, 0.3)), ("b",))
    after = nudged(plan, NAMES, 1, cliffs={"a": 0.3})
    assert [after.entries[name].sparsity for name in NAMES] == [0.301, 0.3, 0.35]
    assert undone(after).entries == plan.entries
    assert reset(after, NAMES).entries == plan.entries
    assert with_sparsities(plan, {}) == plan


def test_locks_are_turned_on_unless_all_are_on() -> None:
    plan = with_locks_toggled(new_plan(NAMES, {}), ("a",))
    all_locked = with_locks_toggled(plan, NAMES)
    assert all(entry.is_locked for entry in all_locked.entries.values())
    assert not any(entry.is_locked for entry in with_locks_toggled(all_locked, NAMES).entries.values())
