"""What an exported file weighs beside the session's checkpoints, and how fast it runs beside torch."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from prune_tui.core.report import Latency
from prune_tui.reports.numbers import count_text, shortened
from prune_tui.reports.terminal.tables import WIDTH, Column, grid, plain_table

_LARGE = 0.01
"""A tensor of this share of the file or more has a row of its own."""


def sizes_table(files: Sequence[tuple[str, int]]) -> RenderableType:
    """Show each file's name and size."""
    table = plain_table()
    table.add_column("file")
    table.add_column("bytes", justify="right")
    for name, num_bytes in files:
        table.add_row(Text(name), count_text(num_bytes))
    return table


def stored_table(tensors: Sequence[tuple[str, str, int, int]], *, file_bytes: int) -> RenderableType:
    """Show how a file stores its tensors: name, layout, values in the codebook (0 without one), bytes.

    Small tensors are counted together; all rows together are the file.
    """
    large = [each for each in tensors if each[3] >= _LARGE * file_bytes]
    small = sum(num_bytes for *_, num_bytes in tensors) - sum(num_bytes for *_, num_bytes in large)
    table = plain_table()
    for heading in ("tensor", "stored as", "shared values"):
        table.add_column(heading)
    table.add_column("bytes", justify="right")
    for name, layout, num_shared, num_bytes in large:
        values = count_text(num_shared) if num_shared else "—"
        table.add_row(Text(shortened(name, WIDTH - 45)), layout, values, count_text(num_bytes))
    if len(large) < len(tensors):
        table.add_row(f"{len(tensors) - len(large)} smaller ones", "", "", count_text(small))
    header = file_bytes - sum(num_bytes for *_, num_bytes in tensors)
    table.add_row("header", "", "", count_text(header))
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
