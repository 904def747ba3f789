"""Sessions with models from outside the catalog: published weights, weights of torch.save, own code."""

import hashlib
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner, Result

from prune_tui.catalog import torchvision_operators
from prune_tui.catalog.models import model_entry
from prune_tui.catalog.models.building import build
from prune_tui.cli.app import app
from prune_tui.core.run.events import Event, PretrainedTaken
from prune_tui.core.session.decisions import LoadDense, Prune, TrainDense
from prune_tui.core.session.session import Session
from prune_tui.engine.network.checkpoints import decode
from prune_tui.export.loading import load
from prune_tui.library.workbench import Workbench
from prune_tui.reports.python import python_text
from prune_tui.runner.runner import Runner
from prune_tui.storage import read_session
from tests.catalog.helpers import write_images
from tests.catalog.mirror import serving

NET = """
from torch import nn
from parts import block

def factory(num_classes):
    return nn.Sequential(block(1, 4), block(4, 6), nn.Flatten(), nn.Linear(6 * 36, num_classes))

def tied(num_classes):
    first, second = nn.Linear(784, 784), nn.Linear(784, 784)
    second.weight = first.weight
    return nn.Sequential(nn.Flatten(), first, nn.ReLU(), second, nn.ReLU(), nn.Linear(784, num_classes))
"""
PARTS = """
from torch import nn

def block(a, b):
    return nn.Sequential(nn.Conv2d(a, b, 3, stride=2), nn.ReLU())
"""


@pytest.fixture(autouse=True)
def _work_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "parts.py").write_text(PARTS)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def scan(*arguments: str | Path) -> Result:
    return run("scan", "--threads", "1", "--tolerance", "5", "--out", "sessions", *arguments)


def last_line(result: Result) -> str:
    return result.stderr.splitlines()[-1]


def test_own_code_is_scanned_recorded_and_replayed_only_where_it_may_run(tmp_path: Path) -> None:
    assert scan("--model", "./net.py:factory").exit_code == 0
    path = tmp_path / "sessions" / "net-factory-scan.json"
    session = read_session(path)
    assert (session.model, [file.path for file in session.code]) == ("net.py:factory", ["net.py", "parts.py"])
    assert run("show", path).exit_code == 0
    for command in ("replay", "verify"):
        refused = run(command, path)
        assert refused.exit_code == 2
        assert "runs code of your own, net.py, parts.py: read it, then add --allow-code" in last_line(refused)
        assert run(command, path, "--allow-code").exit_code == 0
    assert json.loads(run("replay", path, "--allow-code", "--json").stdout)["identical"] is True
    (tmp_path / "parts.py").write_text(PARTS + "\n")
    changed = run("replay", path, "--allow-code")
    assert changed.exit_code == 2
    assert "parts.py: changed since the session recorded it" in last_line(changed)


def test_own_code_is_scanned_with_the_weights_it_gives(tmp_path: Path) -> None:
    assert scan("--model", "net.py:factory", "--as-built").exit_code == 0
    path = tmp_path / "sessions" / "net-factory-scan.json"
    first = read_session(path).decisions[0]
    assert isinstance(first, LoadDense)
    assert first.weights == "pretrained"
    assert json.loads(run("replay", path, "--allow-code", "--json").stdout)["identical"] is True


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--model", "lenet5"), "lenet5 is built with weights drawn at random: leave --as-built out"),
        (("--model", "net.py:factory", "--weights", "w.pt"), "two baselines: leave one out"),
    ],
)
def test_weights_as_built_that_are_none_are_one_line(options: tuple[str, ...], said: str) -> None:
    result = scan("--as-built", *options)
    assert result.exit_code == 2
    assert said in last_line(result)


def test_a_session_that_names_code_but_recorded_none_asks_too(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("from pathlib import Path\nPath('ran').touch()\ndef f(): ...")
    session = {"schema_version": 4, "name": "s", "model": "net.py:f", "dataset": "digits"}
    (tmp_path / "s.json").write_text(json.dumps({**session, "decisions": [{"kind": "load_dense"}]}))
    assert "--allow-code" in last_line(run("replay", "s.json"))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("net.py", "net.py: say which name in it is a function"),
        ("nowhere.py:f", "nowhere.py: no such file"),
        ("net.py:nothing", "net.py: nothing is not in it"),
        ("torchvision:resnt18", "did you mean torchvision:resnet18?"),
        ("timm:", "unknown model 'timm:'"),
    ],
)
def test_a_model_that_will_not_do_is_one_line(model: str, said: str) -> None:
    result = scan("--model", model)
    assert result.exit_code == 2
    assert said in last_line(result)
    assert "internal error" not in result.stderr


def test_tied_weights_are_saved_and_replayed(tmp_path: Path) -> None:
    assert scan("--model", "net.py:tied").exit_code == 0
    path = tmp_path / "sessions" / "net-tied-scan.json"
    assert json.loads(run("replay", path, "--allow-code", "--json").stdout)["identical"] is True


@pytest.mark.parametrize("prefix", ["", "module."])
def test_weights_of_torch_save_become_the_sessions_own(prefix: str, tmp_path: Path) -> None:
    network = build(model_entry("lenet5"), num_classes=10, image_shape=(1, 28, 28))
    state = {prefix + name: tensor for name, tensor in network.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "mine.pt")
    assert scan("--weights", "mine.pt").exit_code == 0
    saved = (tmp_path / "sessions" / "lenet5-scan" / "dense.safetensors").read_bytes()
    tensors, _ = decode(saved, network.state_dict(), source="dense")
    assert all(torch.equal(tensors[name], tensor) for name, tensor in network.state_dict().items())
    (tmp_path / "mine.pt").unlink()
    assert run("replay", "sessions/lenet5-scan.json").exit_code == 0


def test_weights_for_other_classes_name_both_shapes_and_what_to_do(tmp_path: Path) -> None:
    network = build(model_entry("lenet5"), num_classes=7, image_shape=(1, 28, 28))
    torch.save(network.state_dict(), tmp_path / "seven.pth")
    result = scan("--weights", "seven.pth")
    assert result.exit_code == 2
    said = last_line(result)
    assert "(7, 500), (10, 500) is wanted: the weights tell 7 classes apart, digits has 10; take" in said


def test_a_model_without_published_weights_says_so() -> None:
    result = scan("--pretrained")
    assert result.exit_code == 2
    assert "there are no published weights of lenet5" in last_line(result)


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, torch.Tensor]]:
    """Serve weights of ResNet-18 for five classes, as torchvision publishes those for a thousand."""
    monkeypatch.setenv("PRUNE_TUI_DATA", str(tmp_path / "data"))
    torchvision_operators.ensure()
    from torchvision.models import ResNet18_Weights

    torch.manual_seed(0)
    state = build(model_entry("torchvision:resnet18"), num_classes=5, image_shape=(3, 32, 32)).state_dict()
    file = BytesIO()
    torch.save(state, file)
    name = f"resnet18-{hashlib.sha256(file.getvalue()).hexdigest()[:8]}.pth"
    weights = ResNet18_Weights.IMAGENET1K_V1
    with serving() as mirror:
        mirror.files[name] = file.getvalue()
        monkeypatch.setattr(weights.value, "url", mirror.url(name))
        monkeypatch.setitem(weights.value.meta, "categories", list("abcde"))
        yield dict(state)


def opened(num_classes: int, tmp_path: Path) -> tuple[Runner, list[Event]]:
    write_images(tmp_path / "images", {f"class{number}": 6 for number in range(num_classes)})
    session = Session(
        name="s",
        model="torchvision:resnet18",
        dataset=f"imagefolder:{tmp_path / 'images'}",
        device="cpu",
        pretrained="default",
        image_size=32,
    )
    runner = Runner(session, sessions_dir=tmp_path, data_dir=None)
    return runner, list(runner.open())


def test_published_weights_are_the_fresh_ones_but_for_a_classifier_of_other_classes(
    published: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    runner, events = opened(3, tmp_path)
    assert PretrainedTaken("IMAGENET1K_V1", ("fc",), 3, 5) in events
    assert runner.session.pretrained == "IMAGENET1K_V1"
    assert "fc is drawn anew, for 3 classes instead of 5" in " ".join(line.text for line in runner.view.log)
    own = runner._engine.state.network.module.state_dict()
    assert all(torch.equal(own[name], tensor) for name, tensor in published.items() if "fc." not in name)
    assert own["fc.weight"].shape == (3, 512)


def test_the_text_of_a_session_with_published_weights_gives_its_result_to_the_bit(
    published: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    runner, _ = opened(5, tmp_path)
    for decision in (LoadDense(weights="pretrained"), Prune(plan=0.5)):
        list(runner.perform(decision))
    namespace: dict[str, object] = {}
    text = python_text(runner.session, folder=tmp_path / "s")
    assert 'model="torchvision:resnet18"' in text
    assert 'pretrained="IMAGENET1K_V1"' in text
    exec(text, namespace)
    bench = namespace["bench"]
    assert isinstance(bench, Workbench)
    own, theirs = bench.module.state_dict(), runner._engine.state.network.module.state_dict()
    assert all(torch.equal(own[name], theirs[name]) for name in published)
    result = run("export", tmp_path / "s.json", "--to", "safetensors", "-o", tmp_path / "file")
    assert result.exit_code == 0, result.stderr
    loaded = load(tmp_path / "file")
    assert loaded.class_names == tuple(f"class{number}" for number in range(5))
    rebuilt = loaded.module.state_dict()
    assert all(torch.equal(rebuilt[name], theirs[name]) for name in published)


def test_published_weights_for_these_classes_are_measured_as_they_are_and_replayed(
    published: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    write_images(tmp_path / "images", {f"class{number}": 6 for number in range(5)})
    options = ["--model", "torchvision:resnet18", "--dataset", f"imagefolder:{tmp_path / 'images'}"]
    result = scan(*options, "--pretrained", "--image-size", "32")
    assert result.exit_code == 0, result.stderr
    session = read_session(tmp_path / "sessions" / "resnet18-scan.json")
    first = session.decisions[0]
    assert isinstance(first, LoadDense)
    assert (first.weights, session.pretrained, session.image_size) == ("pretrained", "IMAGENET1K_V1", 32)
    saved = (tmp_path / "sessions" / "resnet18-scan" / "dense.safetensors").read_bytes()
    tensors, _ = decode(saved, published, source="dense")
    assert all(torch.equal(tensors[name], published[name]) for name in published)
    again = run("replay", tmp_path / "sessions" / "resnet18-scan.json", "--json")
    assert json.loads(again.stdout)["identical"] is True


def test_published_weights_for_other_classes_are_adapted(
    published: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    assert published
    runner, _ = opened(3, tmp_path)
    with pytest.raises(Exception, match="tell 5 classes apart"):
        list(runner.perform(LoadDense(weights="pretrained")))
    options = ["--model", "torchvision:resnet18", "--dataset", f"imagefolder:{tmp_path / 'images'}"]
    assert scan(*options, "--pretrained-weights", "IMAGENET1K_V1", "--image-size", "32").exit_code == 0
    first = read_session(tmp_path / "sessions" / "resnet18-scan.json").decisions[0]
    assert isinstance(first, TrainDense)
    assert (first.training.optimizer, first.training.learning_rate) == ("adamw", 1e-4)
