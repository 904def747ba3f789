"""Opens a copy of a network on its data, and carries out decisions on it, one after the other."""

from collections.abc import Callable
from contextlib import closing

from torch import nn

from prune_tui.core.errors import DecisionError
from prune_tui.core.report import EpochFigures, Report
from prune_tui.core.returning import Returning
from prune_tui.core.run.events import DecisionDropped, Event
from prune_tui.core.run.fold import apply
from prune_tui.core.run.view import View, epochs_of
from prune_tui.core.session.decisions import Decision, LoadDense, TrainDense
from prune_tui.core.session.json import checked
from prune_tui.core.terms import Device
from prune_tui.engine.data import DeviceData
from prune_tui.engine.engine import Engine
from prune_tui.engine.state import EngineState
from prune_tui.library.data import AnyData, prepared
from prune_tui.library.effects import undisturbed
from prune_tui.library.progress import Shown, shown
from prune_tui.library.source import GivenSource, copied

GIVEN = "dense.safetensors"
"""What a decision calls weights that are given: the app copies those of a user's file to this name."""


class Bench:
    """The base of `Workbench`: all that is the same for every decision."""

    def __init__(
        self,
        model: nn.Module,
        data: AnyData,
        *,
        seed: int = 0,
        device: Device = "auto",
        num_threads: int | None = None,
        progress: Shown = True,
    ) -> None:
        self.seed, self.device, self.progress = seed, device, progress
        self.decisions: tuple[Decision, ...] = ()
        self.given, self.data = data, prepared(data, seed)
        self.num_threads = num_threads
        self._view = View()
        self._source = GivenSource(copied(model), self.data)
        self._engine = Engine(self._source, seed=seed, device=device)
        with undisturbed(num_threads), shown(progress) as show:
            for event in self._engine.open():
                self._fold(event, show)
        self._source.opened_with(self.state.network.state())

    def use(self, data: AnyData) -> None:
        """Go on with other data of the same task."""
        self.given, self.data = data, prepared(data, self.seed)
        self.state.use(DeviceData(self.data, self.state.data.device))

    @property
    def state(self) -> EngineState:
        """The engine's state: the network as it is now with its masks, and the dense baseline."""
        return self._engine.state

    @property
    def module(self) -> nn.Module:
        """The network as it is now; to change it by hand would break what the bench knows of it."""
        return self.state.network.module

    @property
    def view(self) -> View:
        """All that is known so far: layers, counts, notes on the model, the log."""
        return self._view

    @property
    def report(self) -> Report:
        """The figures so far."""
        return self._view.report

    def _perform(self, make: Callable[[], Decision]) -> None:
        """Make a decision and carry it out; without a baseline, first load the module's own weights as one.

        Raises:
            PruneTuiError: it is malformed, or can't be carried out.
        """
        try:
            decision = checked(make())
        except ValueError as error:
            raise DecisionError(str(error)) from None
        with undisturbed(self.num_threads), shown(self.progress) as show:
            if not self.decisions and not isinstance(decision, LoadDense | TrainDense):
                self._source.weights = None
                self._carry_out(LoadDense(weights=GIVEN), show)
            self._carry_out(decision, show)

    def _epochs(self) -> tuple[EpochFigures, ...]:
        return epochs_of(self._view, len(self.decisions) - 1)

    def _carry_out(self, decision: Decision, show: Callable[[Event, View], None]) -> None:
        index, before = len(self.decisions), self._view
        try:
            with closing(self._engine.perform(decision, index=index)) as execution:
                events = Returning(execution)
                for event in events:
                    self._fold(event, show)
        except BaseException:
            self._view = apply(before, DecisionDropped(index))
            raise
        self.decisions = (*self.decisions, events.value.decision)

    def _fold(self, event: Event, show: Callable[[Event, View], None]) -> None:
        self._view = apply(self._view, event)
        show(event, self._view)
