"""Kernels are measured between decisions, change nothing, and are refused in a line without a compiler."""

from collections.abc import Collection, Generator

import pytest
import torch

from prune_tui.core.errors import ExportError
from prune_tui.core.run.fold import apply
from prune_tui.core.run.latency_table import LatencyTable
from prune_tui.engine.plans import kernels
from prune_tui.native.pricing import nonzeros_of
from prune_tui.native.program import Program
from tests.engine.helpers import PLAN, pruned

TABLE = LatencyTable((), 5_000, 90_000, kernels.BATCH_SIZE, 2, 0.1, 0.1)


def test_without_a_compiler_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "compiler", lambda: None)
    with pytest.raises(ExportError, match="takes a C compiler") as caught:
        list(pruned().engine.measure_kernels())
    assert "\n" not in str(caught.value)


def test_the_networks_layers_are_timed_and_it_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def pricing(
        program: Program, prunable: Collection[str], *, batch_size: int
    ) -> Generator[float, None, LatencyTable]:
        assert set(nonzeros_of(program)) == set(prunable) == set(PLAN)
        assert batch_size == TABLE.batch_size
        yield 0.5
        return TABLE

    monkeypatch.setattr(kernels, "compiler", lambda: "cc")
    monkeypatch.setattr(kernels, "pricing", pricing)
    run = pruned()
    before = run.state.network.state()
    for event in run.engine.measure_kernels():
        run.view = apply(run.view, event)
    assert run.view.kernels == TABLE
    after = run.state.network.state()
    assert all(torch.equal(after[name], before[name]) for name in before)
