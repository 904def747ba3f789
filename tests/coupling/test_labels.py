"""Ties are followed to their ends, and views carry units to where they are."""

import numpy as np
import pytest
import torch
from torch import nn

from prune_tui.coupling.labels import Ledger
from prune_tui.coupling.tracing import Trace, traced


def test_atoms_are_one_unit_if_a_chain_of_ties_joins_them() -> None:
    chance = np.random.default_rng(0)
    ledger = Ledger()
    axis = ledger.new(200, is_zero=True)
    naive = list(range(200))
    for _ in range(12):
        first, second = chance.integers(0, 200, 9), chance.integers(0, 200, 9)
        ledger.tie_atoms(axis.atoms[first], axis.atoms[second])
        for one, other in zip(first.tolist(), second.tolist(), strict=True):
            old, new = naive[one], naive[other]
            naive = [new if unit == old else unit for unit in naive]
    units = ledger.units()
    together = np.equal.outer(naive, naive)
    assert np.array_equal(np.equal.outer(units, units), together)
    ledger.pin(axis.at(np.array([7])), "why")
    assert ledger.reasons(units) == {int(units[7]): "why"}


class Between(nn.Module):
    """Two linear layers with views between them."""

    def __init__(self, *shapes: tuple[int, ...], order: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.first, self.shapes, self.order = nn.Linear(5, 12), shapes, order
        self.second = nn.Linear(12, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        for shape in self.shapes:
            x = x.reshape(-1, *shape)
        if self.order:
            x = x.permute(self.order).reshape(-1, 12)
        answer: torch.Tensor = self.second(x)
        return answer


def units_of(trace: Trace, name: str, dim: int) -> list[int]:
    return next(slot.units.tolist() for slot in trace.slots if (slot.name, slot.dim) == (name, dim))


def passed(module: nn.Module) -> Trace:
    inputs = torch.randn(2, 5)
    return traced(module, inputs, lambda: module(inputs))


@pytest.mark.parametrize("size", [2, 3, 4, 6])
def test_units_that_are_split_and_joined_again_are_read_where_they_were(size: int) -> None:
    trace = passed(Between((size, 12 // size), (12,)))
    rows, columns = units_of(trace, "first.weight", 0), units_of(trace, "second.weight", 1)
    assert rows == columns
    assert len(set(rows)) == max(size, 12 // size)


def test_units_that_are_shuffled_are_read_where_they_came_to() -> None:
    trace = passed(Between((3, 4), order=(0, 2, 1)))
    rows, columns = units_of(trace, "first.weight", 0), units_of(trace, "second.weight", 1)
    assert columns == torch.tensor(rows).reshape(3, 4).T.reshape(-1).tolist()
    assert rows == rows[:4] * 3
    assert not set(trace.reasons) & set(rows)


def test_units_of_the_outputs_stay() -> None:
    trace = passed(Between())
    assert {trace.reasons[unit] for unit in units_of(trace, "second.weight", 0)} == {
        "its units are the outputs"
    }
