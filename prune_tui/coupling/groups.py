"""Groups the layers whose units are removed together, and says of the others why theirs can't be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from prune_tui.coupling.labels import Ints
from prune_tui.coupling.tracing import Slot, Trace


@dataclass(frozen=True, slots=True)
class Group:
    """Weights that hold the same units, [units], and in which rows of theirs, [units, rows per unit]."""

    units: Ints
    rows: Mapping[str, Ints]

    def step(self, multiple: int) -> int:
        """Return a number of units of which every weight's rows are a multiple, once the units are."""
        return max(multiple // gcd(multiple, rows.shape[1]) for rows in self.rows.values())


def groups_of(trace: Trace) -> tuple[tuple[Group, ...], dict[str, str]]:
    """Return the groups of weights whose units can be removed, in the order they run; why others' can't."""
    slots = {slot.name: slot for slot in trace.slots if slot.role == "rows"}
    order = [name for name in trace.used if name in slots]
    order += [name for name in slots if name not in trace.used]
    groups: list[Group] = []
    reasons: dict[str, str] = {}
    for members in _sharing([slots[name] for name in order]):
        names = [slot.name for slot in members]
        group = _group_of(members)
        if (reason := _why_locked(trace, members, group)) is not None:
            reasons |= dict.fromkeys(names, reason)
        else:
            assert group is not None
            groups.append(group)
    reasons |= {
        name: "it is not used in a pass" for name in order if name not in trace.used and name in reasons
    }
    return tuple(groups), reasons


def _sharing(slots: Sequence[Slot]) -> list[list[Slot]]:
    """Put those together that share a unit, directly or through others."""
    found: list[tuple[set[int], list[Slot]]] = []
    for slot in slots:
        own, members = set(slot.units.tolist()), [slot]
        for other in [each for each in found if not own.isdisjoint(each[0])]:
            found.remove(other)
            own, members = own | other[0], other[1] + members
        found.append((own, members))
    order = {slot.name: place for place, slot in enumerate(slots)}
    each = [sorted(members, key=lambda slot: order[slot.name]) for _, members in found]
    return sorted(each, key=lambda members: order[members[0].name])


def _group_of(members: Sequence[Slot]) -> Group | None:
    """Return the group of these rows; None if they do not all hold each unit equally often."""
    _, first = np.unique(members[0].units, return_index=True)
    units = members[0].units[np.sort(first)]
    place = {unit: at for at, unit in enumerate(units.tolist())}
    rows = {}
    for slot in members:
        if not np.isin(slot.units, units).all():
            return None
        places = np.array([place[unit] for unit in slot.units.tolist()])
        counts = np.bincount(places, minlength=len(units))
        if counts.min() != counts.max():
            return None
        rows[slot.name] = np.argsort(places, kind="stable").reshape(len(units), -1)
    return Group(units, rows)


def _why_locked(trace: Trace, members: Sequence[Slot], group: Group | None) -> str | None:
    if not any(slot.name in trace.used for slot in members):
        return "it is not used in a pass"
    for slot in members:
        for unit in slot.units.tolist():
            if unit in trace.reasons:
                return trace.reasons[unit]
    if group is None:
        return "its units are coupled to some of another layer's, not to all"
    if len(group.units) < 2:
        return "its units all go together" if len(members[0].units) > 1 else "it has a single unit"
    return None
