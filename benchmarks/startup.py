"""Measures the start: `prune-tui --help`, the app's first frame on a terminal, and what is imported."""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.reporting import median, p95, print_machine, print_table, seconds_text
from benchmarks.terminal import ROOT, Terminal, environment

HELP_TARGET_SECONDS = 0.25
FIRST_FRAME_TARGET_RATIO = 1.7
"""The first frame / the import of Textual alone, medians of one run: it carries over between machines."""

FIRST_FRAME = rb"\[1 Pick\]"
ENGINE_READY = b"engine ready"

HELP_IMPORTS = """
import sys
sys.argv = ["prune-tui", "--help"]
from prune_tui.cli.app import main
try:
    main()
except SystemExit:
    pass
"""
SAY_IMPORTED = (
    "import sys; sys.stderr.write(' '.join(set(sys.modules) & {'torch', 'textual', 'numpy', 'pydantic'}))"
)


def program() -> list[str]:
    """Return the command that a user types."""
    script = Path(sys.executable).with_name("prune-tui")
    return [str(script)] if script.is_file() else [sys.executable, "-m", "prune_tui"]


def time_process(command: Sequence[str]) -> float:
    """Return the wall time of a process from start to end."""
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, env=environment(), stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def time_first_frame(folder: Path) -> tuple[float, float]:
    """Return the time from the process's start to its first frame, and until the engine is loaded.

    Args:
        folder: The working folder, whose `sessions` the app lists.
    """
    with Terminal(program(), folder) as terminal:
        shown_at, _ = terminal.wait_for(FIRST_FRAME)
        ready_at, _ = terminal.wait_for(ENGINE_READY, timeout=120.0)
        return shown_at - terminal.started_at, ready_at - terminal.started_at


def imported(statements: str) -> set[str]:
    """Return which heavy modules are loaded after some statements in a fresh interpreter."""
    finished = subprocess.run(
        [sys.executable, "-c", f"{statements}\n{SAY_IMPORTED}"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return set(finished.stderr.split())


def main(options: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks startup")
    parser.add_argument("--repeats", type=int, default=15)
    args = parser.parse_args(options)
    bare, helped, textual, first, ready = [], [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(args.repeats + 1):
            bare.append(time_process([sys.executable, "-c", "pass"]))
            helped.append(time_process([*program(), "--help"]))
            textual.append(time_process([sys.executable, "-c", "import textual.app"]))
            shown, loaded = time_first_frame(Path(folder))
            first.append(shown)
            ready.append(loaded)
    for times in (bare, helped, textual, first, ready):
        del times[0]  # the first of each reads the files from disk
    print_table(
        f"Start, from the process's own beginning: {args.repeats} of each, in turn",
        ("what", "target", "median", "p95", "lowest", "highest"),
        [
            _row("Python itself, nothing imported", bare, None),
            _row("prune-tui --help, until it ends", helped, HELP_TARGET_SECONDS),
            _row("python -c 'import textual.app', until it ends", textual, None),
            _row("prune-tui, until its first frame is on the terminal", first, None),
            _row("prune-tui, until the engine is loaded", ready, None),
        ],
    )
    ratio = median(first) / median(textual)
    print(f"first frame / import of Textual: {ratio:.2f} (wanted: at most {FIRST_FRAME_TARGET_RATIO})\n")
    after_help, after_app = imported(HELP_IMPORTS), imported("import prune_tui.tui.app")
    print_table(
        "Imported by then",
        ("after", "torch", "textual", "numpy", "pydantic"),
        [
            _imports("prune-tui --help (wanted: no, no)", after_help),
            _imports("import prune_tui.tui.app (wanted: no torch, no pydantic)", after_app),
        ],
    )
    print_machine()


def _row(what: str, times: Sequence[float], target: float | None) -> list[str]:
    wanted = "" if target is None else f"< {target:.2f} s"
    return [what, wanted, *(seconds_text(of(times)) for of in (median, p95, min, max))]


def _imports(what: str, modules: set[str]) -> list[str]:
    return [what, *("yes" if name in modules else "no" for name in ("torch", "textual", "numpy", "pydantic"))]


if __name__ == "__main__":
    main()
