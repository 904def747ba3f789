"""Short ways to an engine on the bundled pair, to the end of a decision, and to a pruned network."""

from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import torch
from torch import nn

from prune_tui.catalog.models import MODELS
from prune_tui.core.returning import Returning, drained
from prune_tui.core.run.events import Event
from prune_tui.core.run.fold import apply
from prune_tui.core.run.view import View
from prune_tui.core.session.decisions import Decision, LoadDense, Prune
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.session import Session
from prune_tui.engine.context import CheckpointToSave
from prune_tui.engine.engine import Engine, never
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.engine.network.masks import keep_units, unit_mask
from prune_tui.engine.network.network import Masks, Network, weight_name
from prune_tui.engine.network.trace import find_units, network_of
from prune_tui.engine.session_source import SessionSource
from prune_tui.engine.state import EngineState

BUNDLED = Session(name="s", model="lenet5", dataset="digits", device="cpu")
QUICK = Training(num_epochs=1, batch_size=128, learning_rate=1e-3)
PLAN = {"conv1": 0.3, "conv2": 0.6, "fc1": 0.9, "fc2": 0.5}


class Run:
    """An engine with the view of its events, the decisions as they went, and what they would save."""

    def __init__(
        self, session: Session = BUNDLED, *, folder: Path | None = None, allow_code: bool = False
    ) -> None:
        names = SessionSource(session, data_dir=None, folder=folder, allow_code=allow_code)
        self.engine = Engine(names, seed=session.seed, device=session.device)
        self.view = View()
        self.decisions: list[Decision] = []
        self.to_save: list[CheckpointToSave] = []
        for event in self.engine.open():
            self.view = apply(self.view, event)

    @property
    def state(self) -> EngineState:
        return self.engine.state

    def perform(
        self, decision: Decision, *, should_stop: Callable[[], bool] = never
    ) -> Generator[Event, None, None]:
        """Carry a decision out; closing this before its end abandons it."""
        index, before = len(self.decisions), self.view
        try:
            with closing(self.engine.perform(decision, index=index, should_stop=should_stop)) as work:
                events = Returning(work)
                for event in events:
                    self.view = apply(self.view, event)
                    yield event
        except BaseException:
            self.view = before
            raise
        self.decisions.append(events.value.decision)
        self.to_save += events.value.to_save

    def accuracy(self) -> float:
        """Evaluate the network as it is now on the validation split."""
        data = self.state.data
        return drained(evaluate(self.state.network.module, data, data.validation, lambda: 0.0)).accuracy


def perform(run: Run, *decisions: Decision) -> list[Event]:
    return [event for decision in decisions for event in run.perform(decision)]


def loaded() -> Run:
    """A run whose dense baseline is the bundled one."""
    run = Run()
    perform(run, LoadDense())
    return run


def pruned() -> Run:
    run = loaded()
    perform(run, Prune(plan=PLAN, finetune=QUICK))
    return run


def fresh(name: str) -> Network:
    """A model of the catalog with fresh weights."""
    model = MODELS[name]
    network = network_of(model.build(num_classes=10), torch.zeros(2, *model.own_shape))
    find_units(network)
    return network


def halved(name: str, *, seed: int = 0) -> Network:
    """A model of the catalog with fresh weights and lively batch norms, half its units pruned at random."""
    torch.manual_seed(seed)
    return with_half_of_the_units(fresh(name))


def with_half_of_the_units(network: Network) -> Network:
    """The network with lively batch norms, half of its units pruned at random."""
    for layer in network.module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.uniform_(layer.bias, -0.5, 0.5)
            nn.init.uniform_(layer.running_mean, -0.5, 0.5)  # type: ignore[arg-type]
            nn.init.uniform_(layer.running_var, 0.5, 2.0)  # type: ignore[arg-type]
    masks: Masks = {}
    for units in network.units or ():
        weight = network.weight(units.layers[0])
        count = len(units.by_unit(units.layers[0], weight.flatten(1).sum(dim=1)))
        keep = keep_units(torch.rand(count), 0.5, torch.ones(count, dtype=torch.bool))
        for name in units.layers:
            masks[weight_name(name)] = unit_mask(units.by_row(name, keep), network.weight(name).shape)
        for vector in units.vectors:
            mask = masks.get(vector, torch.ones_like(network.module.get_parameter(vector), dtype=torch.bool))
            positions, kept = units.at(vector, keep)
            mask[positions] &= kept
            masks[vector] = mask
    network.mask(masks)
    return network
