"""Networks with random statistics, and how far programs of them are from what they compute."""

import torch
from torch import nn

from prune_tui.catalog.batches import Tree, call, tensors_of
from prune_tui.native.fusing import fused
from prune_tui.native.program import Node, Program
from prune_tui.native.tracing import program_of
from tests.native.interpreter import interpreted

TOLERANCE = 1e-4


def with_random_statistics(module: nn.Module) -> nn.Module:
    """Return the module in evaluation mode, its batch norms with statistics of their own."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.running_mean is not None:
                assert layer.running_var is not None
                layer.running_mean.normal_(0, 0.1, generator=generator)
                layer.running_var.uniform_(0.5, 1.5, generator=generator)
                if layer.affine:
                    layer.weight.uniform_(0.5, 1.5, generator=generator)
                    layer.bias.normal_(0, 0.1, generator=generator)
    return module.eval()


def difference(module: nn.Module, program: Program, inputs: Tree) -> float:
    """Return how far a program is from its module at most, relative to the largest output."""
    (given,) = tensors_of(inputs)
    with torch.no_grad():
        wanted = call(module, inputs)
        assert isinstance(wanted, torch.Tensor)
        found = interpreted(program, given)
    assert wanted[0].numel() == found[0].numel()
    return float((wanted.flatten(1) - found.flatten(1)).abs().max() / wanted.abs().max())


def check(module: nn.Module, inputs: Tree) -> tuple[Node, ...]:
    """See that the programs before and after fusing compute what the module does; return the nodes after."""
    module = with_random_statistics(module)
    program = program_of(module, inputs)
    short = fused(program)
    assert difference(module, program, inputs) < TOLERANCE
    assert difference(module, short, inputs) < TOLERANCE
    assert len(short.nodes) <= len(program.nodes)
    return short.nodes
