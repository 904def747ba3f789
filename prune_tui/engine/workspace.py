"""What the engine works on: the network as it is now, the data, the dense baseline, the test reads so far."""

from dataclasses import dataclass

from prune_tui.core.errors import DecisionError
from prune_tui.core.events import Pruned
from prune_tui.engine.checkpoints import encode
from prune_tui.engine.masking import Masks
from prune_tui.engine.measuring import Clock, Images, count
from prune_tui.engine.network import Network, Weights


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A workspace's state, to go back to."""

    weights: Weights
    masks: Masks
    dense: Weights | None
    test_reads: int


@dataclass(slots=True)
class Workspace:
    """The engine's state; decisions change it."""

    network: Network
    images: Images
    dense: Weights | None = None
    test_reads: int = 0

    def snapshot(self) -> Snapshot:
        """Return the state as it is now."""
        return Snapshot(self.network.state(), self.network.masks, self.dense, self.test_reads)

    def roll_back(self, before: Snapshot) -> None:
        """Go back to a state."""
        self.network.load(before.weights, before.masks)
        self.dense, self.test_reads = before.dense, before.test_reads

    def set_dense(self, weights: Weights) -> None:
        """Take on a dense baseline, with nothing pruned."""
        self.network.load(weights, {})
        self.dense = self.network.state()

    def need_dense(self) -> Weights:
        """Return the dense baseline, or raise `DecisionError` if there is none."""
        if self.dense is None:
            raise DecisionError("there is no dense baseline yet: train or load one first")
        return self.dense

    def need_pruned(self) -> None:
        """Raise `DecisionError` if nothing is pruned."""
        if not self.network.masks:
            raise DecisionError("nothing is pruned yet: prune first")

    def checkpoint(self) -> bytes:
        """Return the network as it is now, as a checkpoint's bytes."""
        return encode(self.network.module.state_dict(), self.network.masks)

    def counted(self, round: int, num_rounds: int, clock: Clock) -> Pruned:
        """Count the network as it is now, after a round."""
        size = len(self.checkpoint())
        return count(self.network, round=round, num_rounds=num_rounds, file_bytes=size, seconds=clock())
