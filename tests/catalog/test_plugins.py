"""What installed packages offer is listed, found by name, and fails in one line."""

import sys
from pathlib import Path

import pytest
import torch

from prune_tui.catalog.code.loading import packaged_code
from prune_tui.catalog.criteria import criterion_entry
from prune_tui.catalog.criteria.facts import LayerFacts
from prune_tui.catalog.listing import rows_of
from prune_tui.catalog.models import model_entry
from prune_tui.catalog.models.building import build
from prune_tui.catalog.plugins import plugins
from prune_tui.core.errors import CodeError, UnknownNameError

CODE = '''
from prune_tui.catalog.criteria import CriterionEntry
from torch import nn

def net(num_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, num_classes))

def cubes(facts):
    """|w|³ goes first.

    Ranks as |w| does.
    """
    return facts.weight.abs() ** 3

control = CriterionEntry("anything", "a control of theirs", "theirs:cubes", is_control=True)
nothing = 3
'''
POINTS = """
[prune_tui.models]
theirs-net = theirs:net

[prune_tui.datasets]
theirs-data = theirs:data

[prune_tui.criteria]
cubes = theirs:cubes
theirs-control = theirs:control
nothing = theirs:nothing
lost = theirs:lost
"""


@pytest.fixture(autouse=True)
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package: a module, and the metadata that pip would write."""
    (tmp_path / "theirs.py").write_text(CODE)
    metadata = tmp_path / "theirs-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "theirs", raising=False)


def test_a_model_is_found_by_name_without_importing_its_package() -> None:
    entry = model_entry("theirs-net")
    assert (entry.source, entry.description) == ("package", "of the package theirs")
    assert "theirs" not in sys.modules
    code = packaged_code(plugins("models")["theirs-net"])
    assert code.files == ()
    network = build(entry, num_classes=3, image_shape=(1, 28, 28), code=code)
    assert network(torch.zeros(1, 1, 28, 28)).shape == (1, 3)


def test_a_criterion_is_a_function_with_a_docstring_or_an_entry() -> None:
    entry = criterion_entry("cubes")
    assert (entry.name, entry.description) == ("cubes", "|w|³ goes first.")
    facts = LayerFacts(torch.tensor([[-2.0]]), "weight", torch.Generator())
    assert entry.load()(facts).item() == 8
    control = criterion_entry("theirs-control")
    assert (control.name, control.description, control.is_control) == (
        "theirs-control",
        "a control of theirs",
        True,
    )


@pytest.mark.parametrize(
    ("name", "said"), [("nothing", "neither a CriterionEntry nor a function"), ("lost", "can't be loaded")]
)
def test_what_is_no_criterion_is_one_line(name: str, said: str) -> None:
    with pytest.raises(CodeError, match=f"{name}, of the package theirs.*{said}"):
        criterion_entry(name)


def test_all_of_it_is_listed() -> None:
    models = {str(row["name"]): row for row in rows_of("models", None)}
    assert models["theirs-net"]["description"] == "of the package theirs"
    assert models["torchvision:resnet50"]["parameters"] == 25_557_032
    assert "path/to/net.py:factory" in models
    assert "theirs-data" in {row["name"] for row in rows_of("datasets", None)}
    criteria = {row["name"]: str(row["description"]) for row in rows_of("criteria", None)}
    assert criteria["cubes"] == "|w|³ goes first."
    assert "can't be loaded" in criteria["lost"]


def test_an_unknown_name_is_told_with_theirs() -> None:
    with pytest.raises(UnknownNameError, match="did you mean cubes"):
        criterion_entry("cube")
    with pytest.raises(UnknownNameError, match="did you mean theirs-net"):
        model_entry("theirs-nett")
