"""Recordings stay within their budget, in segments, and give way to whole passes where that is faster."""

from collections.abc import Callable

import pytest
import torch

from prune_tui.catalog.batches import Tree
from prune_tui.engine.scan import trial
from prune_tui.engine.scan.evaluator import Evaluator
from prune_tui.reexecution import segments
from prune_tui.reexecution.segments import Layout
from tests.engine.scan.helpers import Deep, numbers, plainly, scanned

PAYS = trial._pays


@pytest.mark.parametrize(
    ("kib", "batch_size", "num_segments"), [(1024, 20, 1), (100, 8, 3), (40, 8, 6), (20, 4, 6), (6, 1, 6)]
)
def test_recordings_stay_within_their_budget(
    kib: int, batch_size: int, num_segments: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    module, inputs = Deep(), numbers(64)
    budget = kib * 1024
    monkeypatch.setattr(segments, "RECORDED_BYTES", budget)
    held: list[int] = []
    used: set[range] = set()
    record = Evaluator.record

    def noted(evaluator: Evaluator, layout: Layout, layer: str) -> None:
        record(evaluator, layout, layer)
        used.update(layout.segments)
        assert evaluator._arena is not None
        assert evaluator._recording is not None
        block = evaluator._arena._block
        assert evaluator._recording.num_bytes == len(block)
        slack = 64 * (len(layout.flow.storage_bytes) + 1)
        assert layout.recorded_bytes - slack <= len(block) <= layout.recorded_bytes + slack
        held.append(evaluator._arena._end - evaluator._arena._start)

    with monkeypatch.context() as patch:
        patch.setattr(Evaluator, "record", noted)
        figures, cells = scanned(module, inputs)
    assert figures.is_reused, figures.note
    assert figures.batch_size == batch_size
    assert len(used) == num_segments
    assert figures.recorded_bytes <= budget
    assert max(held) == pytest.approx(figures.recorded_bytes, rel=0.1)
    assert cells == plainly(module, monkeypatch, inputs)


def test_what_does_not_fit_for_one_image_is_scanned_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "RECORDED_BYTES", 3 * 1024)
    figures, cells = scanned(Deep(), numbers(64))
    assert not figures.is_reused
    assert figures.note is not None
    assert "one image" in figures.note
    assert len(cells) == 2 * 13


def test_slow_reexecution_changes_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_pays", lambda *_: False)
    torch.manual_seed(0)
    module = Deep()
    plain, cells = scanned(module, numbers(64))
    monkeypatch.setattr(trial, "_pays", lambda *_: True)
    reused, again = scanned(module, numbers(64))
    assert (plain.is_reused, reused.is_reused) == (False, True)
    assert plain.batch_size == reused.batch_size
    assert cells == again


@pytest.mark.parametrize(
    ("share", "kib", "is_reused"), [(0.9, 1024, True), (1.1, 1024, False), (0.9, 40, False)]
)
def test_what_is_slower_with_reexecution_is_scanned_plainly(
    share: float, kib: int, is_reused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five more segments on 26 cells cost a fifth of a plain scan."""
    monkeypatch.setattr(trial, "_pays", PAYS)
    monkeypatch.setattr(segments, "RECORDED_BYTES", kib * 1024)

    def seconds(evaluator: Evaluator, function: Callable[[], "Tree"]) -> float:
        function()
        return 1.0 if function == evaluator.plain_outputs else share

    monkeypatch.setattr(trial, "_seconds", seconds)
    figures, _ = scanned(Deep(), numbers(64))
    assert figures.is_reused == is_reused
    assert is_reused or str(figures.note).endswith(trial.NO_GAIN)
