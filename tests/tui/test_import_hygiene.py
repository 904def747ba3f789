"""The app is painted before torch is there: importing it brings in nothing heavy."""

import subprocess
import sys

CODE = """
import sys
import prune_tui.tui.app
heavy = {"torch", "torchvision", "numpy", "plotext", "textual_plotext"}
heavy |= {"prune_tui.coupling", "prune_tui.engine"}
print(*sorted(heavy & set(sys.modules)))
"""


def test_the_app_imports_nothing_heavy() -> None:
    result = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
