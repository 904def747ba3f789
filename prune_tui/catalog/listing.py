"""The catalog's tables as plain rows, for `list`."""

from pathlib import Path
from typing import assert_never

from prune_tui.catalog import Table
from prune_tui.catalog.criteria import CRITERIA
from prune_tui.catalog.datasets import DATASETS, IMAGEFOLDER, default_data_dir, whereabouts
from prune_tui.catalog.models import MODELS
from prune_tui.catalog.schedules import SCHEDULES, STEPS

Row = dict[str, str | int]


def rows_of(table: Table, data_dir: Path | None) -> list[Row]:
    """Return one row for each entry; all rows of a table have the same columns."""
    match table:
        case "models":
            return [
                {
                    "name": model.name,
                    "parameters": model.num_parameters,
                    "images": _shape(model.image_shape),
                    "description": model.description,
                }
                for model in MODELS.values()
            ]
        case "datasets":
            folder = data_dir or default_data_dir()
            rows: list[Row] = [
                {
                    "name": dataset.name,
                    "images": _shape(dataset.image_shape),
                    "classes": str(dataset.num_classes),
                    "where": whereabouts(dataset, folder).text,
                    "description": dataset.description,
                }
                for dataset in DATASETS.values()
            ]
            own: Row = {
                "name": IMAGEFOLDER.name,
                "images": "the model's",
                "classes": "as folders",
                "where": "PATH",
                "description": IMAGEFOLDER.description,
            }
            return [*rows, own]
        case "criteria":
            return [
                {"name": criterion.name, "description": criterion.description}
                for criterion in CRITERIA.values()
            ]
        case "schedules":
            schedules = [(name, "", words) for name, words in SCHEDULES.items()]
            schedules += [("iterative", steps.name, steps.description) for steps in STEPS.values()]
            return [{"name": name, "steps": steps, "description": words} for name, steps, words in schedules]
        case _:
            assert_never(table)


def _shape(shape: tuple[int, int, int] | None) -> str:
    return "×".join(str(size) for size in shape) if shape else "the model's"
