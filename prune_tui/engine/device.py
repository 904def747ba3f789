"""The device: picks it, seeds it, and describes the machine and the versions that produced the figures."""

import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import torch

from prune_tui import __version__
from prune_tui.core.errors import DeviceError
from prune_tui.core.report import Environment
from prune_tui.core.terms import Device

_FRESH_WEIGHTS_INDEX: Final = 1_000_003
"""The index that seeds fresh weights; no decision ever has it."""


def pick_device(wanted: Device) -> torch.device:
    """Return the device that a session names; `auto` is the fastest one available.

    Raises:
        DeviceError: this machine does not have that device.
    """
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return torch.device(next(name for name in ("cuda", "mps", "cpu") if available[name]))
    if not available[wanted]:
        there = ", ".join(name for name, is_there in available.items() if is_there)
        raise DeviceError(f"device {wanted} is not on this machine: use auto or one of {there}")
    return torch.device(wanted)


def prepare_process(num_threads: int | None) -> None:
    """Set up the whole process: deterministic kernels, and the number of threads that torch uses.

    `num_threads` is limited to the number of cores; None leaves torch's default.
    """
    # Makes CUDA convolutions give the same bits each time, as they always do on the CPU.
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    # The fast path of attention can't be recorded for re-execution, and rounds differently.
    torch.backends.mha.set_fastpath_enabled(False)
    if num_threads is not None:
        torch.set_num_threads(max(1, min(num_threads, os.cpu_count() or 1)))


def computes_bfloat16(device: torch.device) -> bool:
    """Return whether mixed precision in bfloat16 is faster than float32 on this device."""
    match device.type:
        case "cuda":
            return bool(torch.cuda.is_bf16_supported(including_emulation=False))
        case "cpu":
            return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
        case _:
            return False


def wait_for(device: torch.device) -> None:
    """Wait until the device has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def seed_everything(seed: int, index: int) -> torch.Generator:
    """Seed torch from a session's seed and a decision's index, and return a generator for the data order.

    A decision thus draws the same numbers whether or not the process was restarted before it.
    """
    combined = (seed * 1_000_003 + index * 7_919 + 1) % 2**63
    torch.manual_seed(combined)
    return torch.Generator().manual_seed(combined + 1)


def seed_fresh_weights(seed: int) -> None:
    """Seed torch for drawing a model's fresh weights."""
    seed_everything(seed, _FRESH_WEIGHTS_INDEX)


def environment_of(device: torch.device, num_images: Mapping[str, int]) -> Environment:
    """Describe the machine, the versions and the data behind the figures."""
    return Environment(
        versions={
            "prune-tui": __version__,
            "python": platform.python_version(),
            **{name: _version(name) for name in ("torch", "torchvision", "numpy")},
        },
        device=device.type,
        device_name=_device_name(device),
        num_threads=torch.get_num_threads(),
        num_images=dict(num_images),
    )


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{processor_name()}, {platform.machine()} {torch.backends.cpu.get_cpu_capability()}"


def processor_name() -> str:
    """Return the processor's model if the system reports it, else its architecture."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
