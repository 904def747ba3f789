"""The rows of the tables of layers: a pruning group each, or a folded stage of them."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from prune_tui.core.layer_stages import stages_of
from prune_tui.core.planning.groups import PruningGroup
from prune_tui.tui.widgets.tables.ordering import Order

STAGE_END = ".*"


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A row: its key, which is the name of its group or of its stage, its groups, and their names."""

    key: str
    groups: tuple[PruningGroup, ...]
    names: tuple[str, ...]

    @property
    def is_stage(self) -> bool:
        return self.key.endswith(STAGE_END)

    @property
    def group(self) -> PruningGroup | None:
        """Its group; None for a stage."""
        return None if self.is_stage else self.groups[0]

    @property
    def free_names(self) -> tuple[str, ...]:
        """The names of its groups that can be pruned."""
        return tuple(group.name for group in self.groups if group.is_free)

    @property
    def parameters(self) -> int:
        return sum(group.parameters for group in self.groups)

    @property
    def macs(self) -> int:
        return sum(layer.macs for group in self.groups for layer in group.layers)


def rows_of(groups: Sequence[PruningGroup], folded: Collection[str]) -> list[LayerRow]:
    """Return the rows of a network; each folded stage is one, where its first group was."""
    stages = stages_of([group.name for group in groups]) if folded else {}
    together: dict[str, list[PruningGroup]] = {}
    for group in groups:
        stage = stages.get(group.name)
        key = stage + STAGE_END if stage in folded and stage is not None else group.name
        together.setdefault(key, []).append(group)
    return [LayerRow(key, tuple(own), tuple(group.name for group in own)) for key, own in together.items()]


def stage_at(row: LayerRow, groups: Sequence[PruningGroup]) -> str | None:
    """Return the stage of a row, or that it is; None if it belongs to none."""
    if row.is_stage:
        return row.key.removesuffix(STAGE_END)
    return stages_of([group.name for group in groups]).get(row.key)


def stage_words(row: LayerRow) -> str:
    """Name the rows of a folded stage, as many as are worth reading."""
    names = [name.removeprefix(row.key.removesuffix("*")) for name in row.names]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{row.key} stands for {len(names)} rows: {shown}"


def shape_words(row: LayerRow) -> str:
    """Say the shape of what the leader of a row puts out: `16×32×32`; empty where it is not known."""
    return "" if row.is_stage else "×".join(str(size) for size in row.groups[0].leader.output_shape)


def orders_of(
    rows: Iterable[LayerRow], **numbers: tuple[str, str, Callable[[LayerRow], float | None]]
) -> list[Order]:
    """Return what some rows can be sorted by: weights, MACs, and `numbers` (column, label, that of a row)."""
    rows = list(rows)
    by: list[tuple[str, str, Callable[[LayerRow], float | None]]] = [
        ("parameters", "weights", lambda row: row.parameters),
        ("macs", "MACs", lambda row: row.macs),
        *numbers.values(),
    ]
    return [
        Order(
            column,
            label,
            {row.key: number for row in rows if (number := number_of(row)) is not None},
        )
        for column, label, number_of in by
    ]
