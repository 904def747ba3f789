"""Neighbouring plans meet the same target as narrowly as ten-thousandths allow."""

import pytest

from prune_tui.core.planning.solving.neighbours import Plan, just_met, neighbour, scaled, sparsity_of

WEIGHTS = {"a": 500, "b": 25_000, "c": 400_000}
PLAN = {"a": 0.2, "b": 0.7, "c": 0.95}


def left(plan: Plan) -> float:
    return sum(count * (1 - plan[name]) for name, count in WEIGHTS.items())


@pytest.mark.parametrize("share", [0.5, 0.8, 1.25])
@pytest.mark.parametrize("name", WEIGHTS)
def test_a_neighbour_moves_one_group_and_the_others_make_up_for_it(name: str, share: float) -> None:
    allowed = left(PLAN)
    found = neighbour(PLAN, name, share, lambda plan: left(plan) <= allowed)
    assert found is not None
    assert found[name] == pytest.approx(1 - min(1, (1 - PLAN[name]) * share), abs=1e-4)
    assert allowed - 60 <= left(found) <= allowed
    others = [other for other in WEIGHTS if other != name]
    directions = {(found[other] > PLAN[other]) - (found[other] < PLAN[other]) for other in others} - {0}
    assert len(directions) <= 1


def test_a_target_that_one_group_alone_misses_has_no_neighbour() -> None:
    assert neighbour(PLAN, "c", 20.0, lambda plan: left(plan) <= 10_000) is None


def test_a_group_that_is_whole_has_no_neighbour_that_keeps_more() -> None:
    assert neighbour({**PLAN, "a": 0.0}, "a", 2.0, lambda plan: left(plan) <= 50_000) is None


def test_a_target_is_only_just_met_and_fixed_groups_stay() -> None:
    found = just_met(PLAN, lambda plan: left(plan) <= 10_000, fixed=("b",))
    assert found is not None
    assert found["b"] == PLAN["b"]
    assert left(found) <= 10_000
    assert just_met(PLAN, lambda plan: left(plan) <= 1) is None


def test_something_always_stays() -> None:
    assert scaled(PLAN, 0.0) == dict.fromkeys(PLAN, pytest.approx(0.999))
    assert sparsity_of(5.0) == 0.0
