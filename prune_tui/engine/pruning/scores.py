"""Scores the weights of layers by a criterion, with gradients on training images if it needs them."""

from collections.abc import Generator, Mapping, Sequence
from typing import assert_never

import torch

from prune_tui.catalog.criteria import criterion_entry
from prune_tui.catalog.criteria.blocks import blocks_of
from prune_tui.catalog.criteria.facts import LayerFacts
from prune_tui.catalog.running import differentiated
from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import BatchEvaluated
from prune_tui.core.terms import Granularity
from prune_tui.engine.context import Clock
from prune_tui.engine.data import DeviceData
from prune_tui.engine.network.network import Network, Scores

NUM_GRADIENT_IMAGES = 2_048
GRADIENT_BATCH_SIZE = 64
NUM_SQUARED_GRADIENT_IMAGES = 512


def score(
    network: Network,
    data: DeviceData,
    criterion: str,
    granularity: Granularity,
    layers: Sequence[str],
    *,
    random_state: torch.Generator,
    clock: Clock,
) -> Generator[BatchEvaluated, None, Scores]:
    """Score the weights of some layers; the scores come in the network's order.

    Raises:
        DecisionError: the criterion can't score one of the layers.
    """
    entry = criterion_entry(criterion)
    names = [layer.name for layer in network.layers if layer.name in layers]
    gradients: Mapping[str, torch.Tensor] = {}
    match entry.needs:
        case "weights":
            pass
        case "gradient_products":
            gradients = yield from _gradients(
                network, data, names, GRADIENT_BATCH_SIZE, NUM_GRADIENT_IMAGES, random_state, clock
            )
        case "squared_gradients":
            gradients = yield from _gradients(
                network, data, names, 1, NUM_SQUARED_GRADIENT_IMAGES, random_state, clock
            )
        case _:
            assert_never(entry.needs)
    function = entry.load()
    scores: Scores = {}
    for name in names:
        norm = network.batch_norms.get(name)
        facts = LayerFacts(
            weight=network.weight(name).detach(),
            granularity=granularity,
            random_state=random_state,
            batch_norm_scale=None
            if norm is None
            else network.module.get_parameter(f"{norm}.weight").detach(),
            gradient_products=gradients.get(name) if entry.needs == "gradient_products" else None,
            squared_gradients=gradients.get(name) if entry.needs == "squared_gradients" else None,
            blocks=blocks_of(network.layer(name), granularity),
        )
        try:
            scores[name] = function(facts)
        except DecisionError as error:
            raise DecisionError(f"layer {name}: {error}") from None
    return scores


def _gradients(
    network: Network,
    data: DeviceData,
    names: Sequence[str],
    batch_size: int,
    num_images: int,
    random_state: torch.Generator,
    clock: Clock,
) -> Generator[BatchEvaluated, None, dict[str, torch.Tensor]]:
    """Return the mean over batches of |gradient · w|, or of gradient² if `batch_size` is 1."""
    module, weights = network.module, [network.weight(name) for name in names]
    was_training = module.training
    module.eval()
    frozen = [weight for weight in weights if not weight.requires_grad]
    for weight in frozen:
        weight.requires_grad_(True)
    is_reached = [False] * len(weights)
    order = torch.randperm(len(data.train), generator=random_state)[:num_images]
    sums = [torch.zeros_like(weight) for weight in weights]
    parts = torch.split(order, batch_size)
    for number, batch in enumerate(data.batches(data.train, parts), start=1):
        loss = data.task.loss(data.outputs(module, batch.inputs), batch)
        with differentiated():
            gradients = torch.autograd.grad(loss, weights, allow_unused=True) if loss.requires_grad else ()
        with torch.no_grad():
            for at, gradient in enumerate(gradients):
                if gradient is not None:
                    is_reached[at] = True
                    sums[at] += gradient.square() if batch_size == 1 else (gradient * weights[at]).abs()
        yield BatchEvaluated(number, len(parts), clock())
    module.train(was_training)
    for weight in frozen:
        weight.requires_grad_(False)
    if not all(is_reached):
        name = names[is_reached.index(False)]
        raise DecisionError(
            f"no gradient of the loss reaches layer {name} (features under no_grad, or an output that is not "
            "scored), so its weights can't be ranked by gradients: use l1 or l2"
        )
    return {name: total / len(parts) for name, total in zip(names, sums, strict=True)}
