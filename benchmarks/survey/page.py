"""The table of the survey in docs/MODELS.md, between two marks."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.survey.records import Surveyed
from prune_tui.core.numbers import percent_text

PAGE = Path(__file__).parents[2] / "docs" / "MODELS.md"
START, END = "<!-- the survey: begin -->", "<!-- the survey: end -->"
COLUMNS = (
    "model",
    "input",
    "layers: compared, differ",
    "recorded an image",
    "scan speedup",
    "units locked",
    "shrunk: parameters, MACs",
    "outputs differ by",
)


def row_of(result: Surveyed) -> Sequence[str]:
    """Return a model's row of the table, or its name and why there is none."""
    if result.outcome != "passed":
        return [f"`{result.name}`", f"{result.outcome}: {result.reason}"]
    ratio = f"{result.speedup:.2f}×"
    return [
        f"`{result.name}`",
        f"{result.size}×{result.size}",
        f"{result.num_layers}: {result.num_compared}, {result.num_differing}",
        f"{result.recorded_mib:.2f} MiB",
        ratio if result.is_reexecuted else f"plain ({ratio if result.speedup else result.note})",
        percent_text(result.locked_share),
        f"{result.parameters_ratio:.2f}×, {result.macs_ratio:.2f}×",
        f"{result.disagreement:.1e}" if result.disagreement else "0",
    ]


def write_page(path: Path, results: Mapping[str, Surveyed]) -> None:
    """Put the table in place of the one that is in the page."""
    before, after = _around(path)
    path.write_text(f"{before}{START}\n{survey_text(results)}{END}{after}", encoding="utf-8")


def is_current(path: Path, results: Mapping[str, Surveyed]) -> bool:
    """Return whether the page has the table that the results make."""
    before, after = _around(path)
    text = f"{before}{START}\n{survey_text(results)}{END}{after}"
    return path.read_text(encoding="utf-8") == text


def survey_text(results: Mapping[str, Surveyed]) -> str:
    """Return the summary, the table and the list of models that are not in it, as Markdown."""
    found = [results[name] for name in sorted(results)]
    passed = [each for each in found if each.outcome == "passed"]
    refused = [each for each in found if each.outcome == "refused"]
    left_out = [each for each in found if each.outcome == "not run"]
    compared, differing = (
        sum(getattr(each, count) for each in passed) for count in ("num_compared", "num_differing")
    )
    lines = [
        f"Of {len(found)} models {len(passed)} pass, {len(refused)} are refused, {len(left_out)} were not "
        f"run. {differing} of {compared} layers that were compared have outputs that differ in any bit.",
        "",
        *_row(COLUMNS),
        *_row(["---", "---", *["---:"] * (len(COLUMNS) - 2)]),
        *(line for each in passed for line in _row(row_of(each))),
    ]
    for title, some in (("Refused:", refused), ("Not run:", left_out)):
        if some:
            lines += ["", title, "", *(f"- `{each.name}`: {each.reason}" for each in some)]
    machines = sorted({each.machine for each in found})
    lines += ["", *(f"Measured with {machine}." for machine in machines)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(cells)} |"]


def _around(path: Path) -> tuple[str, str]:
    before, start, rest = path.read_text(encoding="utf-8").partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise SystemExit(f"benchmarks: {path} has no place for the table, between {START} and {END}")
    return before, after
