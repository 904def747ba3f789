"""The plan that was being made when the session was left: it is offered again, and never replayed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prune_tui.core.fields import AboveZero, Count, Data, Sparsity
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import OneShot, Rewinding, Schedule
from prune_tui.core.terms import Granularity, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSettings(Data):
    """How the plan is to be carried out: the fields of `core.planning.settings.PlanSettings`, for a file."""

    criterion: str = "l1"
    granularity: Granularity = "weight"
    scope: Scope = "layer"
    schedule: Schedule = field(default_factory=OneShot)
    num_epochs: Count = 5
    learning_rate: AboveZero = 1e-3
    start_from_pruned: bool = False
    finetuning: Training = field(default_factory=lambda: Training(num_epochs=5))
    rewind: Rewinding | None = None
    tolerance_points: AboveZero = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftGoal(Data):
    """A budget as it is typed, the sparsities last solved for it, and the groups edited by hand since."""

    target: str
    solved: Mapping[str, Sparsity] = field(default_factory=dict)
    edited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(Data):
    """A plan that is being made: a sparsity by layer name, or one for all; None follows the scan.

    `locked` names the layers that the person locked.
    """

    plan: Mapping[str, Sparsity] | Sparsity | None = None
    locked: tuple[str, ...] = ()
    goal: DraftGoal | None = None
    settings: DraftSettings = field(default_factory=DraftSettings)
