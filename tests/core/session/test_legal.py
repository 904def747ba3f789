"""Each decision is legal where what it requires is there, and only there; facts come and go by the table."""

from typing import get_args

import pytest

from prune_tui.core.session.decisions import (
    Decision,
    DecisionKind,
    Finetune,
    LoadDense,
    Measure,
    Prune,
    Rewind,
    Scan,
    Shrink,
    Sweep,
    TrainDense,
)
from prune_tui.core.session.legal import REQUIREMENTS, RULES, Fact, facts_after, first_illegal, why_not
from prune_tui.core.session.rounds import Rewinding
from prune_tui.core.session.session import Session
from tests.core.session.sample import TRAINING

EVERYTHING = frozenset[Fact](get_args(Fact))
TRAIN, PRUNE = TrainDense(training=TRAINING), Prune(plan=0.5)
REQUIRED: dict[str, tuple[Decision, set[Fact]]] = {
    "train_dense": (TRAIN, set()),
    "load_dense": (LoadDense(), set()),
    "scan": (Scan(), {"dense"}),
    "sweep": (Sweep(), {"dense"}),
    "prune": (PRUNE, {"dense"}),
    "prune that rewinds": (Prune(plan=0.5, rewind=Rewinding()), {"dense", "trained"}),
    "finetune": (Finetune(training=TRAINING), {"pruned"}),
    "rewind": (Rewind(), {"pruned", "trained"}),
    "shrink": (Shrink(), {"pruned"}),
    "measure": (Measure(), {"pruned"}),
}


def test_every_kind_has_a_rule_and_an_example_here() -> None:
    kinds = set(get_args(DecisionKind))
    assert set(RULES) == kinds == {decision.kind for decision, _ in REQUIRED.values()}
    assert len({rule.title for rule in RULES.values()}) == len(RULES)


@pytest.mark.parametrize("what", REQUIRED)
def test_a_decision_is_refused_where_anything_it_requires_is_missing(what: str) -> None:
    decision, required = REQUIRED[what]
    assert why_not(decision, frozenset(required)) is None
    for missing in required:
        assert why_not(decision, EVERYTHING - {missing}) == f"{decision.kind} needs {REQUIREMENTS[missing]}"
    assert (why_not(decision, frozenset()) is None) == (not required)


@pytest.mark.parametrize("what", REQUIRED)
def test_a_decision_takes_what_it_invalidates_and_leaves_what_it_provides(what: str) -> None:
    decision, rule = REQUIRED[what][0], RULES[REQUIRED[what][0].kind]
    before: tuple[Decision, ...] = (TRAIN, Scan(), PRUNE, Shrink(), Measure())
    assert facts_after(before) == EVERYTHING
    after = facts_after((*before, decision))
    assert after == EVERYTHING - (rule.invalidates - rule.provides)
    assert facts_after((decision,)) == rule.provides


@pytest.mark.parametrize(
    ("decisions", "facts"),
    [
        ((), set()),
        ((TRAIN,), {"dense", "trained"}),
        ((LoadDense(),), {"dense"}),
        ((TRAIN, LoadDense()), {"dense"}),
        ((LoadDense(), Scan(), Sweep()), {"dense", "scan"}),
        ((LoadDense(), Scan(), PRUNE), {"dense", "scan", "pruned"}),
        ((LoadDense(), PRUNE, Shrink(), Measure()), {"dense", "pruned", "shrunk", "measured"}),
        ((LoadDense(), PRUNE, Shrink(), Measure(), Finetune(training=TRAINING)), {"dense", "pruned"}),
        ((TRAIN, PRUNE, Shrink(), Measure(), Rewind()), {"dense", "trained", "pruned"}),
        ((LoadDense(), PRUNE, Shrink(), Measure(), Scan(), PRUNE), {"dense", "scan", "pruned"}),
        ((LoadDense(), Scan(), PRUNE, Shrink(), Measure(), TRAIN), {"dense", "trained"}),
    ],
)
def test_facts_follow_the_decisions(decisions: tuple[Decision, ...], facts: set[Fact]) -> None:
    assert facts_after(decisions) == facts


def test_the_first_that_can_not_work_is_found_and_a_session_with_it_is_not_made() -> None:
    legal = (LoadDense(), PRUNE, Shrink(), Measure())
    assert first_illegal(legal) is None
    assert first_illegal((*legal, Rewind(), Rewind())) == (4, why_not(Rewind(), facts_after(legal)))
    with pytest.raises(ValueError, match=r"decisions\.4: rewind needs"):
        Session(name="x", model="m", dataset="d", decisions=(*legal, Rewind()))
