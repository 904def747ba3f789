"""Runs the engine without a trace: what it sets in the whole process is put back."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

from prune_tui.engine.device import prepare_process


@contextmanager
def undisturbed(num_threads: int | None = None) -> Iterator[None]:
    """Set up torch as the app does, and put back its random state, flags, modes and threads at the end.

    `num_threads` None leaves torch's threads as they are.
    """
    cudnn, attention = torch.backends.cudnn, torch.backends.mha
    flags = cudnn.deterministic, cudnn.benchmark, attention.get_fastpath_enabled()
    threads = torch.get_num_threads()
    with ExitStack() as restored:
        restored.enter_context(torch.random.fork_rng(_devices()))
        if torch.backends.mps.is_available():
            restored.callback(torch.mps.set_rng_state, torch.mps.get_rng_state())
        restored.enter_context(torch.inference_mode(False))
        restored.enter_context(torch.enable_grad())
        prepare_process(num_threads)
        try:
            yield
        finally:
            cudnn.deterministic, cudnn.benchmark = flags[:2]
            attention.set_fastpath_enabled(flags[2])
            if num_threads is not None:
                torch.set_num_threads(threads)


def _devices() -> list[int]:
    """Return the CUDA devices whose random state the engine may set."""
    return list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
