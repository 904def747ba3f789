"""The criteria a user can pick: one file a family, one line here to add one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from inspect import getdoc
from typing import TYPE_CHECKING, Final, Literal

from prune_tui.catalog.lookup import load_function
from prune_tui.catalog.plugins import Plugin, plugins
from prune_tui.core.errors import CodeError, UnknownNameError
from prune_tui.core.terms import Granularity, Scope

if TYPE_CHECKING:
    import torch

    from prune_tui.catalog.criteria.facts import LayerFacts

    WeightScores = Callable[[LayerFacts], torch.Tensor]
    """Facts of a layer → scores of its weight's shape; higher is kept."""

Needs = Literal["weights", "gradient_products", "squared_gradients"]
"""What a criterion needs before it can score."""


@dataclass(frozen=True, slots=True)
class CriterionEntry:
    """A criterion by name; `scores` is `module:function` of the type `WeightScores`.

    The score of a unit or block is the mean of its weights' scores. Within a layer the mean ranks units as
    the sum does, and it keeps units of different layers comparable. `weights_by_magnitude` says where it
    ranks single weights as |w| does: nowhere, within a layer, or over the whole network. `units_by_norm` says
    whether it ranks units as their L2 norms do. A control is a criterion to compare others with. `only` names
    the granularities and scopes it is meant for, if not all, and `why_only` says why.
    """

    name: str
    description: str
    scores: str
    needs: Needs = "weights"
    weights_by_magnitude: Literal["no", "layer", "global"] = "no"
    units_by_norm: Literal["no", "about", "yes"] = "no"
    is_control: bool = False
    only: tuple[tuple[Granularity, Scope], ...] = ()
    why_only: str = ""

    def why_not_swept(self, granularity: Granularity, scope: Scope) -> str:
        """Say why a sweep with this granularity and scope is not worth its time; empty if it is."""
        if self.is_control and scope == "global":
            return f"{self.name} is a control: one for each layer is enough"
        return self.why_only if self.only and (granularity, scope) not in self.only else ""

    def load(self) -> "WeightScores":
        """Return the function that scores weights."""
        function: WeightScores = load_function(self.scores)
        return function


_PACKAGE: Final = "prune_tui.catalog.criteria"

CRITERIA: Final[Mapping[str, CriterionEntry]] = {
    entry.name: entry
    for entry in (
        CriterionEntry(
            "l1",
            "smallest |w| goes first (Han et al. 2015)",
            f"{_PACKAGE}.magnitude:l1",
            weights_by_magnitude="global",
            units_by_norm="about",
        ),
        CriterionEntry(
            "l2",
            "smallest w² goes first; for units, the L2 norm",
            f"{_PACKAGE}.magnitude:l2",
            weights_by_magnitude="global",
            units_by_norm="yes",
        ),
        CriterionEntry(
            "lamp",
            "layer-adaptive magnitude, for a global threshold (Lee et al. 2021)",
            f"{_PACKAGE}.magnitude:lamp",
            weights_by_magnitude="layer",
            only=(("weight", "global"), ("block_4", "global"), ("block_16", "global")),
            why_only="lamp makes layers comparable: global only, for weights or blocks",
        ),
        CriterionEntry(
            "taylor",
            "smallest |gradient · w| goes first (Molchanov et al. 2019)",
            f"{_PACKAGE}.gradients:taylor",
            "gradient_products",
        ),
        CriterionEntry(
            "fisher",
            "Optimal Brain Damage with the diagonal Fisher (LeCun et al. 1990)",
            f"{_PACKAGE}.gradients:fisher",
            "squared_gradients",
        ),
        CriterionEntry(
            "batchnorm_scale",
            "smallest scale of the batch norm after it (Liu et al. 2017)",
            f"{_PACKAGE}.batch_norm:batchnorm_scale",
            only=(("unit", "layer"), ("unit", "global")),
            why_only="a batch norm has one scale a unit: unit only",
        ),
        CriterionEntry(
            "random",
            "random order, drawn by the seed; a control",
            f"{_PACKAGE}.magnitude:random",
            is_control=True,
        ),
        CriterionEntry(
            "largest", "largest |w| goes first; a control", f"{_PACKAGE}.magnitude:largest", is_control=True
        ),
    )
}


def criterion_entry(name: str) -> CriterionEntry:
    """Return the criterion called `name`, which may be that of an installed package.

    Raises:
        UnknownNameError: there is no such criterion.
        CodeError: the package can't be imported, or offers no criterion under that name.
    """
    if name in CRITERIA:
        return CRITERIA[name]
    offered = plugins("criteria")
    if name not in offered:
        raise UnknownNameError("criterion", name, [*CRITERIA, *offered])
    return packaged_criterion(offered[name])


def packaged_criterion(plugin: Plugin) -> CriterionEntry:
    """Return a criterion of an installed package: a `CriterionEntry`, or a function of `LayerFacts`.

    A function's description is the first line of its docstring, and it needs no more than the weights.

    Raises:
        CodeError: the package can't be imported, or it is neither.
    """
    found = plugin.load()
    if isinstance(found, CriterionEntry):
        return replace(found, name=plugin.name)
    if not callable(found):
        raise CodeError(
            f"{plugin.name}, of the package {plugin.package}: {plugin.reference} is neither a CriterionEntry "
            "nor a function of LayerFacts"
        )
    words = (getdoc(found) or f"of the package {plugin.package}").splitlines()[0]
    return CriterionEntry(plugin.name, words, plugin.reference)
