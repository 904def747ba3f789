"""Networks from files of one's own, and with published weights, are exported as they compute."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from torch import nn
from typer.testing import CliRunner, Result

import prune_tui as pt
from prune_tui.catalog.models import model_entry
from prune_tui.catalog.models.building import build
from prune_tui.cli.app import app
from prune_tui.core.session.decisions import Decision, Prune, Shrink, TrainDense
from prune_tui.core.session.session import Session
from prune_tui.core.terms import ExportFormat
from prune_tui.export.description import Description, to_text
from prune_tui.export.safetensors import to_safetensors
from prune_tui.runner.runner import Runner
from tests.engine.helpers import QUICK
from tests.runner.helpers import perform

ROOT = Path(__file__).parents[2]
CASES: dict[str, tuple[str, str, tuple[Decision, ...]]] = {
    "net": ("examples/net.py:tied_residual_grey", "digits", (Prune(plan=0.5, granularity="unit"), Shrink())),
    "tokens": ("examples/tokens.py:network", "examples/tokens.py:data", (Prune(plan=0.5),)),
}


@pytest.fixture(scope="module", params=CASES)
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session with its checkpoints of a network from a file, which is trained for an epoch and pruned."""
    model, dataset, decisions = CASES[request.param]
    folder = tmp_path_factory.mktemp("sessions")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        session = Session(
            name=request.param,
            model=model,
            dataset=dataset,
            device="cpu",
            num_train_images=150,
            num_test_images=30,
        )
        runner = Runner(session, sessions_dir=folder, data_dir=None, allow_code=True)
        list(runner.open())
        perform(runner, TrainDense(training=QUICK), *decisions)
    return folder / f"{request.param}.json"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["export", *(str(argument) for argument in arguments)])


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(
            "onnx", marks=pytest.mark.skipif(find_spec("onnxruntime") is None, reason="no onnxruntime")
        ),
        "torch-export",
        "safetensors",
    ],
)
def test_a_network_of_ones_own_is_written_as_it_computes(
    wanted: ExportFormat, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    result = run(saved, "--to", wanted, "-o", tmp_path / "file", "--allow-code", "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["max_relative_difference"] <= 1e-4
    assert document["file_bytes"] == (tmp_path / "file").stat().st_size


def test_its_code_runs_only_where_it_may(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    result = run(saved, "--to", "safetensors", "-o", tmp_path / "file")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "runs code of your own, examples/" in result.stderr
    assert "read it, then add --allow-code" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_file_is_back_in_python_with_a_fresh_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    session = Session(name="s", model="net", dataset="digits", device="cpu")
    data = pt.dataset("digits", num_train_images=150, num_test_images=30, progress=False)
    fresh = pt.model("examples/net.py:tied_residual_grey", data, seed=1)
    bench = pt.Workbench(fresh, data, device="cpu", progress=False)
    bench.prune(0.5, granularity="unit")
    small = bench.shrink().eval()
    description = Description(
        model="examples/net.py:tied_residual_grey",
        num_classes=10,
        input_shape=(1, 28, 28),
        output_key="logits",
        class_names=tuple("0123456789"),
        layers={},
        session=session.name,
        checkpoint="shrunk.safetensors",
        stage="shrunk",
    )
    path = tmp_path / "small.safetensors"
    path.write_bytes(to_safetensors(small, description=to_text(description)))
    loaded = pt.load(path, module=fresh)
    assert (loaded.output_key, loaded.class_names) == ("logits", tuple("0123456789"))
    assert loaded.module.get_parameter("first.weight").shape[0] == 24
    images = torch.randn(5, 1, 28, 28)
    with torch.inference_mode():
        ours, theirs = loaded.module(images), small(images)
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-5) for name in ("logits", "features"))


def test_a_session_names_its_classes_and_the_output_that_is_scored(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    run(saved, "--to", "safetensors", "-o", tmp_path / "file", "--allow-code")
    loaded = pt.load(tmp_path / "file", module=own_module(saved.stem))
    assert loaded.class_names == (tuple("0123456789") if saved.stem == "net" else None)
    shapes = {"net": (1, 28, 28), "tokens": {"input_ids": (16,), "attention_mask": (16,)}}
    assert loaded.input_shape == shapes[saved.stem]


def own_module(name: str) -> nn.Module:
    model, dataset, _ = CASES[name]
    return pt.model(model, pt.dataset(dataset, num_train_images=150, num_test_images=30, progress=False))


def test_a_model_built_for_published_weights_is_rebuilt_as_such(tmp_path: Path) -> None:
    name = "torchvision:googlenet"
    torch.manual_seed(0)
    published = build(model_entry(name), num_classes=3, image_shape=(3, 32, 32), is_pretrained=True).eval()
    description = Description(
        model=name,
        num_classes=3,
        input_shape=(3, 32, 32),
        layers={},
        is_pretrained=True,
        session="s",
        checkpoint="dense.safetensors",
        stage="dense",
    )
    path = tmp_path / "file"
    path.write_bytes(to_safetensors(published, description=to_text(description)))
    images = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        assert torch.equal(pt.load(path).module(images), published(images))
