"""Two plans side by side: what each keeps of every group, counted or planned."""

from prune_tui.core.attempts.attempt import AttemptView
from prune_tui.core.attempts.sides import side_of_attempt, side_of_plan, side_rows
from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.plan_editor import new_plan
from prune_tui.core.planning.planner import Planner
from prune_tui.core.planning.settings import PlanSettings
from prune_tui.core.session.decisions import Prune
from tests.core.attempts.test_taking import LAYERS


def attempt(prune: Prune, **nonzero: int) -> AttemptView:
    return AttemptView(number=1, decision=1, prune=prune, nonzero=nonzero)


def test_an_attempt_is_as_it_was_counted_else_as_it_was_planned() -> None:
    planned = side_of_attempt(attempt(Prune(plan={"a": 0.5})), LAYERS)
    assert (planned.kept["a"], planned.kept["b"], planned.is_actual) == (500, 800, False)
    counted = side_of_attempt(attempt(Prune(plan={"a": 0.5}), a=400, b=800, c=800, d=100), LAYERS)
    assert (counted.kept["a"], counted.is_actual) == (400, True)
    unknown = side_of_attempt(attempt(Prune(plan=0.5, scope="global", locked=("b",))), LAYERS)
    assert (unknown.kept["a"], unknown.kept["b"]) == (None, 800)


def test_rows_are_the_groups_of_both_else_the_layers() -> None:
    units = side_of_attempt(attempt(Prune(plan={"a": 0.5}, granularity="unit")), LAYERS)
    weights = side_of_attempt(attempt(Prune(plan={"a": 0.2})), LAYERS)
    assert [row.group.name for row in side_rows(units, units, LAYERS)] == ["a", "b", "d"]
    rows = side_rows(weights, units, LAYERS)
    assert [row.group.name for row in rows] == ["a", "b", "c", "d"]
    assert [(row.left, row.right) for row in rows] == [(800, 500), (800, 800), (800, 400), (100, 100)]
    assert rows[0].sparsity(rows[0].right) == 0.5
    assert rows[0].sparsity(None) is None


def test_the_plan_being_edited_is_as_it_is_priced() -> None:
    settings = PlanSettings()
    planner = Planner(LAYERS, groups_of(LAYERS, "weight"), settings, other_parameters=300)
    plan = new_plan([layer.name for layer in LAYERS], {"a": 0.5})
    side = side_of_plan(plan, planner)
    assert side.kept["a"] == 500
    assert side.counts is not None
    assert side.compression == 3000 / 2500
    assert (side.speedup, side.predicted, side.is_actual) == (side.counts.theoretical_speedup, None, False)
