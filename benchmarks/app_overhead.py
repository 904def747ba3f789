"""Measures how much the app slows training: one decision in the app on a terminal, and without a screen."""

import math
import subprocess
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from benchmarks.preparation import copied, driver, parser_of, prepared_session, pruning, seconds_taken
from benchmarks.reporting import median, print_machine, print_table, ratio_text, seconds_text
from benchmarks.terminal import ROOT, Terminal, TerminalTimeoutError
from prune_tui.core.session.decisions import Prune

TARGET_RATIO = 1.05
WARM_UP_EPOCHS = 5
LONGEST_SECONDS = 1800.0


def headless_seconds(prepared: Path, folder: Path, decision: Prune, args: Namespace, threads: int) -> float:
    """Carry out the decision without a screen; return the seconds by its own clock."""
    path = copied(prepared, folder)
    command = driver("headless", path, args, decision=decision, threads=threads)
    subprocess.run(command, cwd=ROOT, check=True)
    return seconds_taken(path)


def app_seconds(prepared: Path, folder: Path, decision: Prune, args: Namespace, threads: int) -> float:
    """Carry out the decision in the app, on the Train step; return the seconds by its own clock."""
    path = copied(prepared, folder)
    with Terminal(driver("app", path, args, decision=decision, threads=threads)) as terminal:
        terminal.wait_for(rb"\[4 Train\]", timeout=120.0)
        if not terminal.wait_for_end(timeout=LONGEST_SECONDS):
            raise TerminalTimeoutError("the decision was not finished in the app")
    return seconds_taken(path)


def measure(prepared: Path, args: Namespace, threads: int) -> tuple[int, list[float], list[float]]:
    """Return the epochs of the decision, and its seconds in the app and headless, measured in turn."""
    folder = prepared.parent / f"with-{threads}-threads"
    folder.mkdir()
    warm_up = pruning(args.model, num_epochs=WARM_UP_EPOCHS)
    pace = headless_seconds(prepared, folder / "warm-up", warm_up, args, threads) / WARM_UP_EPOCHS
    num_epochs = max(1, math.ceil(args.seconds / pace))
    decision = pruning(args.model, num_epochs=num_epochs)
    in_app, headless = [], []
    for pair in range(args.pairs):
        in_app.append(app_seconds(prepared, folder / f"app-{pair}", decision, args, threads))
        headless.append(headless_seconds(prepared, folder / f"headless-{pair}", decision, args, threads))
    return num_epochs, in_app, headless


def main(options: Sequence[str] = ()) -> None:
    parser = parser_of("app_overhead")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=14.0, help="about how long a decision takes")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="CPU threads that train")
    args = parser.parse_args(options)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepared_session(Path(folder), args)
        for threads in args.threads:
            num_epochs, in_app, headless = measure(prepared, args, threads)
            rows.append(
                [
                    f"{threads} thread{'' if threads == 1 else 's'}, {num_epochs} epochs",
                    seconds_text(median(in_app)),
                    seconds_text(median(headless)),
                    f"≤ {TARGET_RATIO:.2f}",
                    ratio_text(in_app, headless),
                ]
            )
    print_table(
        f"Prune and fine-tune {args.model} on {args.dataset}, {args.device}: seconds by the decision's own "
        f"clock, {args.pairs} pairs in turn",
        ("with", "in the app", "no screen", "target", "ratio of medians (of the pairs)"),
        rows,
    )
    print_machine()


if __name__ == "__main__":
    main()
