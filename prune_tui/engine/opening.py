"""Makes a module ready to be pruned, whatever it is, or says why it can't be: before anything else runs.

What pruning can't work with is undone (wrappers, parametrised weights, half precision), and said in a note. A
trial on the first examples shows whether the network runs, what it returns, and which memory format it takes.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.utils import parametrize, remove_spectral_norm, remove_weight_norm
from torch.nn.utils.prune import BasePruningMethod
from torch.nn.utils.prune import remove as remove_mask

from prune_tui.catalog.batches import Batch, Tree, shapes_text, tensors_of
from prune_tui.catalog.said import said
from prune_tui.core.errors import ModelError, PruneTuiError
from prune_tui.engine.data import DeviceData
from prune_tui.engine.measure.memory import activation_bytes, training_budget
from prune_tui.engine.network.formats import in_best_format
from prune_tui.engine.network.network import load_state

NUM_TRIED = 2
"""The examples of the trial: with one alone, `squeeze` would drop the dimension that counts them."""

USUAL_BATCH_SIZE = 128
"""Where fewer examples than this can be trained at once, a note says so."""

_MAX_NAMES = 3


@dataclass(frozen=True, slots=True)
class Opened:
    """A module that is ready to be pruned; `notes` say in a line each what was changed, or will be odd."""

    module: nn.Module
    notes: tuple[str, ...] = ()


def opened(module: nn.Module, data: DeviceData) -> Opened:
    """Return the module on the data's device, ready to be pruned.

    Raises:
        ModelError: it is scripted or quantised, does not run on the data, or returns what can't be scored.
    """
    module = unwrapped(module)
    _refuse(module)
    batch = data.batch(data.validation, slice(0, NUM_TRIED))
    module = module.to(data.device)
    if _is_lazy(module):
        _tried(module, batch, data)
    notes = [*_with_float_weights(module), *_with_plain_weights(module)]
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    outputs = _tried(module, batch, data)
    _score(outputs, batch, data)
    notes += _behaviour(module, batch, data, outputs, before)
    notes += _fitting(module, batch, data)
    load_state(module, before)
    return Opened(in_best_format(module, batch.inputs), tuple(notes))


def unwrapped(module: nn.Module) -> nn.Module:
    """Return the module that was compiled or spread over devices."""
    while isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel) or hasattr(
        module, "_orig_mod"
    ):
        inner = module.module if hasattr(module, "module") else module._orig_mod
        assert isinstance(inner, nn.Module)
        module = inner
    return module


def _refuse(module: nn.Module) -> None:
    for name, part in module.named_modules():
        where = f"its part {name}" if name else "it"
        if isinstance(part, torch.jit.ScriptModule):
            raise ModelError(f"the network can't be pruned: {where} is TorchScript; give the module itself")
        if "quantized" in type(part).__module__ or "torchao" in type(part).__module__:
            raise ModelError(
                f"the network can't be pruned: {where} is quantised ({type(part).__name__}); "
                "prune first, then quantise"
            )


def _is_lazy(module: nn.Module) -> bool:
    return any(nn.parameter.is_lazy(parameter) for parameter in module.parameters())


def _with_float_weights(module: nn.Module) -> list[str]:
    """Turn weights of other precisions into float32."""
    kinds = {parameter.dtype for parameter in module.parameters() if parameter.is_floating_point()}
    others = sorted(str(kind).removeprefix("torch.") for kind in kinds - {torch.float32})
    if not others:
        return []
    module.float()
    return [f"its {' and '.join(others)} weights are opened as float32"]


def _with_plain_weights(module: nn.Module) -> list[str]:
    """Make every weight that is computed from others, as by weight norm, a parameter of its own."""
    module.eval()
    baked: dict[str, list[str]] = {}
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the older forms of both norms are deprecated
        for name, part in module.named_modules():
            if parametrize.is_parametrized(part):
                parametrizations = part.parametrizations
                assert isinstance(parametrizations, nn.ModuleDict)
                for own in list(parametrizations):
                    # Without gradients a weight computed from several would become a buffer.
                    with torch.enable_grad():
                        parametrize.remove_parametrizations(part, own, leave_parametrized=True)
                baked.setdefault("parametrised", []).append(name)
            for hook in list(part._forward_pre_hooks.values()):
                kind = type(hook).__name__
                if isinstance(hook, BasePruningMethod):
                    remove_mask(part, hook._tensor_name)  # type: ignore[no-untyped-call]
                    baked.setdefault("earlier masked", []).append(name)
                elif kind == "WeightNorm":
                    remove_weight_norm(part, hook.name)
                    baked.setdefault("weight-normed", []).append(name)
                elif kind == "SpectralNorm":
                    remove_spectral_norm(part, hook.name)
                    _forget_loading_hooks(part)
                    baked.setdefault("spectral-normed", []).append(name)
    return [f"the {kind} weights of {_listed(names)} are now plain ones" for kind, names in baked.items()]


def _forget_loading_hooks(part: nn.Module) -> None:
    """Remove what the older spectral norm leaves behind: it looks for its own hook under another name."""
    for key, wrapped in list(part._load_state_dict_pre_hooks.items()):
        if type(getattr(wrapped, "hook", None)).__name__ == "SpectralNormLoadStateDictPreHook":
            del part._load_state_dict_pre_hooks[key]


def _tried(module: nn.Module, batch: Batch, data: DeviceData) -> Tree:
    """Return the outputs for a few examples.

    Raises:
        ModelError: the module can't be run on them.
    """
    module.eval()
    with torch.no_grad():
        return data.outputs(module, batch.inputs)


def _score(outputs: Tree, batch: Batch, data: DeviceData) -> None:
    """Score the outputs as training and scanning will.

    Raises:
        ModelError: the task can't score them.
    """
    task = data.task
    shapes = f"outputs of {shapes_text(outputs)} for targets of {shapes_text(batch.targets)}"
    try:
        loss, scores, signal = task.loss(outputs, batch), task.scores(outputs, batch), task.signal(outputs)
    except PruneTuiError:
        raise
    except Exception as error:  # noqa: BLE001 - outputs of any shape and type come in
        raise ModelError(f"{task.name} can't score {shapes}: {said(error)}") from None
    num_given = signal.shape[1] if signal.dim() > 1 else 0
    if loss.dim() or scores.shape != (len(batch),) or len(signal) != len(batch):
        raise ModelError(f"{task.name} can't score {shapes}: one score for each example is wanted")
    if task.name in ("classification", "multi_label") and num_given != task.num_outputs:
        raise ModelError(f"the network puts out {num_given} classes, the dataset has {task.num_outputs}")


def _behaviour(
    module: nn.Module, batch: Batch, data: DeviceData, outputs: Tree, before: dict[str, torch.Tensor]
) -> list[str]:
    """Say what is odd about a forward pass in evaluation: noise, or buffers that it changes."""
    notes = []
    after = module.state_dict()
    changed = [name for name, was in before.items() if not _equal(was, after[name])]
    if changed:
        notes.append(f"its forward pass changes {_listed(changed)}, also in evaluation")
    load_state(module, before)
    again = _tried(module, batch, data)
    if not all(
        _equal(one, other) for one, other in zip(tensors_of(outputs), tensors_of(again), strict=False)
    ):
        notes.append("its outputs differ from one pass to the next, also in evaluation: figures are noisy")
    return notes


def _fitting(module: nn.Module, batch: Batch, data: DeviceData) -> list[str]:
    """Fit the data's batches into memory; say so where usual batches are too large to train."""
    found = activation_bytes(module, batch.inputs)
    budget = training_budget(data.device)
    data.fit_batches(evaluating=found.evaluating, training=found.training, training_budget=budget)
    most = data.training_size
    if most is None or most >= USUAL_BATCH_SIZE:
        return []
    return [
        f"a batch of over {most} examples is trained in parts, to fit in memory; batch norm sees a part each"
    ]


def _equal(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.shape == other.shape and bool(
        torch.equal(one, other) or torch.equal(one.nan_to_num(), other.nan_to_num())
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name or "the network" for name in names[:_MAX_NAMES])
    return shown if len(names) <= _MAX_NAMES else f"{shown} and {len(names) - _MAX_NAMES} more"
