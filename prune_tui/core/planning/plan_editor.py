"""A plan while it is being made: a sparsity and a lock per layer, with undo and redo."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

MAX_UNDO = 200
HIGHEST_SPARSITY = 0.999


@dataclass(frozen=True, slots=True)
class Row:
    """One layer's target sparsity, and whether edits of many rows leave it alone."""

    sparsity: float = 0.0
    is_locked: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """The rows by layer name, what the scan suggested for each, and the states to go back and forth to."""

    rows: Mapping[str, Row]
    suggested: Mapping[str, float] = field(default_factory=dict)
    past: tuple[Mapping[str, Row], ...] = ()
    future: tuple[Mapping[str, Row], ...] = ()

    @property
    def plan(self) -> dict[str, float]:
        """The sparsity of every layer that is to be pruned at all."""
        return {name: row.sparsity for name, row in self.rows.items() if row.sparsity > 0}


def new_draft(names: Sequence[str], suggested: Mapping[str, float]) -> Draft:
    """Begin with what the scan suggests."""
    return Draft(rows={name: Row(suggested.get(name, 0.0)) for name in names}, suggested=suggested)


def with_sparsity(draft: Draft, name: str, sparsity: float) -> Draft:
    """Set one layer's sparsity, kept within [0, 0.999]; a locked row stays as it is."""
    row = draft.rows[name]
    if row.is_locked:
        return draft
    value = min(HIGHEST_SPARSITY, max(0.0, round(sparsity, 4)))
    return _changed(draft, {**draft.rows, name: replace(row, sparsity=value)})


def nudged(draft: Draft, name: str, by: float) -> Draft:
    """Raise or lower one layer's sparsity."""
    return with_sparsity(draft, name, draft.rows[name].sparsity + by)


def toggled_lock(draft: Draft, name: str) -> Draft:
    """Lock or unlock a row."""
    row = draft.rows[name]
    return _changed(draft, {**draft.rows, name: replace(row, is_locked=not row.is_locked)})


def reset(draft: Draft, name: str) -> Draft:
    """Take a row back to what the scan suggested."""
    return with_sparsity(draft, name, draft.suggested.get(name, 0.0))


def copied_down(draft: Draft, name: str, *, to: Collection[str]) -> Draft:
    """Give the rows of `to` the sparsity of `name`, but for those that are locked."""
    value = draft.rows[name].sparsity
    return _changed(
        draft,
        {
            other: replace(row, sparsity=value) if other in to and not row.is_locked else row
            for other, row in draft.rows.items()
        },
    )


def with_all(draft: Draft, sparsity: float) -> Draft:
    """Give every row one sparsity, locked or not: under scope `global` there is only one number."""
    value = min(HIGHEST_SPARSITY, max(0.0, round(sparsity, 4)))
    return _changed(draft, {name: replace(row, sparsity=value) for name, row in draft.rows.items()})


def with_suggestions(draft: Draft, suggested: Mapping[str, float]) -> Draft:
    """Take in what a newer scan suggests; a draft that nobody has touched follows it."""
    if draft.past or draft.future:
        return replace(draft, suggested=suggested)
    return new_draft(list(draft.rows), suggested)


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
        value = float(digits) / (100 if is_percent else 1)
    except ValueError:
        raise ValueError("type a sparsity such as 0.6, .6 or 60%") from None
    if value > HIGHEST_SPARSITY:
        if not is_percent and HIGHEST_SPARSITY * 100 >= value > 1:
            raise ValueError(f"a sparsity is below 1: for {digits} percent type {digits}%")
        raise ValueError(f"at most {HIGHEST_SPARSITY}: something of the layer must stay")
    return value


def undone(draft: Draft) -> Draft:
    """Go back one change, if there is one."""
    if not draft.past:
        return draft
    return replace(draft, rows=draft.past[-1], past=draft.past[:-1], future=(draft.rows, *draft.future))


def redone(draft: Draft) -> Draft:
    """Go forth one undone change, if there is one."""
    if not draft.future:
        return draft
    return replace(draft, rows=draft.future[0], past=(*draft.past, draft.rows), future=draft.future[1:])


def _changed(draft: Draft, rows: Mapping[str, Row]) -> Draft:
    if rows == draft.rows:
        return draft
    return replace(draft, rows=rows, past=(*draft.past, draft.rows)[-MAX_UNDO:], future=())
