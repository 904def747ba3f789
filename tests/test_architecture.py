"""The package keeps its shape: few files at one level, no circle, and an engine that is not deep."""

from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1] / "prune_tui"
PACKAGES = sorted(
    ".".join(("prune_tui", *path.parent.relative_to(ROOT).parts)) for path in ROOT.rglob("__init__.py")
)
MOST_FILES = 12
MOST_DEEP = 6


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("prune_tui")


def below(package: str) -> set[str]:
    return {name for name in graph().modules if name.startswith(f"{package}.")}


def imports_of(modules: set[str]) -> dict[str, set[str]]:
    """Which of these modules each imports."""
    return {name: graph().find_modules_directly_imported_by(name) & modules for name in modules}


def longest_chain(imports: Mapping[str, set[str]]) -> list[str]:
    """Return the longest chain of modules, each imported by the one before it."""
    best: dict[str, list[str]] = {}
    for name in TopologicalSorter(imports).static_order():
        best[name] = [name, *max((best[other] for other in imports[name]), key=len, default=[])]
    return max(best.values(), key=len)


def circle(imports: Mapping[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def imports_between_packages(inside: str) -> dict[str, set[str]]:
    """Which of the packages right inside a package each of them imports by what is in it."""
    depth = inside.count(".") + 2

    def package(module: str) -> str:
        return ".".join(module.split(".")[:depth])

    between: dict[str, set[str]] = {}
    for name, others in imports_of(below(inside)).items():
        between.setdefault(package(name), set()).update(package(other) for other in others)
    return {name: (others & set(PACKAGES)) - {name} for name, others in between.items() if name in PACKAGES}


def source_files(package: str) -> Iterator[Path]:
    folder = ROOT.joinpath(*package.split(".")[1:])
    return (path for path in folder.iterdir() if path.suffix == ".py" and path.name != "__init__.py")


def test_the_rules_see_what_they_forbid() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})
    assert not circle({"a": {"b", "c"}, "b": {"c"}, "c": set()})
    assert longest_chain({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == ["a", "b", "c"]
    assert "prune_tui.engine.engine" in below("prune_tui.engine")


def test_the_engine_is_at_most_six_modules_deep() -> None:
    chain = longest_chain(imports_of(below("prune_tui.engine")))
    assert len(chain) <= MOST_DEEP, " -> ".join(chain)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_packages_at_one_level_import_each_other(package: str) -> None:
    assert circle(imports_between_packages(package)) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_has_at_most_a_dozen_files(package: str) -> None:
    names = sorted(path.name for path in source_files(package))
    assert len(names) <= MOST_FILES, names
