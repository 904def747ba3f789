"""Every way to rise begins above nothing, never falls, and ends exactly at the target."""

from itertools import pairwise

import pytest

from prune_tui.catalog.schedules import SCHEDULES, STEPS, StepsEntry, steps_entry
from prune_tui.core.errors import UnknownNameError

ENTRIES = pytest.mark.parametrize("entry", STEPS.values(), ids=STEPS.keys())
FINALS = (0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.97, 0.999)


@ENTRIES
@pytest.mark.parametrize("final", FINALS)
@pytest.mark.parametrize("num_rounds", [1, 2, 3, 7, 20])
def test_sparsity_rises_to_exactly_the_target(entry: StepsEntry, final: float, num_rounds: int) -> None:
    targets = [entry.target(final, round, num_rounds) for round in range(1, num_rounds + 1)]
    assert all(before < after for before, after in pairwise([0.0, *targets]))
    assert targets[-1] == pytest.approx(final, abs=1e-12)


@ENTRIES
def test_no_target_stays_none(entry: StepsEntry) -> None:
    assert [entry.target(0.0, round, 4) for round in range(1, 5)] == [0.0] * 4


def test_geometric_prunes_the_same_share_of_what_is_left() -> None:
    left = [1 - steps_entry("geometric").target(0.973, round, 3) for round in range(4)]
    assert [after / before for before, after in pairwise(left)] == pytest.approx([0.3] * 3)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UnknownNameError, match="cubic"):
        steps_entry("cubik")


def test_schedules_are_described() -> None:
    assert set(SCHEDULES) == {"one_shot", "iterative"}
    said = [*SCHEDULES.values(), *(entry.description for entry in STEPS.values())]
    assert all(words and "\n" not in words for words in said)
    assert len(set(said)) == len(said)
