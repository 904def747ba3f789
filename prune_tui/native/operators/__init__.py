"""What each operation of torch becomes in a program: one line here for each."""

from collections.abc import Mapping
from typing import Final

from prune_tui.native.operators import activations, arithmetic, joining, layers, moving, pooling
from prune_tui.native.operators.calls import Rule

RULES: Final[Mapping[str, Rule]] = {
    **dict.fromkeys(("conv1d", "conv2d"), layers.convolution),
    "linear": layers.linear,
    **dict.fromkeys(("mm", "matmul", "addmm"), layers.product),
    **dict.fromkeys(("batch_norm", "native_batch_norm_legit_no_training"), layers.batch_norm),
    **dict.fromkeys(("sigmoid", "hardsigmoid", "silu", "hardswish", "tanh"), activations.plain),
    **dict.fromkeys(("relu", "relu6", "hardtanh", "clamp", "clamp_min", "clamp_max"), activations.clamp),
    "gelu": activations.gelu,
    "leaky_relu": activations.leaky_relu,
    "prelu": activations.prelu,
    **dict.fromkeys(("elu", "celu", "selu"), activations.elu),
    **dict.fromkeys(("softmax", "log_softmax"), activations.softmax),
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool2d_with_indices"), pooling.max_pool),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d"), pooling.average_pool),
    **dict.fromkeys(("adaptive_avg_pool1d", "adaptive_avg_pool2d"), pooling.adaptive_average_pool),
    **dict.fromkeys(("adaptive_max_pool1d", "adaptive_max_pool2d"), pooling.adaptive_max_pool),
    "mean": pooling.mean,
    "sum": pooling.sum_,
    **dict.fromkeys(("amax", "max"), pooling.maximum_over),
    "add": arithmetic.add,
    **dict.fromkeys(("sub", "rsub"), arithmetic.subtract),
    "mul": arithmetic.multiply,
    "div": arithmetic.divide,
    "neg": arithmetic.negative,
    **dict.fromkeys(("pow", "square"), arithmetic.power),
    **dict.fromkeys(("cat", "stack"), joining.joined),
    **dict.fromkeys(("pad", "constant_pad_nd"), moving.padded),
    **dict.fromkeys(
        ("alias", "clone", "contiguous", "detach", "lift_fresh_copy", "to", "to_copy", "type_as"),
        moving.unchanged,
    ),
    **dict.fromkeys(("dropout", "feature_dropout", "alpha_dropout", "native_dropout"), moving.dropout),
    **dict.fromkeys(
        ("zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full"), moving.made_like
    ),
    "sym_size": moving.size,
    **dict.fromkeys(
        (
            *("view", "reshape", "unsafe_view", "flatten", "unflatten", "squeeze", "unsqueeze", "expand"),
            *("permute", "transpose", "t", "movedim", "swapaxes", "flip", "roll", "repeat"),
            *("slice", "select", "narrow", "index", "index_select"),
            *("split", "split_with_sizes", "chunk", "tensor_split", "unbind"),
            *("channel_shuffle", "pixel_shuffle", "pixel_unshuffle"),
            *("reflection_pad2d", "replication_pad2d", "upsample_nearest2d"),
        ),
        moving.moved,
    ),
}

COMPUTING: Final = frozenset(name for name, rule in RULES.items() if rule.__module__ != moving.__name__)
"""The operations whose results share no memory with what they are made from."""
