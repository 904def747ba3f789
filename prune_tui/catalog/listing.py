"""The catalog's tables as plain rows, for `list`."""

from collections.abc import Iterator
from pathlib import Path
from typing import assert_never

from prune_tui.catalog import Table
from prune_tui.catalog.criteria import CRITERIA, packaged_criterion
from prune_tui.catalog.datasets import DATASETS, IMAGEFOLDER, default_data_dir, whereabouts
from prune_tui.catalog.models import MODELS, OTHER_MODELS, ModelEntry, model_entry, packaged
from prune_tui.catalog.models.torchvision_names import TORCHVISION
from prune_tui.catalog.plugins import plugins
from prune_tui.catalog.schedules import SCHEDULES, STEPS
from prune_tui.core.errors import CodeError

Row = dict[str, str | int]


def rows_of(table: Table, data_dir: Path | None) -> list[Row]:
    """Return one row for each entry; all rows of a table have the same columns."""
    match table:
        case "models":
            return [*_models()]
        case "datasets":
            return [*_datasets(data_dir or default_data_dir())]
        case "criteria":
            return [*_criteria()]
        case "schedules":
            schedules = [(name, "", words) for name, words in SCHEDULES.items()]
            schedules += [("iterative", steps.name, steps.description) for steps in STEPS.values()]
            return [{"name": name, "steps": steps, "description": words} for name, steps, words in schedules]
        case _:
            assert_never(table)


def _models() -> Iterator[Row]:
    for model in MODELS.values():
        yield _model(model)
    for plugin in plugins("models").values():
        yield _model(packaged(plugin))
    for name in TORCHVISION:
        yield _model(model_entry(f"torchvision:{name}"))
    for name, description in OTHER_MODELS.items():
        if name != "torchvision:NAME":
            yield {"name": name, "parameters": "", "images": "the dataset's", "description": description}


def _model(model: ModelEntry) -> Row:
    return {
        "name": model.name,
        "parameters": "" if model.num_parameters is None else model.num_parameters,
        "images": _shape(model.image_shape, otherwise="the dataset's"),
        "description": model.description,
    }


def _datasets(folder: Path) -> Iterator[Row]:
    for dataset in DATASETS.values():
        yield {
            "name": dataset.name,
            "images": _shape(dataset.image_shape, otherwise="the model's"),
            "classes": str(dataset.num_classes),
            "where": whereabouts(dataset, folder).text,
            "description": dataset.description,
        }
    for plugin in plugins("datasets").values():
        yield {
            "name": plugin.name,
            "images": "its own",
            "classes": "its own",
            "where": "installed",
            "description": f"of the package {plugin.package}",
        }
    yield {
        "name": IMAGEFOLDER.name,
        "images": "the model's",
        "classes": "as folders",
        "where": "PATH",
        "description": IMAGEFOLDER.description,
    }


def _criteria() -> Iterator[Row]:
    for criterion in CRITERIA.values():
        yield {"name": criterion.name, "description": criterion.description}
    for plugin in plugins("criteria").values():
        try:
            description = packaged_criterion(plugin).description
        except CodeError as error:
            description = str(error)
        yield {"name": plugin.name, "description": description}


def _shape(shape: tuple[int, int, int] | None, *, otherwise: str) -> str:
    return "×".join(str(size) for size in shape) if shape else otherwise
