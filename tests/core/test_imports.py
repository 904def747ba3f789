"""What a screen reads of the core brings in no validator."""

import subprocess
import sys

import pytest

LIGHT = (
    "prune_tui.core.session.session",
    "prune_tui.core.session.legal",
    "prune_tui.core.run.view",
    "prune_tui.core.report",
    "prune_tui.core.comparison",
)


def loads_pydantic(module: str) -> bool:
    code = f"import sys, {module}; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.strip() == "True"


@pytest.mark.parametrize("module", LIGHT)
def test_plain_data_need_no_pydantic(module: str) -> None:
    assert not loads_pydantic(module)


def test_json_does_need_it() -> None:
    assert loads_pydantic("prune_tui.core.session.json")
