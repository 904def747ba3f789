"""A session as Python: the text which, when it is run, makes the same decisions with the library."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Final

from prune_tui.catalog.datasets import dataset_entry
from prune_tui.catalog.models import model_entry
from prune_tui.catalog.models.inputs import image_shape_for
from prune_tui.core.session.decisions import BUNDLED, PRETRAINED, Decision, LoadDense, Shrink, TrainDense
from prune_tui.core.session.session import Session

_WIDTH: Final = 88
_INDENT: Final = 4

_UNSAID: Final = ("kind", "name", "sha256", "keeps_checkpoints")
"""Fields that change nothing in the result: tags, a hash that is only checked, and what is saved."""


_FIRST: Final = ("training", "plan", "methods")
"""Fields that are a method's first argument, which needs no name."""


def python_text(session: Session, *, folder: Path, data_dir: Path | None = None) -> str:
    """Return a script that gives the session's result: its network ends as `bench.module`.

    Args:
        session: as it was decided; its record tells the number of threads.
        folder: where the session's checkpoints are.
        data_dir: where datasets are; None is the default folder.

    Raises:
        UnknownNameError: the catalog has no such model or dataset.
    """
    environment = session.record.report.environment if session.record else None
    from_data = {
        **_feeding(session),
        "seed": session.seed or None,
        "num_train_images": session.num_train_images,
        "num_test_images": session.num_test_images,
        "data_dir": str(data_dir) if data_dir is not None else None,
    }
    from_session = {
        "seed": session.seed or None,
        "device": session.device if session.device != "auto" else None,
        "num_threads": environment.num_threads if environment is not None else None,
    }
    lines = [
        "import prune_tui as pt",
        "",
        f"data = {_call('pt.dataset', [_source(session.dataset)], from_data)}",
        f"model = {_fresh_model(session, session.seed)}",
        f"bench = {_call('pt.Workbench', ['model', 'data'], from_session)}",
        *(_step(decision, session, folder) for decision in session.decisions),
    ]
    return "\n".join(lines) + "\n"


def _feeding(session: Session) -> dict[str, object]:
    """Return what is to be said of the model where images are not fed as the dataset has them."""
    model, dataset = model_entry(session.model), dataset_entry(session.dataset)
    shape = image_shape_for(model, dataset.image_shape, image_size=session.image_size)
    if session.pretrained is None and shape == dataset.image_shape and (shape or not model.can_be_pretrained):
        return {}
    return {
        "model": session.model,
        "pretrained": session.pretrained,
        "image_size": session.image_size,
    }


def _step(decision: Decision, session: Session, folder: Path) -> str:
    """Return the line, or lines, that make a decision; a workbench has a method of each kind's name."""
    method = f"bench.{decision.kind}"
    first = [name for name in _FIRST if hasattr(decision, name)]
    positional = [_source(getattr(decision, name), _INDENT) for name in first]
    match decision:
        case LoadDense(weights=weights) if weights == BUNDLED:
            names = [_source(session.model), _source(session.dataset)]
            return _call(method, [_call("pt.baseline", names)])
        case LoadDense(weights=weights):
            return _call(method, [] if weights == PRETRAINED else [_source(str(folder / weights))])
        case TrainDense(seed=seed):
            fresh = None if seed is None else _Code(_fresh_model(session, seed))
            return _call(method, positional, {**_said(decision, *first, "seed"), "fresh": fresh})
        case Shrink():
            return f"small = {_call(method, positional, _said(decision, *first))}"
        case _:
            return _call(method, positional, _said(decision, *first))


class _Code(str):
    """Python code, which is written as it is."""

    __slots__ = ()


def _fresh_model(session: Session, seed: int) -> str:
    named = {"pretrained": session.pretrained, "image_size": session.image_size, "seed": seed or None}
    return _call("pt.model", [_source(session.model), "data"], named)


def _said(value: object, *leaving_out: str) -> dict[str, object]:
    """Return the fields of a dataclass that differ from their defaults."""
    assert is_dataclass(value)
    return {
        field.name: getattr(value, field.name)
        for field in fields(value)
        if field.name not in (*_UNSAID, *leaving_out) and getattr(value, field.name) != _default(field)
    }


def _default(field: Field[object]) -> object:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _source(value: object, indent: int = 0) -> str:
    """Return a value of a decision as Python, on lines that begin so far to the right."""
    if isinstance(value, _Code):
        return str(value)
    if is_dataclass(value):
        return _call(f"pt.{type(value).__name__}", [], _said(value), indent)
    if isinstance(value, Mapping):
        parts = [f"{_source(key)}: {each!r}" for key, each in value.items()]
        return _bracketed("{", parts, "}", indent)
    if isinstance(value, tuple):
        parts = [_source(each, indent + _INDENT) for each in value]
        return _bracketed("(", parts, ")" if len(parts) != 1 else ",)", indent)
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    """Return a string in double quotes where that needs no escape."""
    return repr(text) if '"' in text or "\\" in repr(text) else f'"{text}"'


def _call(
    function: str, positional: Sequence[str], named: Mapping[str, object] | None = None, indent: int = 0
) -> str:
    """Return a call; named arguments that are None are left out."""
    said = [
        f"{name}={_source(each, indent + _INDENT)}"
        for name, each in (named or {}).items()
        if each is not None
    ]
    return _bracketed(f"{function}(", [*positional, *said], ")", indent)


def _bracketed(opening: str, parts: Sequence[str], closing: str, indent: int) -> str:
    """Return parts between brackets: on one line if they fit, else each on its own."""
    line = f"{opening}{', '.join(parts)}{closing}"
    if "\n" not in line and len(line) + indent <= _WIDTH:
        return line
    within = " " * (indent + _INDENT)
    each = "".join(f"{within}{part},\n" for part in parts)
    return f"{opening}\n{each}{' ' * indent}{closing.lstrip(',')}"
