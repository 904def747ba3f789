"""A network in C as a module of torch: built, loaded, and run on tensors of the CPU."""

import ctypes
from collections.abc import Sequence

import torch
from torch import nn

from prune_tui.native.building import built
from prune_tui.native.program import Program
from prune_tui.native.source.network import Choice, header_of, source_of


class NativeNetwork(nn.Module):
    """Runs a program in C, on one thread or several; takes and gives what the network in torch does."""

    def __init__(
        self, program: Program, choices: Sequence[Choice | None], *, few: int = 3, threads: int = 1
    ) -> None:
        """Build the program.

        Raises:
            ExportError: there is no C compiler, or it refuses the source.
        """
        super().__init__()
        source = source_of(program, choices, few=few, embeds=False)
        self._library = built(source, header_of(program), with_threads=threads > 1)
        self._run = self._library.net
        self._run.argtypes, self._run.restype = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int), None
        self._threads = threads
        self._input_size, output = program.input.size, program.shape_of(len(program.nodes))
        is_vector = output.rows == output.columns == 1
        self._output = (output.channels,) if is_vector else (output.channels, output.rows, output.columns)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the outputs of a batch."""
        if inputs.dtype is not torch.float32 or not inputs.is_contiguous():
            inputs = inputs.detach().to(torch.float32).contiguous()
        count = inputs.shape[0]
        assert inputs.numel() == count * self._input_size, "inputs of another network"
        outputs = torch.empty((count, *self._output))
        if self._threads > 1:
            # OpenMP keeps the number for each thread that calls.
            self._library.omp_set_num_threads(self._threads)
        self._run(inputs.data_ptr(), outputs.data_ptr(), count)
        return outputs
