"""Runs the benchmarks named on the command line, or all: `python -m benchmarks [NAME [OPTION…]]`."""

import importlib
import sys

BENCHMARKS = (
    *("startup", "key_latency", "app_overhead"),
    *("scan_speed", "scan_growth", "families", "training_speed"),
)
LONG = (
    *("block_accuracy", "compact_files", "exported_c", "forecast_intervals", "latency_prediction"),
    *("solved_plans", "sparse_speed", "torchvision_models"),
)
"""Those that run only when they are named: they take minutes, the survey of torchvision an hour."""


def main() -> int:
    name, *options = sys.argv[1:] or [""]
    if name and name not in (*BENCHMARKS, *LONG):
        choices = ", ".join((*BENCHMARKS, *LONG))
        print(f"benchmarks: no benchmark {name!r}: choose from {choices}", file=sys.stderr)
        return 2
    for chosen in (name,) if name else BENCHMARKS:
        importlib.import_module(f"benchmarks.{chosen}").main(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
