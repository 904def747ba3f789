"""One thread for torch, no choice by time, few garbage collections, and the real data where they are."""

import gc
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from filelock import FileLock

from prune_tui.engine.measure import native
from prune_tui.engine.scan import trial
from prune_tui.native import building
from tests.catalog.mirror import Mirror, serving

FETCH = Path(__file__).parents[2] / "shared" / "data" / "fetch.sh"


@pytest.fixture(autouse=True)
def no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration of the tests is not the user's."""
    monkeypatch.setenv("PRUNE_TUI_CONFIG", str(tmp_path / "no-configuration.toml"))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def always_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time decide nothing: whether re-execution is faster would depend on how busy the machine is."""
    monkeypatch.setattr(trial, "_pays", lambda *_: True)


@pytest.fixture(autouse=True)
def without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measuring builds no network as C, which takes seconds, unless a test asks for `with_compiler`."""
    monkeypatch.setattr(native, "compiler", lambda: None)


@pytest.fixture
def with_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measuring builds networks as C, if this machine has a compiler."""
    if building.compiler() is None:
        pytest.skip("no C compiler")
    monkeypatch.setattr(native, "compiler", building.compiler)


@pytest.fixture(scope="session", autouse=True)
def few_collections() -> None:
    """Leave out of garbage collections what is imported for good: they took a fifth of the screens' tests."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def real_data_dir() -> Path:
    """A data folder with the real MNIST, unpacked once and kept between runs."""
    if not FETCH.is_file():
        pytest.skip("the real MNIST files are not beside the checkout")
    folder = Path(tempfile.gettempdir()) / "prune-tui-test-data"
    with FileLock(f"{folder}.lock"):
        subprocess.run(["bash", str(FETCH), str(folder)], check=True, capture_output=True)
    return folder


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A server on this machine, reached past any proxy."""
    monkeypatch.setenv("no_proxy", "*")
    with serving() as running:
        yield running
