"""The plan editor: a sparsity and a lock per layer, with undo and redo."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

MAX_UNDO = 200
HIGHEST_SPARSITY = 0.999

FAR_STEP, NEAR_STEP, FINE_STEP = 0.05, 0.01, 0.001
NEARNESS: Final = 0.05
"""How far below the cliff the steps get shorter: as far as one long step."""

LAST_PERCENT: Final = 0.99


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
    return with_sparsities(plan, {name: round(sparsity, 4)})


def with_sparsities(plan: EditablePlan, sparsities: Mapping[str, float]) -> EditablePlan:
    """Return the plan with several layers' sparsities, clipped to [0, 0.999], as one change.

    Locked layers stay as they are.
    """
    changed = {
        name: replace(plan.entries[name], sparsity=min(HIGHEST_SPARSITY, max(0.0, round(sparsity, 6))))
        for name, sparsity in sparsities.items()
        if not plan.entries[name].is_locked
    }
    return _changed(plan, {**plan.entries, **changed})


def nudged(
    plan: EditablePlan, names: Collection[str], num_steps: float, *, cliffs: Mapping[str, float | None]
) -> EditablePlan:
    """Return the plan with some layers' sparsities raised or lowered, each by steps that suit its cliff."""
    return with_sparsities(
        plan, {name: stepped(plan.entries[name].sparsity, num_steps, cliffs.get(name)) for name in names}
    )


def stepped(sparsity: float, num_steps: float, cliff: float | None) -> float:
    """Return the sparsity that lies so many steps higher (or lower, below 0), in [0, 0.999].

    A step is 5 points, 1 point from 5 points below the `cliff` on, and 0.1 points beyond it or above 99 %.
    A step over such a border is partly of one length and partly of the other, so that as many steps back
    lead to where it was.
    """
    borders = [(0.0, 0.0)]  # (sparsity, the number of steps up to it)
    near = LAST_PERCENT - NEARNESS if cliff is None else max(0.0, cliff - NEARNESS)
    far = LAST_PERCENT if cliff is None else min(max(cliff, 0.0), LAST_PERCENT)
    for border, step in ((min(near, far), FAR_STEP), (far, NEAR_STEP), (HIGHEST_SPARSITY, FINE_STEP)):
        before, steps = borders[-1]
        borders.append((border, steps + (border - before) / step))
    wanted = _along(borders, sparsity) + num_steps
    return round(_along([(steps, border) for border, steps in borders], wanted), 6)


def _along(line: Sequence[tuple[float, float]], at: float) -> float:
    """Return the height of a rising line of straight parts, clipped to its ends."""
    for (left, low), (right, high) in pairwise(line):
        if at <= right and right > left:
            return low + (high - low) * max(0.0, at - left) / (right - left)
    return line[-1][1]


def toggled_lock(plan: EditablePlan, name: str) -> EditablePlan:
    """Return the plan with a layer locked, or unlocked if it was locked."""
    return with_locks_toggled(plan, (name,))


def with_locks_toggled(plan: EditablePlan, names: Collection[str]) -> EditablePlan:
    """Return the plan with these layers locked; unlocked if all of them were."""
    is_locked = not all(plan.entries[name].is_locked for name in names)
    changed = {name: replace(plan.entries[name], is_locked=is_locked) for name in names}
    return _changed(plan, {**plan.entries, **changed})


def reset(plan: EditablePlan, names: Collection[str]) -> EditablePlan:
    """Return the plan with these layers back at the sparsities that are suggested."""
    return with_sparsities(plan, {name: plan.suggested.get(name, 0.0) for name in names})


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
