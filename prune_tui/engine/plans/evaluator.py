"""Evaluates plans on validation images, paired with the dense network; the network stays as it is.

A plan's masks are those that the decision would make. Batches double in size, so that a first figure is
there at once, and none takes long, so that measuring ends soon after it is asked to.
"""

from collections.abc import Generator, Iterator
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise
from time import perf_counter

import torch

from prune_tui.catalog.batches import Split
from prune_tui.core.run.events import BatchEvaluated
from prune_tui.core.run.measured_plans import MeasuredPlan, in_one_shot, start_of
from prune_tui.core.scanning.distortion import distortion
from prune_tui.core.scanning.statistics import paired_half_width
from prune_tui.core.session.decisions import Prune
from prune_tui.engine.context import Clock
from prune_tui.engine.data import DeviceData
from prune_tui.engine.device import seed_everything, wait_for
from prune_tui.engine.measure.evaluate import as_accuracy, evaluate
from prune_tui.engine.network.network import Masks, Network, Scores, Weights
from prune_tui.engine.pruning.plan_masks import layers_with, masks_for_round, plan_of
from prune_tui.engine.pruning.scores import score
from prune_tui.engine.scan.evaluator import Evaluator

FIRST_BATCH_SIZE = 128
"""The images of the first figure."""

LONGEST_BATCH_SECONDS = 0.25

NUM_TIMED, NUM_PASSES = 16, 5
LONGEST_TIMING_SECONDS = 0.05
"""A pass over so many images is timed a few times, or until that has taken so long."""


class PlanEvaluator:
    """Evaluates plans that begin with the same network, on the validation images in an order drawn by a seed.

    Plans begin with the `dense` weights, or, with `is_pruned`, with the network as it is now. It is copied.
    `seconds_per_image` is the time of a forward pass; `parts` are the images batch by batch.
    """

    def __init__(
        self, network: Network, dense: Weights, data: DeviceData, *, seed: int, is_pruned: bool = False
    ) -> None:
        self._data, self._seed = data, seed
        reference = _copied(network, dense, {})
        self._reference = Evaluator(reference, data, "float32", {})
        self._network = _copied(network, network.state(), network.masks) if is_pruned else reference
        self._evaluator = Evaluator(self._network, data, "float32", {}) if is_pruned else self._reference
        count = len(data.validation)
        order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
        self._drawn: Split = data.validation.subset(order)
        self._dense_scores: dict[int, torch.Tensor] = {}
        self._signal, self._signal_of = torch.zeros(0), 0
        self._scores: dict[tuple[object, ...], Scores] = {}
        self.seconds_per_image = self._timed()
        most = max(1, int(LONGEST_BATCH_SECONDS / self.seconds_per_image))
        self.batch_size = min(data.batch_size, most)
        self.parts = _parts(count, self.batch_size)

    @property
    def num_images(self) -> int:
        return len(self._drawn)

    def dense_accuracy(self, clock: Clock) -> Generator[BatchEvaluated, None, float]:
        """Return the dense network's accuracy on all validation images."""
        found = yield from evaluate(self._reference.network.module, self._data, self._data.validation, clock)
        return found.accuracy

    def masks_of(
        self, decision: Prune, *, index: int, clock: Clock
    ) -> Generator[BatchEvaluated, None, Masks]:
        """Return the masks that a plan makes as decision `index`, in one shot.

        Raises:
            PruneTuiError: the plan can't be carried out on this network.
        """
        network, one_shot = self._network, in_one_shot(decision)
        layers = layers_with(network, list(plan_of(network, one_shot)), one_shot.granularity)
        key = (one_shot.criterion, one_shot.granularity, index, *layers)
        if key not in self._scores:
            random_state = seed_everything(self._seed, index)
            found = yield from score(
                network,
                self._data,
                one_shot.criterion,
                one_shot.granularity,
                layers,
                random_state=random_state,
                clock=clock,
            )
            self._scores = {key: found}
        return masks_for_round(network, self._scores[key], one_shot, 1)

    def gains(self, masks: Masks, number: int) -> torch.Tensor:
        """Return how much better each image of part `number` scores under these masks, float32 [images]."""
        task, part = self._data.task, self.parts[number]
        if number not in self._dense_scores:
            batch = self._reference.load_batch(self._drawn, part)
            self._dense_scores[number] = task.scores(self._reference.plain_outputs(), batch).float()
        batch = self._evaluator.load_batch(self._drawn, part)
        return task.scores(self._evaluator.outputs_with(masks), batch).float() - self._dense_scores[number]

    def distortion(self, masks: Masks, num_images: int) -> float:
        """Return the distortion of the outputs under these masks, on the first images of the order."""
        part, task = slice(0, num_images), self._data.task
        if self._signal_of != num_images:
            self._reference.load_batch(self._drawn, part)
            self._signal = task.signal(self._reference.plain_outputs())
            self._signal_of = num_images
        self._evaluator.load_batch(self._drawn, part)
        errors = task.signal(self._evaluator.outputs_with(masks)) - self._signal
        return distortion(
            signal=float(self._signal.square().sum()),
            error=float(errors.square().sum()),
            overlap=float((errors * self._signal).sum()),
        )

    def measured(
        self, decision: Prune, masks: Masks, *, index: int, dense_accuracy: float
    ) -> Iterator[MeasuredPlan]:
        """Yield a plan's figures after each part of the images; the last are on all of them."""
        lost = gained = 0.0
        for number, part in enumerate(self.parts):
            gains = self.gains(masks, number).double()
            lost += float((-gains).clamp_min(0).sum())
            gained += float(gains.clamp_min(0).sum())
            yield MeasuredPlan(
                decision=in_one_shot(decision),
                after=start_of(decision, index),
                accuracy=as_accuracy(dense_accuracy + (gained - lost) / part.stop),
                half_width=paired_half_width(lost, gained, part.stop, self.num_images),
                num_images=part.stop,
                num_total=self.num_images,
            )

    def _timed(self) -> float:
        """Return the shortest of a few passes, since other processes may take the processor for a while."""
        batch = self._evaluator.load_batch(self._drawn, slice(0, NUM_TIMED))
        self._evaluator.plain_outputs()
        wait_for(self._data.device)
        passes: list[float] = []
        while len(passes) < NUM_PASSES and sum(passes) < LONGEST_TIMING_SECONDS:
            began = perf_counter()
            self._evaluator.plain_outputs()
            wait_for(self._data.device)
            passes.append(perf_counter() - began)
        return max(1e-9, min(passes) / max(1, len(batch)))


def _copied(network: Network, weights: Weights, masks: Masks) -> Network:
    """Return a copy of a network with these weights and masks."""
    copy = replace(network, module=deepcopy(network.module).eval(), masks={}, _bits={})
    copy.load(weights, masks)
    return copy


def _parts(num_images: int, largest: int) -> list[slice]:
    """Return the parts of the images, doubling in size up to the largest."""
    ends, size = [0], min(FIRST_BATCH_SIZE, largest)
    while ends[-1] < num_images:
        ends.append(min(num_images, ends[-1] + size))
        size = min(largest, 2 * size)
    return [slice(start, stop) for start, stop in pairwise(ends)]
