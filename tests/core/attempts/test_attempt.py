"""Every prune is an attempt that stays, with its curve, its counts and all that was measured."""

from dataclasses import replace

import pytest

from prune_tui.core.attempts.attempt import AttemptView, attempts_of
from prune_tui.core.network import NetworkCounts
from prune_tui.core.report import Attempt, AttemptCounts, EpochFigures, NativeFigures, Report
from prune_tui.core.session.decisions import (
    Decision,
    Finetune,
    LoadDense,
    Measure,
    Prune,
    Rewind,
    Shrink,
    TrainDense,
)
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Iterative, Rewinding
from tests import made_up

TRAINING = Training(num_epochs=2)
COUNTS = NetworkCounts(parameters=1000, nonzero=200, macs=5000, nonzero_macs=2500, file_bytes=900)


def epochs(decision: int, *accuracies: float, round: int = 1, first: int = 0) -> tuple[EpochFigures, ...]:
    """Epochs with these accuracies; epoch 0 is right after pruning."""
    return tuple(
        EpochFigures(
            decision=decision,
            round=round,
            epoch=number,
            train_loss=None,
            accuracy=accuracy,
            loss=0.1,
            learning_rate=None,
        )
        for number, accuracy in enumerate(accuracies, first)
    )


def counted(decision: int) -> AttemptCounts:
    return AttemptCounts(decision=decision, counts=COUNTS, sparsity=0.8, nonzero={"a": 200})


def measured(decision: int, accuracy: float = 0.9) -> Attempt:
    return Attempt(decision=decision, pruned=made_up.figures(accuracy, nonzero=100_000))


def only(decisions: tuple[Decision, ...], *known: EpochFigures) -> AttemptView:
    (attempt,) = attempts_of((LoadDense(), *decisions), Report(epochs=known))
    return attempt


def test_each_prune_is_an_attempt_with_what_followed_it() -> None:
    decisions: tuple[Decision, ...] = (
        LoadDense(),
        Prune(plan=0.5, finetune=TRAINING),
        Finetune(training=TRAINING),
        Measure(),
        Prune(plan=0.7),
        Prune(plan=0.9),
        Shrink(),
    )
    report = Report(
        epochs=(*epochs(1, 0.5, 0.8), *epochs(2, 0.85, first=1), *epochs(4, 0.4), *epochs(5, 0.3)),
        attempts=(measured(3),),
        attempt_counts=(counted(1), counted(4), counted(5)),
    )
    first, second, third = attempts_of(decisions, report)
    assert [one.number for one in (first, second, third)] == [1, 2, 3]
    assert first.followed_by == decisions[2:4]
    assert [epoch.accuracy for epoch in first.epochs] == [0.5, 0.8, 0.85]
    assert (first.pruned_accuracy, first.accuracy) == (0.5, 0.85)
    assert first.description == "prune l1 weight, 1 round + 2 epochs, then fine-tune, 2 epochs"
    assert first.measured == (measured(3),)
    assert (second.measured, second.accuracy, second.smallest) == ((), 0.4, COUNTS)
    assert third.followed_by == (Shrink(),)


def test_a_new_baseline_ends_an_attempt() -> None:
    decisions = (LoadDense(), Prune(plan=0.5), TrainDense(training=TRAINING))
    known = (*epochs(1, 0.5), *epochs(2, 0.6, 0.7, first=1))
    (attempt,) = attempts_of(decisions, Report(epochs=known, layers=made_up.report(1).layers))
    assert (attempt.followed_by, attempt.epochs, attempt.nonzero) == ((), known[:1], {})


@pytest.mark.parametrize(
    ("decisions", "known", "kept"),
    [
        ((Prune(plan=0.5, finetune=TRAINING),), epochs(1, 0.9, 0.7, 0.8), 0.9),
        ((Prune(plan=0.5, rewind=Rewinding()),), epochs(1, 0.9, 0.7, 0.8), 0.8),
        ((Prune(plan=0.5, rewind=Rewinding()),), epochs(1, 0.9), 0.9),
        (
            (Prune(plan=0.5, schedule=Iterative(num_rounds=2), finetune=TRAINING),),
            (*epochs(1, 0.9, 0.95), *epochs(1, 0.6, 0.8, round=2)),
            0.8,
        ),
        ((Prune(plan=0.5), Finetune(training=TRAINING)), (*epochs(1, 0.9), *epochs(2, 0.7, first=1)), 0.9),
        ((Prune(plan=0.5), Rewind()), (*epochs(1, 0.9), *epochs(2, 0.7, first=1)), 0.7),
        ((Prune(plan=0.5), Rewind()), epochs(1, 0.9), None),
        ((Prune(plan=0.5),), (), None),
    ],
)
def test_the_accuracy_in_the_end_is_that_of_the_epoch_kept(
    decisions: tuple[Decision, ...], known: tuple[EpochFigures, ...], kept: float | None
) -> None:
    assert only(decisions, *known).accuracy == kept


def test_figures_measured_twice_both_stay_and_the_newest_are_shown() -> None:
    decisions = (LoadDense(), Prune(plan=0.5), Measure(), Finetune(training=TRAINING), Measure())
    newest = made_up.figures(0.95, nonzero=100_000)
    report = Report(attempts=(measured(2),), pruned=newest, measured_by=4)
    (attempt,) = attempts_of(decisions, report)
    assert [one.pruned.accuracy for one in attempt.measured] == [0.9, 0.95]
    assert attempt.test_figures == newest
    assert attempt.fastest("64") == ("pruned", newest.latency_ms["64"])
    assert attempt.fastest("8") is None


def test_an_attempt_is_as_fast_as_the_fastest_way_it_ran() -> None:
    fast, slow = made_up.latency(0.01), made_up.latency(1000.0)
    native = NativeFigures(latency_ms={"1": fast, "64": slow})
    pruned = made_up.figures(0.95)
    report = Report(pruned=pruned, sparse_latency_ms={"1": slow}, native=native, measured_by=2)
    (attempt,) = attempts_of((LoadDense(), Prune(plan=0.5), Measure()), report)
    assert attempt.fastest("1") == ("native", fast)
    assert attempt.fastest("64") == ("pruned", pruned.latency_ms["64"])


def test_a_shrunk_network_is_the_one_whose_savings_count() -> None:
    shrunk = NetworkCounts(parameters=120, nonzero=110, macs=700, nonzero_macs=600, file_bytes=500)
    counts = replace(counted(1), shrunk=shrunk)
    (attempt,) = attempts_of((LoadDense(), Prune(plan=0.5), Shrink()), Report(attempt_counts=(counts,)))
    assert attempt.smallest is not None
    assert attempt.smallest.compression_ratio == 1000 / 110
    assert attempt.smallest.theoretical_speedup == 5000 / 600


def test_older_files_tell_what_was_measured_and_the_layers_of_the_last_prune() -> None:
    report = made_up.report(2)
    decisions = (LoadDense(), Prune(plan=0.5), Prune(plan=0.9), Measure())
    first, last = attempts_of(decisions, report)
    assert (first.counts, first.nonzero, first.smallest) == (None, {}, None)
    assert report.pruned is not None
    assert last.counts is not None
    assert last.counts.nonzero == report.pruned.nonzero
    assert last.nonzero == {layer.name: layer.nonzero for layer in report.layers}
    assert last.test_figures is not None
