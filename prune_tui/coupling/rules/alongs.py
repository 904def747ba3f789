"""What operations along some dimensions do to units: pooling, means, softmax, norms."""

from collections.abc import Sequence

import numpy as np

from prune_tui.coupling.call import Call, Rule
from prune_tui.coupling.labels import Axes, Axis


def pooled(call: Call) -> Sequence[Axes]:
    """Pooling and resizing of the last one to three dimensions; a channel of zeros stays one."""
    axes = call.axes("self")
    num_spatial = next(int(digit) for digit in call.name if digit in "123")
    for axis in axes[-num_spatial:]:
        call.ledger.pin(axis, "a pooling reaches across its units")
    kept = axes[:-num_spatial] + (None,) * num_spatial
    return [kept] * len(call.outputs)


def reduced(call: Call) -> Sequence[Axes]:
    """A sum, mean, maximum and the like over some dimensions."""
    axes, output = call.axes("self"), call.outputs[0]
    dims = call.dims("dim", of=len(axes)) if axes else []
    for dim in dims:
        call.ledger.pin(axes[dim], f"the {_WORDS.get(call.name, call.name)} over all its units is taken")
    keeps_zero = call.name not in ("logsumexp", "prod", "argmax", "argmin", "all")
    rest = [axis and axis.where(axis.is_zero & keeps_zero) for axis in axes]
    if output.dim() == len(axes):
        return [tuple(None if dim in dims else axis for dim, axis in enumerate(rest))] * len(call.outputs)
    return [tuple(axis for dim, axis in enumerate(rest) if dim not in dims)] * len(call.outputs)


_WORDS = {
    "amax": "maximum", "amin": "minimum", "max": "maximum", "min": "minimum", "linalg_vector_norm": "norm",
    "var": "variance", "var_mean": "variance", "std": "deviation",
}  # fmt: skip


def along(call: Call) -> Sequence[Axes]:
    """An operation that mixes or reorders the positions of one dimension and keeps the shape."""
    axes = list(call.axes("self"))
    keeps_zero = call.name in ("roll", "flip", "cumsum")
    for dim in call.dims("dims" if call.has("dims") else "dim", of=len(axes)):
        call.ledger.pin(axes[dim], f"{call.name.strip('_')} runs over its units")
    return [tuple(axis and axis.where(axis.is_zero & keeps_zero) for axis in axes)] * len(call.outputs)


def batch_normalized(call: Call) -> Sequence[Axes]:
    """Each channel by itself. Zeros stay if scale and shift are masked, or the mean is the channel's own."""
    axes = list(call.axes("input"))
    vectors = [name for name in ("weight", "bias", "running_mean", "running_var") if call.has(name)]
    tied = call.ledger.tie([axes[1], *[call.only_axis(name) for name in vectors]])
    if axes[1] is None or tied is None:
        return [tuple(axes)]
    scale, shift = call.only_axis("weight"), call.only_axis("bias")
    has_own_mean = call.arguments.get("training") is True
    for axis in (axes[0], *axes[2:]) if has_own_mean else ():
        call.ledger.pin(axis, "a weight is normalized over its units")
    is_zero = axes[1].is_zero if has_own_mean else np.zeros(len(axes[1]), dtype=np.bool_)
    if scale is not None:
        is_zero = is_zero | scale.is_zero
    if call.has("bias"):
        is_zero = is_zero & (False if shift is None else shift.is_zero)
    return [(axes[0], tied.where(is_zero), *axes[2:])]


def layer_normalized(call: Call) -> Sequence[Axes]:
    """The last dimensions are scaled by their mean and variance, which changes if any of them goes."""
    axes = list(call.axes("input"))
    num_normalized = len(call.integers("normalized_shape"))
    for back in range(1, num_normalized + 1):
        call.ledger.pin(axes[-back], "a layer norm takes the mean of all its units")
        for name in ("weight", "bias"):
            if call.has(name):
                call.ledger.tie([axes[-back], call.axes(name)[-back]])
    return [tuple(axis and axis.where(False) for axis in axes)]


def group_normalized(call: Call) -> Sequence[Axes]:
    """Each group of channels by its mean and variance; a group of one channel is like a batch norm."""
    axes = list(call.axes("input"))
    own = [call.only_axis(name) for name in ("weight", "bias") if call.has(name)]
    tied = call.ledger.tie([axes[1], *own])
    if call.integer("group") < call.integer("C"):
        call.ledger.pin(tied, "a group norm takes the mean of several of its units")
    elif tied is not None:
        call.ledger.pin(tied, "a group norm counts its units")
    return [(axes[0], tied and tied.where(False), *axes[2:])]


def embedded(call: Call) -> Sequence[Axes]:
    """Rows of a table, which are not masked with any layer's units."""
    words, features = call.axes("weight")
    call.ledger.pin(words, "an embedding looks its units up")
    output = call.outputs[0]
    kept: Axis | None = features and features.where(False)
    return [(None,) * (output.dim() - 1) + (kept,)]


_POOLS = (
    "_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_avg_pool1d", "adaptive_max_pool1d",
    "adaptive_max_pool2d", "adaptive_max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d",
    "max_pool1d_with_indices", "max_pool2d_with_indices", "max_pool3d_with_indices", "max_pool1d",
    "max_pool2d", "max_pool3d", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d",
    "replication_pad1d", "replication_pad2d", "replication_pad3d", "upsample_bicubic2d",
    "upsample_bilinear2d", "_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", "upsample_linear1d",
    "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_trilinear3d",
)  # fmt: skip

_REDUCTIONS = (
    "all", "amax", "amin", "any", "argmax", "argmin", "linalg_vector_norm", "logsumexp", "max", "mean", "min",
    "norm", "prod", "std", "sum", "var", "var_mean",
)  # fmt: skip

RULES: dict[str, Rule] = {
    **dict.fromkeys(_POOLS, pooled),
    **dict.fromkeys(_REDUCTIONS, reduced),
    **dict.fromkeys(("_log_softmax", "_safe_softmax", "_softmax", "cumsum", "flip", "roll", "sort"), along),
    **dict.fromkeys(("_native_batch_norm_legit", "cudnn_batch_norm", "native_batch_norm"), batch_normalized),
    "_native_batch_norm_legit_no_training": batch_normalized,
    "embedding": embedded,
    "native_group_norm": group_normalized,
    "native_layer_norm": layer_normalized,
}
