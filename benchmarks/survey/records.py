"""The results of a survey, a JSON line for each model."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

RESULTS = Path(__file__).parents[1] / "results" / "torchvision_models.jsonl"

Outcome = Literal["passed", "refused", "not run"]


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What was found out about one model; `reason` says why it is refused, or was not run.

    Of `num_compared` layers, `num_affecting` change the outputs when pruned, and `num_differing` give others
    when re-executed than in a whole pass. `speedup` is the time of whole passes / that of re-execution, and
    `is_reexecuted` whether a scan takes it. `locked_share` is of the units of all prunable layers. The ratios
    are those of the dense network to the shrunk one; `tells_apart` says that the pruned network's outputs are
    not the same for every image.
    """

    name: str
    size: int = 0
    parameters: int = 0
    num_layers: int = 0
    num_compared: int = 0
    num_affecting: int = 0
    num_differing: int = 0
    recorded_mib: float = 0.0
    speedup: float = 0.0
    is_reexecuted: bool = False
    note: str = ""
    locked_share: float = 0.0
    parameters_ratio: float = 0.0
    macs_ratio: float = 0.0
    disagreement: float = 0.0
    tells_apart: bool = False
    outcome: Outcome = "passed"
    reason: str = ""
    seconds: float = 0.0
    machine: str = ""


def read_results(path: Path) -> dict[str, Surveyed]:
    """Return the last result of each model, by its name; none if there is no such file."""
    if not path.is_file():
        return {}
    found = [Surveyed(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    return {each.name: each for each in found}


def write_result(path: Path, result: Surveyed) -> None:
    """Put a model's result into the file, in the order of names, in place of an earlier one."""
    results = read_results(path) | {result.name: result}
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{json.dumps(asdict(results[name]))}\n" for name in sorted(results)]
    path.write_text("".join(lines), encoding="utf-8")
