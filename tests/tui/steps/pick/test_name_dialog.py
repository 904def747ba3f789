"""Any model and any data are picked by name: completed while typing, refused in a line, then a row."""

from pathlib import Path

import pytest

from prune_tui.core.session.decisions import LoadDense, TrainDense
from prune_tui.core.workflow.step import Step
from tests.tui.helpers import Desk, open_desk

NET = "from elsewhere import nothing\n\ndef small(num_classes): ...\n\nclass Large: ...\n"


@pytest.fixture(autouse=True)
def _work_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "data.py").write_text("def mine(): ...\n")


async def _asked_for_a_model(desk: Desk) -> None:
    await desk.press("G", "enter")
    await desk.until_drawn("Which model?")


async def _named(desk: Desk, name: str) -> None:
    await desk.paste_into("#typed-name", name)
    await desk.press("enter")
    await desk.pilot.pause()


async def _model(desk: Desk, name: str) -> None:
    await _asked_for_a_model(desk)
    await _named(desk, name)
    await desk.to(Step.PICK)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_model_of_torchvision_is_found_by_a_part_of_its_name(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with open_desk(tmp_path, size=size) as desk:
        await desk.press("G")
        assert "say which model" in desk.drawn("#problem")
        await _asked_for_a_model(desk)
        await desk.press(*"squeeze")
        await desk.until_drawn("torchvision:squeezenet1_0", "torchvision:squeezenet1_1")
        await desk.press("tab")
        assert desk.drawn("#typed-name") == "torchvision:squeezenet1_0"
        await desk.press("enter")
        await desk.to(Step.PICK)
        row = next(line for line in desk.drawn("#models").splitlines() if "●" in line)
        assert "squeezenet1_0" in row
        assert "1,248,424" in row
        assert desk.drawn("#models").splitlines()[-1].split()[0] == "another…"
        assert desk.drawn("#about").startswith("torchvision:squeezenet1_0")
        assert desk.drawn("#name") == "squeezenet1_0-digits"
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        assert desk.saved("squeezenet1_0-digits").model == "torchvision:squeezenet1_0"


async def test_the_rest_of_a_name_is_suggested_behind_the_cursor(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _asked_for_a_model(desk)
        await desk.press(*"torchvision:alex")
        await desk.until(lambda: desk.drawn("#typed-name") == "torchvision:alexnet")
        await desk.press("right", "enter")
        await desk.to(Step.PICK)
        assert desk.drawn("#about").startswith("torchvision:alexnet")


async def test_what_a_file_defines_is_suggested(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _asked_for_a_model(desk)
        await desk.press(*"net.py:")
        await desk.until_drawn("net.py:small", "net.py:Large")
        await desk.press("L", "tab", "enter")
        await desk.to(Step.PICK)
        assert desk.drawn("#about").startswith("net.py:Large  your own code")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "type a name"),
        ("torchvision:resnt50", "did you mean torchvision:resnet50?"),
        ("lenet6", "did you mean lenet?"),
        ("nowhere.py:f", "nowhere.py: no such file"),
        ("net.py", "it defines small, Large"),
        ("broken.py", "broken.py:1: not Python"),
    ],
)
async def test_a_name_that_is_none_says_why_and_nothing_runs(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "broken.py").write_text("def (")
    async with open_desk(tmp_path) as desk:
        await _asked_for_a_model(desk)
        await _named(desk, name)
        assert why in desk.words("#reason")
        await desk.press("escape")
        await desk.to(Step.PICK)
        assert "say which model" in desk.drawn("#problem")


async def test_a_bare_name_of_torchvision_will_do(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _model(desk, "resnet50")
        assert desk.drawn("#about").startswith("torchvision:resnet50")
        await _model(desk, "resnet20")
        assert desk.drawn("#about").startswith("resnet20")
        assert desk.drawn("#models").count("resnet50") == 1


async def test_parameters_that_are_not_known_are_counted_once_the_network_is_open(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await _model(desk, "net.py:small")
        assert desk.cell("net.py:small", "parameters", table="models") == "–"
        assert desk.cell("net.py:small", "input", table="models") == "any"
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        await desk.press("1")
        await desk.to(Step.PICK)
        assert desk.cell("net.py:small", "parameters", table="models") == "431,080"


async def test_data_of_ones_own(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("l", "G")
        assert "say which function returns your data" in desk.drawn("#problem")
        await desk.press("enter")
        await desk.until_drawn("Which function returns your data?")
        await _named(desk, "data.py")
        assert "it defines mine" in desk.words("#reason")
        await _named(desk, "./data.py:mine")
        await desk.to(Step.PICK)
        assert "● data.py:mine" in desk.drawn("#datasets")
        assert "lenet5 on data.py:mine" in desk.drawn("#next")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        assert desk.saved("lenet5-data").dataset == "data.py:mine"


# --- published weights, and those of one's own code ---------------------------------------------------------


async def test_published_weights_are_taken_and_left(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _model(desk, "torchvision:resnet18")
        assert "W published weights" in desk.drawn("#baseline-more")
        fresh = int(desk.drawn("#epochs"))
        await desk.press("W")
        assert "from published weights" in desk.drawn("#baseline-more")
        assert 0 < int(desk.drawn("#epochs")) < fresh
        await desk.press("W")
        assert "from published" not in desk.drawn("#baseline-more")
        await desk.press("W", "enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        assert desk.saved("resnet18-digits").pretrained == "default"
        assert isinstance(desk.script.performed[0], TrainDense)


async def test_a_model_without_published_weights_says_so(tmp_path: Path) -> None:
    async with open_desk(tmp_path, notifications=True) as desk:
        await desk.press("W")
        await desk.until_drawn("No published weights of lenet5")
        assert "bundled" in desk.drawn("#baseline")


async def test_published_weights_are_the_baseline_of_data_with_as_many_classes(tmp_path: Path) -> None:
    for label in range(1000):
        (tmp_path / "many" / "train" / f"class{label}").mkdir(parents=True)
    async with open_desk(
        tmp_path, model="torchvision:resnet18", dataset=f"imagefolder:{tmp_path / 'many'}"
    ) as desk:
        assert "train for" in desk.drawn("#baseline")
        await desk.press("W")
        assert desk.drawn("#baseline") == "published weights as they are"
        await desk.press("T")
        assert "train for" in desk.drawn("#baseline")
        await desk.press("T", "enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        assert desk.script.performed[0] == LoadDense(weights="pretrained")


async def test_the_weights_that_own_code_gives_can_be_the_baseline(tmp_path: Path) -> None:
    async with open_desk(tmp_path, model="net.py:small") as desk:
        assert "train for" in desk.drawn("#baseline")
        await desk.press("T")
        assert desk.drawn("#baseline") == "the weights that the code gives"
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        assert desk.script.performed[0] == LoadDense(weights="pretrained")
        await desk.press("1")
        await desk.to(Step.PICK)
        assert "go on with net-small-digits" in desk.drawn("#next")
        assert desk.drawn("#baseline") == "the weights that the code gives"
