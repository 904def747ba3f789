"""The settings of a sweep, and the decision that they become."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from prune_tui.core.network import LayerInfo
from prune_tui.core.session.decisions import Method, Sweep
from prune_tui.core.session.recipe import Training
from prune_tui.core.typed_numbers import decimal_number
from prune_tui.core.workflow.completion import has_linear

TIMED_BATCHES: Final = (1, 64)

DEFAULT_METHODS: Final = (
    Method(criterion="l1"),
    Method(criterion="l1", granularity="unit"),
    Method(criterion="random"),
)


@dataclass(frozen=True, slots=True)
class SweepSettings:
    """The settings of a sweep; `num_epochs` 0 means no fine-tuning."""

    methods: tuple[Method, ...] = DEFAULT_METHODS
    sparsities: tuple[float, ...] = field(default_factory=lambda: Sweep().sparsities)
    num_epochs: int = 0
    has_from_scratch: bool = False
    is_timed: bool = False


def sweep_of(
    settings: SweepSettings, layers: Sequence[LayerInfo], *, finetuning: Training, training: Training
) -> Sweep:
    """Return the decision of these settings, without modes that none of the methods can produce."""
    granularities = {method.granularity for method in settings.methods}
    modes: list[Literal["sparse", "shrunk"]] = []
    if settings.is_timed and granularities != {"unit"} and has_linear(layers):
        modes.append("sparse")
    if "unit" in granularities and (settings.is_timed or settings.has_from_scratch):
        modes.append("shrunk")
    has_from_scratch = settings.has_from_scratch and "unit" in granularities
    finetune = replace(finetuning, num_epochs=max(1, settings.num_epochs))
    return Sweep(
        methods=settings.methods,
        sparsities=settings.sparsities,
        finetune=finetune if settings.num_epochs else None,
        modes=tuple(modes),
        from_scratch=training if has_from_scratch else None,
        batch_sizes=TIMED_BATCHES if settings.is_timed else (),
    )


def parse_percentages(text: str) -> tuple[float, ...]:
    """Parse sparsities in percent, such as `50, 70, 90`, in any order.

    Raises:
        ValueError: there are none, or one is no percentage between 0 and 100.
    """
    sparsities = set()
    for word in text.replace(",", " ").replace("%", " ").split():
        percent = decimal_number(word)
        if percent is None:
            raise ValueError(f"{word} is no number: type percentages such as 50, 70, 90")
        if not 0 < percent <= 99.9:
            raise ValueError(f"{word} % can't be pruned: above 0 and at most 99.9, such as 50, 70, 90")
        sparsities.add(round(percent / 100, 5))
    if not sparsities:
        raise ValueError("type the sparsities in percent, such as 50, 70, 90")
    return tuple(sorted(sparsities))


def percentages_text(sparsities: Sequence[float]) -> str:
    """Return sparsities as text that `parse_percentages` reads: `50, 70, 97.5`."""
    return ", ".join(f"{sparsity * 100:g}" for sparsity in sparsities)
