"""Layers whose units are removed together are one group, with one sparsity."""

import pytest

from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.plan_editor import new_plan, with_all
from prune_tui.core.planning.planner import Planner
from prune_tui.core.planning.settings import PlanSettings
from prune_tui.core.terms import Scope
from tests.tui.made_up_network import RESIDUAL


def test_coupled_layers_are_one_group_that_counts_all_weights() -> None:
    groups = groups_of(RESIDUAL, "unit")
    assert [group.name for group in groups] == ["stem", "block1.conv1", "block2.conv1", "fc"]
    assert sum(group.parameters for group in groups) == sum(layer.parameters for layer in RESIDUAL)
    assert groups[0].num_kept({layer.name: 0.5 for layer in RESIDUAL}) == (432 + 2 * 2304) // 2
    assert len(groups_of(RESIDUAL, "weight")) == len(RESIDUAL)


@pytest.mark.parametrize("scope", ["layer", "global"])
def test_coupled_layers_lose_what_their_leader_does(scope: Scope) -> None:
    planner = Planner(
        layers=RESIDUAL,
        groups=groups_of(RESIDUAL, "unit"),
        settings=PlanSettings(granularity="unit", scope=scope),
    )
    plan = with_all(new_plan([layer.name for layer in RESIDUAL], {}), 0.5)
    assert planner.sparsities(plan) == {layer.name: 0.5 for layer in RESIDUAL if layer.locked_reason is None}
