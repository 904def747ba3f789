"""Restores the engine's state from checkpoints, and evaluates checkpoints beside it."""

from collections.abc import Generator, Iterator, Mapping
from copy import deepcopy

import torch
from torch import nn

from prune_tui.core.run.events import BatchEvaluated, Event
from prune_tui.core.session.recipe import Training
from prune_tui.core.terms import Stage
from prune_tui.engine.decisions.shrink import shrunk_event
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.engine.measure.histograms import binned_weights, take_distributions
from prune_tui.engine.network.checkpoints import decode, decode_shrunk
from prune_tui.engine.network.counts import counted
from prune_tui.engine.network.network import Weights
from prune_tui.engine.network.shrink import disagreement, resize, with_zeros_as_masks
from prune_tui.engine.network.trace import network_of
from prune_tui.engine.state import Baseline, EngineState
from prune_tui.engine.training.loop import check_masks


def restore(
    state: EngineState,
    *,
    dense: bytes,
    training: Training | None,
    fresh: Weights | None,
    early: Mapping[int, bytes],
    pruned: bytes | None,
    shrunk: bytes | None,
    test_reads: int,
    source: str,
) -> Iterator[Event]:
    """Restore the dense baseline, the pruned and the shrunk network from the bytes of their checkpoints.

    `training` and `fresh` are the recipe and the fresh weights of a trained baseline, None for a loaded one.
    `early` holds the checkpoints of its saved epochs. `source` names the checkpoints in messages.

    Raises:
        CheckpointError: the bytes are not a checkpoint of this model.
    """
    like = state.network.module.state_dict()
    weights, _ = decode(dense, like, source=source)
    weights_at = {epoch: decode(content, like, source=source)[0] for epoch, content in early.items()}
    if fresh is not None:
        weights_at[0] = fresh
    state.set_baseline(Baseline(weights, training, weights_at))
    yield from binned_weights(state.network, stage="dense")
    yield take_distributions(state.network, "dense")
    if pruned is not None:
        weights, masks = decode(pruned, like, source=source)
        device = state.network.device
        state.network.load(weights, {name: mask.to(device) for name, mask in masks.items()})
        yield counted(state.network, _no_time)
        yield from check_masks(state.network, _no_time)
        yield take_distributions(state.network, "pruned")
    if shrunk is not None:
        module = _shrunk_module(state, shrunk, source=source)
        network = network_of(module, state.network.example)
        state.shrunk = with_zeros_as_masks(network)
        difference = disagreement(state.network.module, network.module, state.compared)
        yield shrunk_event(state, state.shrunk, difference, _no_time)
    state.test_reads = test_reads


def check_checkpoint(state: EngineState, content: bytes, stage: Stage, *, source: str) -> None:
    """Check that a checkpoint's bytes belong to this model.

    Raises:
        CheckpointError: they do not.
    """
    decode_any = decode_shrunk if stage == "shrunk" else decode
    decode_any(content, state.network.module.state_dict(), source=source)


def accuracy_of(
    state: EngineState, content: bytes, stage: Stage, *, source: str
) -> Generator[BatchEvaluated, None, float]:
    """Evaluate a checkpoint on the validation split, and leave the engine's own network as it is.

    Raises:
        CheckpointError: the bytes are not a checkpoint of this model.
    """
    module = module_of(state, content, stage, source=source)
    evaluation = yield from evaluate(module, state.data, state.data.validation, _no_time)
    return evaluation.accuracy


def module_of(state: EngineState, content: bytes, stage: Stage, *, source: str) -> nn.Module:
    """Return the network of a checkpoint's bytes; the engine's own stays as it is.

    Raises:
        CheckpointError: the bytes are not a checkpoint of this model.
    """
    if stage == "shrunk":
        return _shrunk_module(state, content, source=source)
    module = deepcopy(state.network.module)
    module.load_state_dict(decode(content, module.state_dict(), source=source)[0])
    return module


def _shrunk_module(state: EngineState, content: bytes, *, source: str) -> nn.Module:
    """Build the model with the shapes of the checkpoint."""
    module = deepcopy(state.network.module)
    weights = decode_shrunk(content, module.state_dict(), source=source)
    resized = resize(module, weights, source=source)
    return resized.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _no_time() -> float:
    return 0.0
