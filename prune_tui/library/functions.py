"""The library's functions on a module of one's own: scan, prune, finetune, evaluate, shrink, counts."""

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import nn

from prune_tui.catalog.batches import Tree, mapped
from prune_tui.core.errors import DecisionError
from prune_tui.core.network import NetworkCounts
from prune_tui.core.report import EpochFigures
from prune_tui.core.returning import Returning
from prune_tui.core.run.view import View
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Schedule
from prune_tui.core.terms import Device, Granularity, Precision, Scope
from prune_tui.engine.data import DeviceData
from prune_tui.engine.device import pick_device
from prune_tui.engine.measure.evaluate import Evaluation
from prune_tui.engine.measure.evaluate import evaluate as evaluate_split
from prune_tui.engine.network.counts import counted
from prune_tui.engine.network.network import Network
from prune_tui.engine.network.shrink import checked_shrink, with_zeros_as_masks
from prune_tui.engine.network.trace import find_units, network_of
from prune_tui.engine.opening import opened, unwrapped
from prune_tui.library.data import AnyData, prepared
from prune_tui.library.effects import undisturbed
from prune_tui.library.in_place import bench_of, keep_bench, known_bench, masks, write_weights
from prune_tui.library.progress import Shown, shown
from prune_tui.library.scan import Scan
from prune_tui.library.source import copied
from prune_tui.library.workbench import PlanLike, Workbench

SplitName = Literal["train", "validation", "test"]


def scan(
    model: nn.Module,
    data: AnyData,
    *,
    criterion: str = "l1",
    granularity: Granularity = "weight",
    sparsities: Sequence[float] | None = None,
    tolerance_points: float | None = None,
    precision: Precision = "float32",
    device: Device = "auto",
    seed: int = 0,
    progress: Shown = True,
) -> Scan:
    """Scan how sensitive each layer is, on a copy: the module and torch's random state stay as they are.

    The module's data, device, seed and progress are remembered for `prune`, `finetune` and `shrink`, for as
    long as the module lives. For the other arguments see `Workbench.scan`.

    Raises:
        PruneTuiError: the network can't be pruned, is pruned already, or the data are malformed.
    """
    if masks(model):
        raise DecisionError("the network is pruned already: scan it before, or scan a dense copy of it")
    bench = Workbench(unwrapped(model), data, seed=seed, device=device, progress=progress)
    found = bench.scan(
        criterion=criterion,
        granularity=granularity,
        sparsities=sparsities,
        tolerance_points=tolerance_points,
        precision=precision,
    )
    keep_bench(model, bench)
    return found


def prune(
    model: nn.Module,
    plan: PlanLike,
    data: AnyData | None = None,
    *,
    criterion: str | None = None,
    granularity: Granularity | None = None,
    scope: Scope = "layer",
    locked: Sequence[str] = (),
    schedule: Schedule | None = None,
    finetune: Training | None = None,
) -> NetworkCounts:
    """Prune a module in place: the plan's weights become zero, and masks are kept for it.

    `data` None takes those of the scan. A module that is pruned already is pruned further: what is zero stays
    so. For the other arguments see `Workbench.prune`.

    Returns:
        The counts of the pruned network.

    Raises:
        PruneTuiError: the plan does not fit the network, or its weights can't be set.
    """
    bench = bench_of(model, data)
    bench.prune(
        plan,
        criterion=criterion,
        granularity=granularity,
        scope=scope,
        locked=locked,
        schedule=schedule,
        finetune=finetune,
        start_from="pruned" if bench.state.network.masks else "dense",
    )
    write_weights(bench, model)
    counts = bench.view.counts
    assert counts is not None
    return counts


def finetune(
    model: nn.Module, data: AnyData | None = None, *, training: Training
) -> tuple[EpochFigures, ...]:
    """Train a pruned module in place with its masks held, and keep the best epoch by validation accuracy.

    `data` None takes those of the scan or the pruning. The module as it is counts as an epoch to beat. With
    `training.distillation`, the teacher is the network as it was before it was pruned.

    Returns:
        The figures of each epoch.

    Raises:
        PruneTuiError: the module was not pruned, its zeros were not held, or training diverged.
    """
    bench = bench_of(model, data)
    figures = bench.finetune(training)
    write_weights(bench, model)
    return figures


def evaluate(
    model: nn.Module,
    data: AnyData | None = None,
    *,
    split: SplitName = "validation",
    device: Device = "auto",
    seed: int = 0,
    progress: Shown = True,
) -> Evaluation:
    """Return the accuracy (or other score) and the mean loss on a split; the module stays as it is.

    `data` None takes those of the scan or the pruning. `seed` draws the splits that are not given.

    Raises:
        PruneTuiError: the module does not run on the data, or no data are known.
    """
    bench = known_bench(model)
    if data is None and bench is None:
        raise DecisionError("the network was not scanned here, so its data are not known: give data")
    given = bench.data if data is None and bench is not None else data
    assert given is not None
    with undisturbed(), shown(progress) as show:
        on_device = DeviceData(prepared(given, seed), pick_device(device))
        module = opened(copied(unwrapped(model)), on_device).module
        splits = {"train": on_device.train, "validation": on_device.validation, "test": on_device.test}
        work = Returning(evaluate_split(module, on_device, splits[split], _no_time))
        for event in work:
            show(event, View())
    return work.value


def shrink(model: nn.Module, example: Tree | AnyData | None = None) -> nn.Module:
    """Return a smaller module that computes what a pruned one does; the module itself stays as it is.

    Units whose output is zero or that nothing reads are removed. The new module has the same class and mode,
    is on the same device, and no longer has masks.

    Args:
        model: a module with zeros, such as one pruned by `unit`.
        example: inputs on which the outputs are compared: a tensor, or a dict or tuple of tensors, whose
            first dimension counts examples. None, or data, takes validation examples.

    Raises:
        DecisionError: no unit can be removed, or the outputs differ.
    """
    target = next(unwrapped(model).parameters())
    if example is None or _is_data(example):
        small = copied(bench_of(model, example).shrink())  # type: ignore[arg-type]
    else:
        with undisturbed():
            network = _network(model, example)  # type: ignore[arg-type]
            find_units(network)
            checked = checked_shrink(network, network.example)
        if checked is None:
            raise DecisionError(
                "no unit can be removed: every one still puts something out that another reads; "
                "prune with granularity unit to shrink"
            )
        small = checked[0].module
    return small.to(target.device, target.dtype).train(model.training)


def counts(model: nn.Module, example: Tree) -> NetworkCounts:
    """Return the parameters, the MACs for one example and the bytes of a checkpoint; zeros count as pruned.

    Args:
        model: a module; it stays as it is.
        example: inputs: a tensor, or a dict or tuple of tensors, whose first dimension counts examples.

    Raises:
        ModelError: it runs no convolution and no linear layer.
    """
    with undisturbed():
        return counted(_network(model, example), _no_time).counts


def _network(model: nn.Module, example: Tree) -> Network:
    """Return a copy of a module as a network in float32, with its zeros as masks."""
    module = copied(unwrapped(model)).float().eval()
    network = with_zeros_as_masks(network_of(module, mapped(example, _as_float)))
    known = masks(model)
    if known:
        network.mask(known)
    return network


def _as_float(part: torch.Tensor) -> torch.Tensor:
    return part.float() if part.is_floating_point() else part


def _is_data(example: object) -> bool:
    return not isinstance(example, torch.Tensor | tuple | list) and not (
        isinstance(example, Mapping) and "train" not in example
    )


def _no_time() -> float:
    return 0.0
