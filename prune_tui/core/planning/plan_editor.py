"""A plan while it is being made: a sparsity and a lock per layer, with undo and redo."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

MAX_UNDO = 200
HIGHEST_SPARSITY = 0.999


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One layer's target sparsity, and whether edits of many rows leave it alone."""

    sparsity: float = 0.0
    is_locked: bool = False


@dataclass(frozen=True, slots=True)
class EditablePlan:
    """The rows by layer name, what the scan suggested for each, and the states to go back and forth to."""

    rows: Mapping[str, PlanRow]
    suggested: Mapping[str, float] = field(default_factory=dict)
    past: tuple[Mapping[str, PlanRow], ...] = ()
    future: tuple[Mapping[str, PlanRow], ...] = ()

    @property
    def sparsities(self) -> dict[str, float]:
        """The sparsity of every layer that is to be pruned at all."""
        return {name: row.sparsity for name, row in self.rows.items() if row.sparsity > 0}


def new_plan(names: Sequence[str], suggested: Mapping[str, float]) -> EditablePlan:
    """Begin with what the scan suggests."""
    return EditablePlan(rows={name: PlanRow(suggested.get(name, 0.0)) for name in names}, suggested=suggested)


def with_sparsity(plan: EditablePlan, name: str, sparsity: float) -> EditablePlan:
    """Set one layer's sparsity, kept within [0, 0.999]; a locked row stays as it is."""
    row = plan.rows[name]
    if row.is_locked:
        return plan
    value = min(HIGHEST_SPARSITY, max(0.0, round(sparsity, 4)))
    return _changed(plan, {**plan.rows, name: replace(row, sparsity=value)})


def nudged(plan: EditablePlan, name: str, by: float) -> EditablePlan:
    """Raise or lower one layer's sparsity."""
    return with_sparsity(plan, name, plan.rows[name].sparsity + by)


def toggled_lock(plan: EditablePlan, name: str) -> EditablePlan:
    """Lock or unlock a row."""
    row = plan.rows[name]
    return _changed(plan, {**plan.rows, name: replace(row, is_locked=not row.is_locked)})


def reset(plan: EditablePlan, name: str) -> EditablePlan:
    """Take a row back to what the scan suggested."""
    return with_sparsity(plan, name, plan.suggested.get(name, 0.0))


def copied_down(plan: EditablePlan, name: str, *, to: Collection[str]) -> EditablePlan:
    """Give the rows of `to` the sparsity of `name`, but for those that are locked."""
    value = plan.rows[name].sparsity
    return _changed(
        plan,
        {
            other: replace(row, sparsity=value) if other in to and not row.is_locked else row
            for other, row in plan.rows.items()
        },
    )


def with_all(plan: EditablePlan, sparsity: float) -> EditablePlan:
    """Give every row one sparsity, locked or not: under scope `global` there is only one number."""
    value = min(HIGHEST_SPARSITY, max(0.0, round(sparsity, 4)))
    return _changed(plan, {name: replace(row, sparsity=value) for name, row in plan.rows.items()})


def with_suggestions(plan: EditablePlan, suggested: Mapping[str, float]) -> EditablePlan:
    """Take in what a newer scan suggests; a plan that nobody has touched follows it."""
    if plan.past or plan.future:
        return replace(plan, suggested=suggested)
    return new_plan(list(plan.rows), suggested)


def parse_sparsity(text: str) -> float:
    """Read what a person types for a sparsity: `0.6`, `.6` or `60%`.

    Raises:
        ValueError: it is none of these; the message says what would be right.
    """
    words = text.strip().replace(",", ".")
    is_percent = words.endswith("%")
    digits = words.removesuffix("%").strip()
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
    """Go back one change, if there is one."""
    if not plan.past:
        return plan
    return replace(plan, rows=plan.past[-1], past=plan.past[:-1], future=(plan.rows, *plan.future))


def redone(plan: EditablePlan) -> EditablePlan:
    """Go forth one undone change, if there is one."""
    if not plan.future:
        return plan
    return replace(plan, rows=plan.future[0], past=(*plan.past, plan.rows), future=plan.future[1:])


def _changed(plan: EditablePlan, rows: Mapping[str, PlanRow]) -> EditablePlan:
    if rows == plan.rows:
        return plan
    return replace(plan, rows=rows, past=(*plan.past, plan.rows)[-MAX_UNDO:], future=())
