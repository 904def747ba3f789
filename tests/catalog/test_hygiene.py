"""The tables load fast: no torch, no torchvision, no screen."""

import subprocess
import sys

import pytest

TABLES = ("models", "datasets", "criteria", "schedules", "baselines")


def modules_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and return the top-level modules it has loaded."""
    script = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_no_table_imports_torch_or_a_screen() -> None:
    code = "\n".join(f"import prune_tui.catalog.{table}" for table in TABLES)
    heavy = {"torch", "torchvision", "textual", "numpy", "PIL", "typer", "plotext"}
    assert not modules_after(code) & heavy


@pytest.mark.parametrize("table", TABLES)
def test_each_table_imports_alone(table: str) -> None:
    assert "prune_tui" in modules_after(f"import prune_tui.catalog.{table}")


def test_digits_need_no_torchvision() -> None:
    code = (
        "from prune_tui.catalog.datasets import dataset_entry, load\n"
        "events = list(load(dataset_entry('digits'), data_dir=None, image_shape=(1, 28, 28), seed=0))"
    )
    assert "torchvision" not in modules_after(code)


def test_torchvision_imports_after_ensure() -> None:
    code = (
        "from prune_tui.catalog import torchvision_operators\n"
        "torchvision_operators.ensure()\n"
        "torchvision_operators.ensure()\n"
        "import torchvision.datasets, torchvision.models\n"
        "torchvision.models.resnet18()"
    )
    assert "torchvision" in modules_after(code)
