"""Measures how soon a key press shows on a terminal, while training, paused, and while a plan is measured."""

import random
import re
import tempfile
from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, cycle
from pathlib import Path

from benchmarks.plan_keys import print_plan_keys
from benchmarks.preparation import driver, layer_names, parser_of, prepared_session, pruning
from benchmarks.reporting import median, milliseconds, p95, print_machine, print_table, ratio_text
from benchmarks.terminal import FRAME_END, Terminal

TARGET_P95_SECONDS = 0.050
LONG_EPOCHS = 2_000
PROGRESS = rb"epoch (\d+)/\d+  batch (\d+)/"
PAUSE_SECONDS = (0.05, 0.15)
"""Between two presses: longer than a view is shown, so that presses fall anywhere within it."""

ESCAPE = "close help (Esc)"
Press = tuple[str, bytes, bytes]
"""Its effect, the key, and text that the screen shows only after it."""

Times = dict[str, list[float]]


def presses(layers: Sequence[str]) -> Iterator[list[Press]]:
    """Yield rounds of presses that begin and end on the Train step, each at the next layer."""
    for layer in cycle([*layers[1:], layers[0]]):
        name = re.escape(layer.encode())
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
    """Wait until the screen shows that training goes on; say between which batches.

    Raises:
        TerminalTimeoutError: the screen does not show it.
    """
    before = position(terminal)
    while (after := position(terminal)) <= before:
        pass
    return f"epoch {before[0]} batch {before[1]} to epoch {after[0]} batch {after[1]}"


def check_is_paused(terminal: Terminal) -> None:
    """Check that the screen shows no progress for a while.

    Raises:
        RuntimeError: it shows some.
    """
    terminal.read_for(1.0)  # the last view before the pause may be drawn a moment later
    terminal.press(b"")
    terminal.read_for(0.5)
    if terminal.has_written(b"batch"):
        raise RuntimeError("the app says that it is paused, and yet its progress goes on")


def press_all(terminal: Terminal, rounds: Iterator[list[Press]], num_rounds: int, times: Times) -> None:
    """Press each key of some rounds, and note the time until the end of the frame that shows it."""
    for _ in range(num_rounds):
        for what, key, shown in next(rounds):
            terminal.read_for(random.uniform(*PAUSE_SECONDS))
            sent_at = terminal.press(key)
            shown_at, _ = terminal.wait_for(shown + b".*?" + FRAME_END)
            times[what].append(shown_at - sent_at)


def measure(args: Namespace, path: Path) -> tuple[list[Times], list[Times], list[str]]:
    """Return a stretch's times while training and while paused, in turn, and where training was seen."""
    training: list[Times] = []
    paused: list[Times] = []
    seen = []
    rounds = presses(layer_names(path))
    decision = pruning(args.model, num_epochs=LONG_EPOCHS)
    with Terminal(driver("app", path, args, decision=decision, threads=args.threads)) as terminal:
        terminal.wait_for(PROGRESS, timeout=120.0)
        press_all(terminal, rounds, 1, defaultdict(list))  # the first press of each key loads what it needs
        for _ in range(args.repeats):
            training.append(defaultdict(list))
            paused.append(defaultdict(list))
            seen.append(check_trains(terminal))
            press_all(terminal, rounds, args.presses, training[-1])
            seen.append(check_trains(terminal))
            terminal.press(b" ")
            check_is_paused(terminal)
            press_all(terminal, rounds, args.presses, paused[-1])
            terminal.press(b" ")
    return training, paused, seen


def main(options: Sequence[str] = ()) -> None:
    parser = parser_of("key_latency")
    parser.add_argument("--threads", type=int, help="CPU threads that train; else torch's own choice")
    parser.add_argument("--repeats", type=int, default=3, help="stretches of each state, taken in turn")
    parser.add_argument("--presses", type=int, default=10, help="presses of each key in a stretch")
    parser.add_argument("--on", choices=("train", "plan", "both"), default="both", help="the step")
    parser.add_argument("--rounds", type=int, default=12, help="rounds of keys on a plan of 200 rows")
    parser.add_argument("--rest-seconds", type=float, default=4.0, help="until a plan is surely measured")
    args = parser.parse_args(options)
    highest = []
    if args.on != "plan":
        highest.append(print_train_keys(args))
    if args.on != "train":
        highest += print_plan_keys(args)
    limit = milliseconds(TARGET_P95_SECONDS)
    print(f"\n  target: every p95 over all keys but Esc within {limit}")
    print_machine()
    if max(highest) > TARGET_P95_SECONDS:
        raise SystemExit(f"benchmarks: a p95 of {milliseconds(max(highest))}, {limit} wanted")


def print_train_keys(args: Namespace) -> float:
    """Print the table of the Train step; return the 95th percentile of all keys but Esc while training."""
    with tempfile.TemporaryDirectory() as folder:
        training, paused, seen = measure(args, prepared_session(Path(folder), args))
    rows = [_row(what, (what,), training, paused) for what in training[0]]
    others = tuple(what for what in training[0] if what != ESCAPE)
    rows.append(_row("all but Esc", others, training, paused))
    threads = f"{args.threads} threads" if args.threads else "torch's choice of threads"
    print_table(
        f"Key press to the end of the frame that shows it: {args.model} on {args.dataset}, "
        f"{args.device}, {threads}",
        ("key", "presses", "training p50", "p95", "paused p50", "p95", "training / paused"),
        rows,
    )
    print("\n  Esc waits until no escape sequence can follow: ESCDELAY, 100 ms unless set")
    print(f"  training was seen to go on: {seen[0]} at the start, {seen[-1]} at the end")
    return p95(list(chain.from_iterable(_stretches(others, training))))


def _row(what: str, keys: Sequence[str], training: Sequence[Times], paused: Sequence[Times]) -> list[str]:
    """Return a line; the ratio's spread is that of the stretches taken in turn."""
    stretches = [_stretches(keys, times) for times in (training, paused)]
    together = [list(chain.from_iterable(state)) for state in stretches]
    return [
        what,
        " + ".join(str(len(times)) for times in together),
        *(milliseconds(of(times)) for times in together for of in (median, p95)),
        ratio_text(*([median(stretch) for stretch in state] for state in stretches)),
    ]


def _stretches(keys: Sequence[str], times: Sequence[Times]) -> list[list[float]]:
    """Return the times of some keys, a list a stretch."""
    return [[time for key in keys for time in stretch[key]] for stretch in times]


if __name__ == "__main__":
    main()
