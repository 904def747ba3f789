"""Loads the dense baseline from a file, or takes the weights that the model is built with as they are."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch

from prune_tui.catalog.baselines import bundled_baseline
from prune_tui.catalog.models import ModelEntry
from prune_tui.catalog.weights.files import Tensors, tensors_in
from prune_tui.core.errors import CheckpointError, DecisionError
from prune_tui.core.session.decisions import BUNDLED, PRETRAINED, LoadDense
from prune_tui.engine.context import CheckpointToSave, Context, DecisionResult, Execution
from prune_tui.engine.decisions.test_set import adopt_baseline, dense_accuracy
from prune_tui.engine.model import SessionModel
from prune_tui.engine.network.checkpoint_files import file_inside, read_weights
from prune_tui.engine.network.checkpoints import decode, encode
from prune_tui.engine.network.hashes import sha256
from prune_tui.engine.network.network import Network, Weights
from prune_tui.engine.state import Baseline, EngineState


def load_dense(state: EngineState, decision: LoadDense, weights: Weights, context: Context) -> Execution:
    """Make these weights the dense baseline.

    The returned decision names the session's own copy of weights that are neither bundled nor published, and
    the hash of those that are not bundled.

    Raises:
        CheckpointError: the weights that the model is built with are not those that the decision recorded.
    """
    yield from adopt_baseline(state, Baseline(weights), context)
    state.accuracy = yield from dense_accuracy(state, context)
    content = state.checkpoint()
    dense = CheckpointToSave(context.free_name("dense"), "dense", content, state.accuracy)
    if decision.weights == PRETRAINED and decision.sha256 not in (None, sha256(content)):
        raise CheckpointError(
            "the weights that the model is built with are not those that the session recorded"
        )
    if decision.weights != BUNDLED:
        name = PRETRAINED if decision.weights == PRETRAINED else dense.name
        decision = replace(decision, weights=name, sha256=sha256(content))
    return DecisionResult(decision, (dense,))


def published_weights(model: SessionModel, fresh: Weights, dataset: str) -> Weights:
    """Return a model's `fresh` weights if they may have learnt something.

    They may if they are published ones with their own classifier, or those that a user's own code, or an
    installed package, gives its model.

    Raises:
        DecisionError: they are drawn at random, or their classifier is, so there is nothing to measure.
    """
    if model.entry.has_own_weights:
        return fresh
    if model.published is None:
        raise DecisionError(f"{model.entry.name} was not opened with published weights: add --pretrained")
    if model.head:
        raise DecisionError(
            f"the published weights tell {model.published.num_classes:,} classes apart, {dataset} has "
            "others: train the baseline from them instead"
        )
    return fresh


def dense_weights(
    decision: LoadDense,
    network: Network,
    *,
    model: ModelEntry,
    num_classes: int,
    dataset: str,
    chosen: Path | None,
    folder: Path | None,
) -> Weights:
    """Read the weights that a decision names: bundled, or `chosen` by the user, or in the session's `folder`.

    Raises:
        DecisionError: no baseline of this model on this dataset is bundled.
        CheckpointError: the file is missing, altered, pruned or for another model, or would run code.
    """
    if decision.weights == BUNDLED:
        path = bundled_baseline(model.name, dataset)
        if path is None:
            raise DecisionError(f"no baseline of {model.name} on {dataset} is bundled: train one instead")
    elif chosen is not None:
        path = chosen
    elif folder is not None:
        path = file_inside(folder, decision.weights)
    else:
        raise CheckpointError(f"{decision.weights}: the session has no folder of checkpoints")
    content = read_weights(path)
    if decision.sha256 not in (None, sha256(content)):
        raise CheckpointError(f"{path}: altered: its SHA-256 is not the one that the session names")
    like = network.module.state_dict()
    if chosen is not None:
        tensors = _named_as_today(model, network, tensors_in(content, source=str(path)))
        _demand_classes(tensors, like, num_classes, dataset, source=str(path))
        # Checkpoints from before torch 0.4.1 lack the counters of batch norms.
        counters = {name: each for name, each in like.items() if name.endswith("num_batches_tracked")}
        content = encode(counters | tensors, {})
    weights, masks = decode(content, like, source=str(path))
    if masks:
        raise CheckpointError(f"{path}: a pruned checkpoint, a dense one is wanted")
    return weights


def _named_as_today(model: ModelEntry, network: Network, tensors: Tensors) -> Tensors:
    if model.source != "torchvision":
        return tensors
    from prune_tui.catalog.models.torchvision_models import renamed

    return renamed(network.module, tensors)


def _demand_classes(
    tensors: Tensors, like: Mapping[str, torch.Tensor], num_classes: int, dataset: str, *, source: str
) -> None:
    """Check that a classifier is for as many classes as the data have.

    Raises:
        CheckpointError: it is not, and all else fits.
    """
    differing = [name for name in like if name in tensors and tensors[name].shape != like[name].shape]
    given = {tensors[name].shape[:1] for name in differing}
    wanted = {like[name].shape[:1] for name in differing}
    if wanted == {(num_classes,)} and len(given) == 1 and all(len(each) for each in given):
        name = differing[0]
        classes = given.pop()[0]
        raise CheckpointError(
            f"{source}: {name} has shape {tuple(tensors[name].shape)}, {tuple(like[name].shape)} is wanted: "
            f"the weights tell {classes:,} classes apart, {dataset} has {num_classes:,}; take data with "
            f"{classes:,} classes, or weights whose classifier was trained on yours"
        )
