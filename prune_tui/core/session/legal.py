"""What each kind of decision requires, provides and invalidates, in one table.

Nothing else knows the order of decisions: session validation, the engine's checks, the view, the reachable
steps and the progress line all read this table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from prune_tui.core.session.decisions import Decision, DecisionKind

Fact = Literal["dense", "trained", "scan", "pruned", "shrunk", "measured"]
"""What a session can have: a dense baseline, one trained in the session, a scan, a pruned network, a shrunk
network, and their measured figures."""

REQUIREMENTS: Final[Mapping[Fact, str]] = {
    "dense": "a dense baseline: put train_dense or load_dense before it",
    "trained": "a baseline trained in this session: put train_dense before it",
    "scan": "a scan: put scan before it",
    "pruned": "a pruned network: put prune before it",
    "shrunk": "a shrunk network: put shrink before it",
    "measured": "figures: put measure before it",
}
"""The name of each missing requirement, and what would provide it."""

ProgressBy = Literal["epochs", "batches", "parts"]
"""The unit of a decision's progress: epochs trained, batches evaluated, or parts that its events count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of decision: its title, what it requires, and what it provides and invalidates."""

    title: str
    requires: frozenset[Fact] = frozenset()
    provides: frozenset[Fact] = frozenset()
    invalidates: frozenset[Fact] = frozenset()
    progress_by: ProgressBy = "parts"

    @property
    def changes_pruned(self) -> bool:
        """Whether it prunes or retrains the network, leaving the dense baseline as it is."""
        return "measured" in self.invalidates and "dense" not in self.invalidates


def _facts(*facts: Fact) -> frozenset[Fact]:
    return frozenset(facts)


RULES: Final[Mapping[DecisionKind, Rule]] = {
    "train_dense": Rule(
        title="training the dense baseline",
        provides=_facts("dense", "trained"),
        invalidates=_facts("dense", "scan", "pruned", "shrunk", "measured"),
        progress_by="epochs",
    ),
    "load_dense": Rule(
        title="loading the dense baseline",
        provides=_facts("dense"),
        invalidates=_facts("dense", "trained", "scan", "pruned", "shrunk", "measured"),
        progress_by="batches",
    ),
    "scan": Rule(title="scan", requires=_facts("dense"), provides=_facts("scan")),
    "sweep": Rule(title="sweep", requires=_facts("dense")),
    "prune": Rule(
        title="pruning",
        requires=_facts("dense"),
        provides=_facts("pruned"),
        invalidates=_facts("shrunk", "measured"),
        progress_by="epochs",
    ),
    "finetune": Rule(
        title="fine-tuning",
        requires=_facts("pruned"),
        invalidates=_facts("shrunk", "measured"),
        progress_by="epochs",
    ),
    "rewind": Rule(
        title="training after rewinding",
        requires=_facts("pruned", "trained"),
        invalidates=_facts("shrunk", "measured"),
        progress_by="epochs",
    ),
    "shrink": Rule(title="removing pruned units", requires=_facts("pruned"), provides=_facts("shrunk")),
    "measure": Rule(
        title="measuring", requires=_facts("pruned"), provides=_facts("measured"), progress_by="batches"
    ),
}


def facts_after(decisions: Iterable[Decision]) -> frozenset[Fact]:
    """Return what a session has after these decisions."""
    facts: frozenset[Fact] = frozenset()
    for decision in decisions:
        rule = RULES[decision.kind]
        facts = (facts - rule.invalidates) | rule.provides
    return facts


def why_not(decision: Decision, facts: frozenset[Fact]) -> str | None:
    """Return why a decision can't be carried out in a session that has `facts`; None if it can."""
    required = RULES[decision.kind].requires
    if decision.rewinds:
        required |= _facts("trained")
    missing = next((fact for fact in REQUIREMENTS if fact in required - facts), None)
    return None if missing is None else f"{decision.kind} needs {REQUIREMENTS[missing]}"


def first_illegal(decisions: Sequence[Decision]) -> tuple[int, str] | None:
    """Return the index of the first decision that can't be carried out, and why; None if all can."""
    for at, decision in enumerate(decisions):
        if reason := why_not(decision, facts_after(decisions[:at])):
            return at, reason
    return None
