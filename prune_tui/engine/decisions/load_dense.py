"""Loads the dense baseline from a file."""

from dataclasses import replace
from pathlib import Path

from prune_tui.catalog.baselines import bundled_baseline
from prune_tui.core.errors import CheckpointError, DecisionError
from prune_tui.core.session.decisions import BUNDLED, LoadDense
from prune_tui.engine.context import CheckpointToSave, Context, DecisionResult, Execution
from prune_tui.engine.decisions.test_set import adopt_baseline, dense_accuracy
from prune_tui.engine.network.checkpoint_files import file_inside, read_weights
from prune_tui.engine.network.checkpoints import decode
from prune_tui.engine.network.hashes import sha256
from prune_tui.engine.network.network import Network, Weights
from prune_tui.engine.state import Baseline, EngineState


def load_dense(state: EngineState, decision: LoadDense, weights: Weights, context: Context) -> Execution:
    """Make these weights the dense baseline.

    The returned decision names the session's own copy of weights that are not bundled.
    """
    yield from adopt_baseline(state, Baseline(weights), context)
    state.accuracy = yield from dense_accuracy(state, context)
    content = state.checkpoint()
    dense = CheckpointToSave(context.free_name("dense"), "dense", content, state.accuracy)
    if decision.weights != BUNDLED:
        decision = replace(decision, weights=dense.name, sha256=sha256(content))
    return DecisionResult(decision, (dense,))


def dense_weights(
    decision: LoadDense,
    network: Network,
    *,
    model: str,
    dataset: str,
    chosen: Path | None,
    folder: Path | None,
) -> Weights:
    """Read the weights that a decision names: bundled, or `chosen` by the user, or in the session's `folder`.

    Raises:
        DecisionError: no baseline of this model on this dataset is bundled.
        CheckpointError: the file is missing, altered, pruned or for another model.
    """
    if decision.weights == BUNDLED:
        path = bundled_baseline(model, dataset)
        if path is None:
            raise DecisionError(f"no baseline of {model} on {dataset} is bundled: train one instead")
    elif chosen is not None:
        path = chosen
    elif folder is not None:
        path = file_inside(folder, decision.weights)
    else:
        raise CheckpointError(f"{decision.weights}: the session has no folder of checkpoints")
    content = read_weights(path)
    if decision.sha256 not in (None, sha256(content)):
        raise CheckpointError(f"{path}: altered: its SHA-256 is not the one that the session names")
    weights, masks = decode(content, network.module.state_dict(), source=str(path))
    if masks:
        raise CheckpointError(f"{path}: a pruned checkpoint, a dense one is wanted")
    return weights
