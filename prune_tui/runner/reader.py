"""Shows a session's record without its checkpoints: no data are read, nothing is trained or written."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import torch

from prune_tui.catalog.datasets import dataset_entry
from prune_tui.core.errors import CheckpointError, DecisionError, PruneTuiError
from prune_tui.core.network import LayerInfo, NetworkCounts
from prune_tui.core.planning.price import price
from prune_tui.core.planning.solving.polish import Polish
from prune_tui.core.report import Environment, Report
from prune_tui.core.returning import drained
from prune_tui.core.run.events import (
    Counted,
    DataProgress,
    DistributionsTaken,
    EngineReady,
    Event,
    SessionRestored,
    UnitsFound,
    WeightsBinned,
)
from prune_tui.core.run.fold import apply
from prune_tui.core.run.view import View
from prune_tui.core.session.decisions import Decision, Prune
from prune_tui.core.session.draft import Draft
from prune_tui.core.session.legal import facts_after
from prune_tui.core.session.session import Session
from prune_tui.engine.model import SessionModel
from prune_tui.engine.network.checkpoints import overhead_bytes
from prune_tui.engine.network.network import Network
from prune_tui.engine.network.trace import find_units, network_of

_SOME_CLASSES = 10
"""The classes of a trial, where only the recorded sizes of the layers tell how many there were."""


class RecordReader:
    """A runner that only shows what is recorded, with the layers of the network where it can be built.

    The user's own code is not run, and published weights are not fetched: layers are then those recorded,
    without their MACs and units.
    """

    def __init__(self, session: Session, path: Path) -> None:
        self.session = session
        self.view = View()
        self.path: Path | None = path
        self.is_saved = True
        self._network: Network | None = None

    def open(self) -> Iterator[Event]:
        """Yield what is recorded; ends with `EngineReady`.

        Raises:
            CheckpointError: nothing is recorded that could be shown.
        """
        yield self._folded(DataProgress("building the network, to show its layers", 0, None))
        record = self.session.record
        report = record.report if record is not None else Report()
        self._network = network = _network(self.session, report)
        layers = network.layers if network is not None else _recorded_layers(report)
        if not layers:
            name = self.session.name
            raise CheckpointError(
                f"session {name} has neither checkpoints nor a record: replay it with --out first"
            )
        ready = _ready(report, layers, network)
        self.view = apply(self.view, ready)
        if any(decision.prunes_units for decision in self.session.decisions):
            yield from self.find_units()
        for fact in _facts(self.session, report, self.view):
            yield self._folded(fact)
        checkpoints = record.checkpoints if record is not None else ()
        yield self._folded(SessionRestored(report, checkpoints, len(self.session.decisions)))
        yield ready

    def perform(self, decision: Decision, *, should_stop: Callable[[], bool]) -> Iterator[Event]:  # noqa: ARG002
        """Refuse: there are no weights.

        Raises:
            DecisionError: always.
        """
        raise DecisionError(f"can't {decision.description}: the session's checkpoints are not here")

    def find_units(self) -> Iterator[Event]:
        """Find the units that could be removed, where the network could be built."""
        network = self._network
        if network is None:
            yield self._folded(UnitsFound(self.view.layers))
        else:
            yield self._folded(UnitsFound(find_units(network), network.shape))

    def measure_plan(self, decision: Prune, *, is_asked: bool) -> Iterator[Event]:  # noqa: ARG002
        """Measure nothing: there are no weights."""
        yield from ()

    def polish(self, polish: Polish) -> Iterator[Event]:  # noqa: ARG002
        """Improve nothing: there are no weights."""
        yield from ()

    def measure_kernels(self) -> Iterator[Event]:
        """Measure nothing: there is no network."""
        yield from ()

    def save(self) -> None:
        """Nothing is written."""

    def keep_draft(self, draft: Draft) -> None:
        """Nothing is written."""

    def _folded(self, event: Event) -> Event:
        self.view = apply(self.view, event)
        return event


def _network(session: Session, report: Report) -> Network | None:
    """Build a session's network with other weights; None if that needs the data, own code or a download."""
    try:
        model = SessionModel(replace(session, pretrained=None), data_dir=None, allow_code=False)
        if model.entry.source in ("code", "package"):
            return None
        drained(model.prepare())
        dataset = dataset_entry(session.dataset)
        shape = model.image_shape(dataset.image_shape) or model.entry.image_shape
        if shape is None:
            return None

        def built(num_classes: int) -> Network:
            module = model.fresh(num_classes=num_classes, image_shape=shape)
            return network_of(module.eval(), torch.zeros(2, *shape))

        network = built(dataset.num_classes or _SOME_CLASSES)
        if dataset.num_classes is None and (num_classes := _num_classes(network, report)) != _SOME_CLASSES:
            network = built(num_classes)
    except PruneTuiError:
        return None
    return network if _is_recorded(network, report) else None


def _num_classes(network: Network, report: Report) -> int:
    """Return how many classes there were, from the recorded size of a layer that has a unit for each."""
    recorded = {layer.name: layer.parameters for layer in report.layers}
    for layer in network.prunable:
        size = recorded.get(layer.name, layer.parameters)
        if layer.units == _SOME_CLASSES and size != layer.parameters:
            return max(1, size * _SOME_CLASSES // layer.parameters)
    return _SOME_CLASSES


def _is_recorded(network: Network, report: Report) -> bool:
    """Return whether a network is the one that was recorded, as far as the record tells."""
    recorded = {layer.name: layer.parameters for layer in report.layers}
    has_layers = not recorded or recorded == {layer.name: layer.parameters for layer in network.prunable}
    return has_layers and (report.dense is None or report.dense.macs == network.total_macs)


def _recorded_layers(report: Report) -> tuple[LayerInfo, ...]:
    return tuple(
        LayerInfo(name=layer.name, kind="", parameters=layer.parameters, units=0, macs=0)
        for layer in report.layers
    )


def _ready(report: Report, layers: tuple[LayerInfo, ...], network: Network | None) -> EngineReady:
    counted = sum(layer.parameters for layer in layers)
    if network is not None:
        other = sum(parameter.numel() for parameter in network.module.parameters()) - counted
        other_macs = network.total_macs - sum(layer.macs for layer in layers)
        overhead = overhead_bytes(network.module)
    else:
        other = report.dense.parameters - counted if report.dense is not None else 0
        other_macs = report.dense.macs if report.dense is not None else 0
        overhead = 0
    nowhere = Environment(versions={}, device="cpu", device_name="", num_threads=1, num_images={})
    return EngineReady(layers, other, other_macs, report.environment or nowhere, overhead_bytes=overhead)


def _facts(session: Session, report: Report, view: View) -> Iterator[Event]:
    """Yield what the engine would find in the checkpoints, as far as it is recorded."""
    for taken in report.distributions:
        if taken.measure == "weights":
            yield WeightsBinned(taken.layer, taken.stage, taken.largest, taken.counts)
    yield DistributionsTaken("dense", tuple(one for one in report.distributions if one.stage == "dense"))
    if "pruned" in facts_after(session.decisions) and report.layers:
        yield Counted(_counts(report, view), report.layers, _sparsity(report), 0.0)


def _counts(report: Report, view: View) -> NetworkCounts:
    """Return the counts of the pruned network, from its layers if it was not measured."""
    if report.pruned is not None:
        return report.pruned
    plan = {layer.name: layer.sparsity for layer in report.layers}
    return price(
        view.layers,
        plan,
        other_parameters=view.other_parameters,
        other_macs=view.other_macs,
        overhead_bytes=view.overhead_bytes,
    )


def _sparsity(report: Report) -> float:
    prunable = sum(layer.parameters for layer in report.layers)
    return 1 - sum(layer.nonzero for layer in report.layers) / max(1, prunable)
