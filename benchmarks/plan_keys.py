"""Keys on a plan of 200 rows: how soon each shows, while a plan is being measured and at rest."""

import random
import re
import tempfile
from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from benchmarks.preparation import copied, driver, layer_names, prepared_session
from benchmarks.reporting import median, milliseconds, p95, print_table
from benchmarks.terminal import FRAME_END, ROOT, Terminal

SIZES = ((120, 40), (200, 60))
NETWORK = ROOT / "benchmarks" / "deep_network.py"
PREPARED = ("--scanned", "0.9", "--tolerance-points", "20", "--threads", "1")
NUM_ORDERS = 6
"""What rows can be sorted by: the last press of `>` brings back the network's own order."""

SHORT, LONG = (0.05, 0.15), (0.45, 0.60)
"""Seconds between two presses; after the plan has changed, until the engine measures it."""

Press = tuple[str, bytes, bytes, tuple[float, float]]
"""What it is called, the key, text that the screen shows only after it, and the pause that follows."""

Times = dict[tuple[str, bool], list[float]]
"""The seconds of each press, by its name and whether a plan was being measured when it came."""


def presses(layers: list[str]) -> Iterator[Press]:
    """Yield presses without end, each round of them at the next row."""
    for at in range(1, len(layers) - 1):
        here, below = (re.escape(name.encode()) for name in layers[at : at + 2])
        stage = re.escape(layers[at].partition(".")[0].encode())
        changed = here + rb" \|w\|"
        yield from (
            ("change (+)", b"+", changed, LONG),
            ("down (j)", b"j", below + b": ", SHORT),
            ("lock (=)", b"=", b"=locked", SHORT),
            ("unlock (=)", b"=", below, SHORT),
            ("up (k)", b"k", here + b": ", SHORT),
            ("change (+)", b"+", changed, LONG),
            ("down (j)", b"j", below + b": ", SHORT),
            ("up (k)", b"k", here + b": ", SHORT),
            ("change (+)", b"+", changed, LONG),
            ("fold (z)", b"z", stage + rb"\.\*", SHORT),
            ("unfold (z)", b"z", here, SHORT),
            *[("sort (>)", b">", b"sorted ", SHORT)] * NUM_ORDERS,
        )
        # Sorting leads to the first row.
        yield from ((("", b"j", b"", SHORT),) * (at + 1))


def measured(path: Path, args: Namespace, size: tuple[int, int], num_rounds: int) -> Times:
    """Press each key of some rounds, and return the times until the end of the frame that shows it."""
    layers, times, pressed = layer_names(path), defaultdict[tuple[str, bool], list[float]](list), []
    with Terminal(driver("plan", path, args, threads=args.threads), size=size) as terminal:
        terminal.wait_for(rb"\[3 Plan\]", timeout=120.0)
        for key in (b"\x1b[A", b"\x1b[H", b"j"):
            terminal.read_for(0.5)
            terminal.press(key)
            pressed.append(("", 0.0))
        num_changes = 0
        for what, key, shown, pause in presses(layers):
            num_changes += key == b"+"
            # The first round loads what each key needs; every other round begins at rest.
            if key == b"+" and num_changes % 6 == 1:
                terminal.read_for(args.rest_seconds)
            sent_at = terminal.press(key)
            seconds = 0.0
            if what:
                shown_at, _ = terminal.wait_for(shown + b".*?" + FRAME_END)
                seconds = shown_at - sent_at
            pressed.append((what if num_changes > 3 else "", seconds))
            terminal.read_for(random.uniform(*pause))
            if num_changes > 3 * (num_rounds + 1):
                break
    came_upon = path.with_suffix(".keys").read_text(encoding="utf-8").split()
    for (what, seconds), was_measuring in zip(pressed, islice(came_upon, len(pressed)), strict=True):
        if what:
            times[what, was_measuring == "1"].append(seconds)
    return times


def print_plan_keys(args: Namespace) -> list[float]:
    """Print a table for each size of the terminal; return the 95th percentiles while measuring."""
    args.model, args.dataset = f"{NETWORK}:network", f"{NETWORK}:data"
    highest = []
    with tempfile.TemporaryDirectory() as folder:
        path = prepared_session(Path(folder), args, *PREPARED)
        for size in SIZES:
            # A copy for each: what is changed in a plan is kept with its session.
            times = measured(copied(path, Path(folder) / f"{size[0]}x{size[1]}"), args, size, args.rounds)
            names = list(dict.fromkeys(what for what, _ in times))
            print_table(
                f"Key press to the end of the frame that shows it: a plan of {len(layer_names(path))} rows, "
                f"{size[0]}x{size[1]}, {args.device}",
                ("key", "presses", "measuring p50", "p95", "at rest p50", "p95"),
                [_row(name, (name,), times) for name in names] + [_row("all", names, times)],
            )
            both = [_together(names, times, is_measuring) for is_measuring in (True, False)]
            highest += [p95(one) for one in both if one]
    return highest


def _together(names: tuple[str, ...] | list[str], times: Times, is_measuring: bool) -> list[float]:
    return list(chain.from_iterable(times.get((name, is_measuring), []) for name in names))


def _row(title: str, names: tuple[str, ...] | list[str], times: Times) -> list[str]:
    both = [_together(names, times, is_measuring) for is_measuring in (True, False)]
    return [
        title,
        " + ".join(str(len(one)) for one in both),
        *(milliseconds(of(one)) if one else "–" for one in both for of in (median, p95)),
    ]
