"""Measures how soon a key press shows on a terminal, while the network trains and while it is paused."""

import random
import tempfile
from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

from benchmarks.preparation import driver, layer_names, parser_of, prepared_session, pruning
from benchmarks.reporting import median, milliseconds, p95, print_machine, print_table, ratio_text
from benchmarks.terminal import FRAME_END, Terminal

TARGET_P95_SECONDS = 0.050
LONG_EPOCHS = 2_000
PROGRESS = rb"epoch (\d+)/\d+  batch (\d+)/"
PAUSE_SECONDS = (0.05, 0.15)
"""Between a press and the next: longer than a view stays on show, so that presses fall anywhere in it."""

ESCAPE = "close help (Esc)"
Press = tuple[str, bytes, bytes]
"""What it does, the key, and what is written on the screen only then."""

Times = dict[str, list[float]]


def presses(layers: Sequence[str]) -> Iterator[list[Press]]:
    """Yield rounds of presses that begin and end on the Train step, each at the next layer."""
    for layer in cycle([*layers[1:], layers[0]]):
        name = layer.encode()
        yield [
            ("next layer (j)", b"j", name),
            ("open help (?)", b"?", b"Keys"),
            ("close help (?)", b"?", name),
            ("open help (?)", b"?", b"Keys"),
            (ESCAPE, b"\x1b", name),
            ("go to Plan (3)", b"3", rb"\[3 Plan\]"),
            ("back to Train (4)", b"4", rb"\[4 Train\]"),
        ]


def position(terminal: Terminal) -> tuple[int, int]:
    """Return the epoch and batch that the screen shows next."""
    terminal.press(b"")
    _, match = terminal.wait_for(PROGRESS)
    return int(match[1]), int(match[2])


def check_trains(terminal: Terminal) -> str:
    """Wait until the screen shows training going on; say between which batches it was seen to.

    Raises:
        TerminalTimeoutError: it shows no such thing.
    """
    before = position(terminal)
    while (after := position(terminal)) <= before:
        pass
    return f"epoch {before[0]} batch {before[1]} to epoch {after[0]} batch {after[1]}"


def check_is_paused(terminal: Terminal) -> None:
    """Check that the screen shows no progress for a while."""
    terminal.read_for(0.3)
    terminal.press(b"")
    terminal.read_for(0.5)
    assert not terminal.has_written(b"batch"), "paused, and yet it trains"


def press_all(terminal: Terminal, rounds: Iterator[list[Press]], num_rounds: int, times: Times) -> None:
    """Press each key of some rounds, and note the time until the end of the frame that shows it."""
    for _ in range(num_rounds):
        for what, key, shown in next(rounds):
            terminal.read_for(random.uniform(*PAUSE_SECONDS))
            sent_at = terminal.press(key)
            shown_at, _ = terminal.wait_for(shown + b".*?" + FRAME_END)
            times[what].append(shown_at - sent_at)


def measure(args: Namespace, path: Path) -> tuple[Times, Times, list[str]]:
    """Return the times while training and while paused, and where training was seen to go on."""
    training: Times = defaultdict(list)
    paused: Times = defaultdict(list)
    seen = []
    rounds = presses(layer_names(path))
    decision = pruning(args.model, num_epochs=LONG_EPOCHS)
    with Terminal(driver("app", path, args, decision=decision, threads=args.threads)) as terminal:
        terminal.wait_for(PROGRESS, timeout=120.0)
        press_all(terminal, rounds, 1, defaultdict(list))  # the first press of each key loads what it needs
        for _ in range(args.repeats):
            seen.append(check_trains(terminal))
            press_all(terminal, rounds, args.presses, training)
            seen.append(check_trains(terminal))
            terminal.press(b" ")
            check_is_paused(terminal)
            press_all(terminal, rounds, args.presses, paused)
            terminal.press(b" ")
    return training, paused, seen


def main(options: Sequence[str] = ()) -> None:
    parser = parser_of("key_latency")
    parser.add_argument("--threads", type=int, help="CPU threads that train; else torch's own choice")
    parser.add_argument("--repeats", type=int, default=3, help="stretches of each state, taken in turn")
    parser.add_argument("--presses", type=int, default=10, help="presses of each key in a stretch")
    args = parser.parse_args(options)
    with tempfile.TemporaryDirectory() as folder:
        training, paused, seen = measure(args, prepared_session(Path(folder), args))
    rows = [_row(what, training[what], paused[what]) for what in training]
    keys = [
        [time for what in times if what != ESCAPE for time in times[what]] for times in (training, paused)
    ]
    rows.append(_row("all but Esc", *keys))
    threads = f"{args.threads} threads" if args.threads else "torch's choice of threads"
    print_table(
        f"Key press to the end of the frame that shows it: {args.model} on {args.dataset}, "
        f"{args.device}, {threads}",
        ("key", "presses", "training p50", "p95", "paused p50", "p95", "training / paused"),
        rows,
    )
    print(f"\n  target: p95 while training within {milliseconds(TARGET_P95_SECONDS)}; ", end="")
    print(f"measured: {milliseconds(p95(keys[0]))}")
    print("  Esc waits until no escape sequence can follow: ESCDELAY, 100 ms unless set")
    print(f"  training was seen to go on: {seen[0]} at the start, {seen[-1]} at the end")
    print_machine()


def _row(what: str, training: Sequence[float], paused: Sequence[float]) -> list[str]:
    """Return a line; the spread is that of the medians of ten presses in turn."""
    return [
        what,
        f"{len(training)} + {len(paused)}",
        milliseconds(median(training)),
        milliseconds(p95(training)),
        milliseconds(median(paused)),
        milliseconds(p95(paused)),
        ratio_text(_stretches(training), _stretches(paused)),
    ]


def _stretches(times: Sequence[float], num_stretches: int = 3) -> list[float]:
    """Return the medians of equal stretches of time."""
    size = max(1, len(times) // num_stretches)
    return [median(times[at * size : (at + 1) * size]) for at in range(num_stretches)]


if __name__ == "__main__":
    main()
