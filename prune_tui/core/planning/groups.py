"""The rows of a table of layers: one a layer, or one for all layers whose units go together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.price import num_pruned
from prune_tui.core.terms import Granularity
from prune_tui.reports.numbers import shortened


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer that has a sparsity of its own, and those whose units go with its."""

    layer: LayerInfo
    coupled: tuple[LayerInfo, ...] = ()

    @property
    def together(self) -> LayerInfo:
        """The row as one layer: its weights and MACs are those of all."""
        if not self.coupled:
            return self.layer
        layers = (self.layer, *self.coupled)
        return replace(
            self.layer,
            parameters=sum(layer.parameters for layer in layers),
            macs=sum(layer.macs for layer in layers),
        )

    def kept(self, expected: Mapping[str, float]) -> int:
        """Return how many weights of all its layers stay at the sparsities to expect."""
        return sum(
            layer.parameters - num_pruned(layer.parameters, expected.get(layer.name, 0.0))
            for layer in (self.layer, *self.coupled)
        )

    def label(self, width: int) -> str:
        """Name the layer, and how many go with it: `layer1.0.conv2 +3`."""
        others = f" +{len(self.coupled)}" if self.coupled else ""
        return shortened(self.layer.name, width - len(others)) + others

    def coupled_words(self) -> str:
        """Say which layers go with it."""
        names = [layer.name for layer in self.coupled]
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        return f"with {shown}" if names else ""


def layer_rows(layers: Sequence[LayerInfo], granularity: Granularity) -> list[LayerRow]:
    """Return a row for each layer that is pruned by itself at this granularity."""
    if granularity != "unit":
        return [LayerRow(layer) for layer in layers]
    names = {layer.name for layer in layers}
    return [
        LayerRow(layer, tuple(other for other in layers if other.coupled_to == layer.name))
        for layer in layers
        if layer.coupled_to not in names
    ]
