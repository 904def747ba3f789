"""Scans, prunes and shrinks every classification model of torchvision; writes the table of docs/MODELS.md.

Each model has random weights and runs in a process of its own, on noise. Two batches are scanned layer by
layer, and the outputs compared with those of whole forward passes, bit for bit. Then half of the units of
each group are pruned, and the network is shrunk and compared. Results are kept, and the table made of them.
"""

import argparse
import resource
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.reporting import print_machine
from benchmarks.survey.measuring import machine_text, surveyed
from benchmarks.survey.page import PAGE, is_current, row_of, write_page
from benchmarks.survey.records import RESULTS, Surveyed, read_results, write_result
from prune_tui.catalog.models.torchvision_names import TORCHVISION
from prune_tui.catalog.said import said
from prune_tui.engine.device import prepare_process


def main(options: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks torchvision_models", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=TORCHVISION, metavar="NAME", help="these models alone")
    parser.add_argument("--missing", action="store_true", help="only models not yet run")
    parser.add_argument("--size", type=int, default=64, help="side of the images, if the model takes it")
    parser.add_argument("--layers", type=int, default=12, help="layers of each to compare; 0 is all")
    parser.add_argument("--seconds", type=int, default=300, help="time limit for a model")
    parser.add_argument("--gib", type=float, default=10, help="memory limit for a model")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of results")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page with the table")
    parser.add_argument("--write", action="store_true", help="put the table into the page afterwards")
    parser.add_argument("--check", action="store_true", help="only check that the page has the results")
    args = parser.parse_args(options)
    if args.check:
        if not is_current(args.page, read_results(args.results)):
            raise SystemExit(f"benchmarks: {args.page} is not what the results say: run with --write")
    else:
        _survey_all(args)
        if args.write:
            write_page(args.page, read_results(args.results))


def _survey_all(args: argparse.Namespace) -> None:
    """Survey models from the smallest to the largest, each in a process of its own."""
    known = read_results(args.results) if args.missing else {}
    done = {name for name, result in known.items() if result.outcome != "not run"}
    names = [name for name in args.only or TORCHVISION if name not in done]
    for name in sorted(names, key=TORCHVISION.__getitem__):
        result = _survey_apart(name, args)
        write_result(args.results, result)
        print("  ".join(row_of(result)), f"({result.seconds:.0f} s)", flush=True)
    print_machine()


def _survey_apart(name: str, args: argparse.Namespace) -> Surveyed:
    """Survey a model in a process that may run out of time or memory, or crash."""
    processes = get_context("forkserver")
    processes.set_forkserver_preload(["benchmarks.survey.measuring", "benchmarks.survey.preloaded"])
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=_survey_here, args=(theirs, name, args), daemon=True)
    process.start()
    theirs.close()
    unknown = Surveyed(name, machine=machine_text())
    size = f"{TORCHVISION[name] / 1e6:.0f} M parameters"
    try:
        if not ours.poll(args.seconds):
            return replace(unknown, outcome="not run", reason=f"{size}: over {args.seconds} s")
        result: Surveyed = ours.recv()
    except EOFError:
        process.join()
        if process.exitcode == -signal.SIGKILL:
            return replace(unknown, outcome="not run", reason=f"{size}: the system ended it, out of memory")
        return replace(unknown, outcome="refused", reason=f"its process ended with {process.exitcode}")
    finally:
        process.kill()
        process.join()
    if "can't allocate memory" in result.reason or "MemoryError" in result.reason:
        return replace(result, outcome="not run", reason=f"{size}: over {args.gib:g} GiB")
    return result


def _survey_here(answer: Connection, name: str, args: argparse.Namespace) -> None:
    """Survey one model in this process, and send its result; errors of any kind are results."""
    limit = int(args.gib * 2**30)
    with suppress(ValueError, OSError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    prepare_process(args.threads)
    try:
        answer.send(surveyed(name, args.size, args.layers))
    except Exception as error:  # noqa: BLE001 - that a model fails is a result
        reason = f"it fails: {said(error)}"
        answer.send(Surveyed(name, outcome="refused", reason=reason, machine=machine_text()))


if __name__ == "__main__":
    main(sys.argv[1:])
