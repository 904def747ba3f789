"""What an exported file weighs beside the session's checkpoints, and how fast it runs beside torch."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from prune_tui.core.report import Latency
from prune_tui.reports.numbers import count_text
from prune_tui.reports.terminal.tables import Column, grid, plain_table


def sizes_table(files: Sequence[tuple[str, int]]) -> RenderableType:
    """Show each file's name and size."""
    table = plain_table()
    table.add_column("file")
    table.add_column("bytes", justify="right")
    for name, num_bytes in files:
        table.add_row(Text(name), count_text(num_bytes))
    return table


def latencies_table(latency_ms: Mapping[str, Mapping[str, Mapping[str, Latency]]]) -> RenderableType:
    """Show the median times of a pass, by what runs the network, batch size and number of threads."""
    runtimes = list(latency_ms)
    columns = [
        Column(
            f"batch {size}\n{threads} thread{'' if threads == '1' else 's'}",
            [f"{latency_ms[runtime][size][threads].p50:.3g}" for runtime in runtimes],
        )
        for size, times in latency_ms[runtimes[0]].items()
        for threads in times
    ]
    return Group(*grid("median latency, ms", Column("", runtimes), columns))
