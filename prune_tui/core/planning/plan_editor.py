"""The plan editor: a sparsity and a lock per layer, with undo and redo."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

MAX_UNDO = 200
HIGHEST_SPARSITY = 0.999


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """One layer's target sparsity, and whether the person locked it."""

    sparsity: float = 0.0
    is_locked: bool = False


@dataclass(frozen=True, slots=True)
class EditablePlan:
    """The entries and the suggested sparsities by layer name, with the states to undo and redo."""

    entries: Mapping[str, PlanEntry]
    suggested: Mapping[str, float] = field(default_factory=dict)
    past: tuple[Mapping[str, PlanEntry], ...] = ()
    future: tuple[Mapping[str, PlanEntry], ...] = ()

    @property
    def sparsities(self) -> dict[str, float]:
        """The sparsity of every layer that is to be pruned at all."""
        return {name: entry.sparsity for name, entry in self.entries.items() if entry.sparsity > 0}


def new_plan(names: Sequence[str], suggested: Mapping[str, float]) -> EditablePlan:
    """Return a plan of the sparsities that the scan suggests."""
    return EditablePlan(
        entries={name: PlanEntry(suggested.get(name, 0.0)) for name in names}, suggested=suggested
    )


def with_sparsity(plan: EditablePlan, name: str, sparsity: float) -> EditablePlan:
    """Return the plan with one layer's sparsity, clipped to [0, 0.999]; a locked layer stays as it is."""
    entry = plan.entries[name]
    if entry.is_locked:
        return plan
    value = min(HIGHEST_SPARSITY, max(0.0, round(sparsity, 4)))
    return _changed(plan, {**plan.entries, name: replace(entry, sparsity=value)})


def nudged(plan: EditablePlan, name: str, by: float) -> EditablePlan:
    """Return the plan with one layer's sparsity raised or lowered."""
    return with_sparsity(plan, name, plan.entries[name].sparsity + by)


def toggled_lock(plan: EditablePlan, name: str) -> EditablePlan:
    """Return the plan with a layer locked, or unlocked if it was locked."""
    entry = plan.entries[name]
    return _changed(plan, {**plan.entries, name: replace(entry, is_locked=not entry.is_locked)})


def reset(plan: EditablePlan, name: str) -> EditablePlan:
    """Return the plan with one layer back at the sparsity that the scan suggests."""
    return with_sparsity(plan, name, plan.suggested.get(name, 0.0))


def copied_down(plan: EditablePlan, name: str, *, to: Collection[str]) -> EditablePlan:
    """Return the plan with the sparsity of `name` copied to the layers of `to` that are not locked."""
    value = plan.entries[name].sparsity
    return _changed(
        plan,
        {
            other: replace(entry, sparsity=value) if other in to and not entry.is_locked else entry
            for other, entry in plan.entries.items()
        },
    )


def with_all(plan: EditablePlan, sparsity: float) -> EditablePlan:
    """Return the plan with one sparsity for all layers, also locked ones: scope `global` has one number."""
    value = min(HIGHEST_SPARSITY, max(0.0, round(sparsity, 4)))
    return _changed(plan, {name: replace(entry, sparsity=value) for name, entry in plan.entries.items()})


def with_suggestions(plan: EditablePlan, suggested: Mapping[str, float]) -> EditablePlan:
    """Return the plan with the suggestions of a newer scan; a plan without edits follows them."""
    if plan.past or plan.future:
        return replace(plan, suggested=suggested)
    return new_plan(list(plan.entries), suggested)


def parse_sparsity(text: str) -> float:
    """Parse a sparsity as a person types it: `0.6`, `.6` or `60%`.

    Raises:
        ValueError: it is none of these; the message says what would be right.
    """
    number = text.strip().replace(",", ".")
    is_percent = number.endswith("%")
    digits = number.removesuffix("%").strip()
    if not digits or not all(letter in "0123456789." for letter in digits):
        raise ValueError("type a sparsity such as 0.6, .6 or 60%")
    try:
        value = round(float(digits) / (100 if is_percent else 1), 9)  # 99.9 / 100 is a little above 0.999
    except ValueError:
        raise ValueError("type a sparsity such as 0.6, .6 or 60%") from None
    if value > HIGHEST_SPARSITY:
        if not is_percent and HIGHEST_SPARSITY * 100 >= value > 1:
            raise ValueError(f"a sparsity is below 1: for {digits} percent type {digits}%")
        raise ValueError(f"at most {HIGHEST_SPARSITY}: something of the layer must stay")
    return value


def undone(plan: EditablePlan) -> EditablePlan:
    """Return the plan before its last change, if there is one."""
    if not plan.past:
        return plan
    return replace(plan, entries=plan.past[-1], past=plan.past[:-1], future=(plan.entries, *plan.future))


def redone(plan: EditablePlan) -> EditablePlan:
    """Return the plan with the last undone change made again, if there is one."""
    if not plan.future:
        return plan
    return replace(plan, entries=plan.future[0], past=(*plan.past, plan.entries), future=plan.future[1:])


def _changed(plan: EditablePlan, entries: Mapping[str, PlanEntry]) -> EditablePlan:
    if entries == plan.entries:
        return plan
    return replace(plan, entries=entries, past=(*plan.past, plan.entries)[-MAX_UNDO:], future=())
