"""`prune-tui export` writes what computes the same, or one line and nothing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner, Result

from prune_tui.cli.app import app
from prune_tui.commands import export as export_command
from prune_tui.core.session.session import Checkpoint, Record, Session
from prune_tui.core.terms import FileFormat
from prune_tui.export.c.checking import Compared
from prune_tui.export.formats import encoded
from prune_tui.export.network import Exported, chosen_checkpoint
from prune_tui.native.building import NO_COMPILER, compiler
from prune_tui.storage import read_session
from tests.export.helpers import recorded

needs_compiler = pytest.mark.skipif(compiler() is None, reason="needs a C compiler")

EMPTY = Checkpoint(path="x.safetensors", sha256="0" * 64, file_bytes=0)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("sessions"))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["export", *(str(argument) for argument in arguments)])


def test_safetensors_of_the_newest_network_with_every_size_beside_it(session: Path, tmp_path: Path) -> None:
    result = run(session, "--to", "safetensors", "-o", tmp_path / "small.safetensors")
    assert result.exit_code == 0
    num_bytes = (tmp_path / "small.safetensors").stat().st_size
    record = read_session(session).record
    assert record is not None
    sizes = {saved.path: saved.file_bytes for saved in record.checkpoints} | {"small.safetensors": num_bytes}
    shown = dict(line.split() for line in result.stdout.splitlines()[1:5])
    assert shown == {name: f"{size:,}" for name, size in sizes.items()}
    assert "shrunk.safetensors" in result.stdout.splitlines()[-1]
    assert "comparing" in result.stderr


@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="the extra `onnx` is not installed")
def test_onnx_as_one_json_document(session: Path, tmp_path: Path) -> None:
    out = tmp_path / "small.onnx"
    result = run(session, "--to", "onnx", "-o", out, "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert {name: document[name] for name in ("session", "checkpoint", "format", "path", "file_bytes")} == {
        "session": str(session),
        "checkpoint": "shrunk.safetensors",
        "format": "onnx",
        "path": str(out),
        "file_bytes": out.stat().st_size,
    }
    assert 0 <= document["max_relative_difference"] <= 1e-4
    assert document["num_images"] == 64
    assert document["latency_ms"].keys() == {"torch", "onnxruntime"}
    assert document["latency_ms"]["onnxruntime"]["64"]["1"].keys() == {"p50", "p95"}
    assert "Warning" not in result.stderr


def test_a_checkpoint_is_chosen_by_name_and_its_zeros_are_zeros(session: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    out = tmp_path / "p.safetensors"
    result = run(session, "--to", "safetensors", "-o", out, "--checkpoint", "pruned.safetensors", "--json")
    assert json.loads(result.stdout)["checkpoint"] == "pruned.safetensors"
    weight = load_file(out)["conv1.weight"]
    assert weight.shape == (20, 1, 5, 5)
    assert int((weight.flatten(1) == 0).all(dim=1).sum()) == 10


def spoiled(network: Exported, wanted: FileFormat) -> bytes:
    content = encoded(network, wanted)
    with torch.no_grad():
        next(network.module.parameters()).mul_(1.01)
    return content


def test_a_file_that_computes_something_else_is_not_written_and_exits_1(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_command, "encoded", spoiled)
    result = run(session, "--to", "safetensors", "-o", tmp_path / "x.safetensors", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["path"] is None
    assert json.loads(result.stdout)["max_relative_difference"] > 1e-4
    assert result.stderr.splitlines()[-1].startswith("prune-tui: not exported: ")
    assert list(tmp_path.iterdir()) == []


@needs_compiler
def test_c_is_a_folder_with_its_own_check(session: Path, tmp_path: Path) -> None:
    out = tmp_path / "c"
    result = run(session, "--to", "c", "-o", out, "--json")
    assert result.exit_code == 0
    files = {path.name: path.stat().st_size for path in out.iterdir()}
    assert {"net.c", "net.h", "Makefile", "README.txt", "check.c", "check.bin"} <= files.keys()
    document = json.loads(result.stdout)
    assert (document["format"], document["path"]) == ("c", str(out))
    assert document["file_bytes"] == sum(files.values())
    assert document["checked"] is True
    assert document["differing_predictions"] == 0
    assert 0 <= document["max_relative_difference"] <= 1e-4
    assert document["latency_ms"].keys() == {"torch", "C"}
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CC", "no-such-compiler")
    compiler.cache_clear()
    yield
    compiler.cache_clear()


@pytest.mark.usefixtures("no_compiler")
def test_without_a_compiler_c_is_written_all_the_same(session: Path, tmp_path: Path) -> None:
    result = run(session, "--to", "c", "-o", tmp_path / "c")
    assert result.exit_code == 0
    assert "by a rule" in result.stderr
    assert result.stderr.splitlines()[-1] == f"prune-tui: not checked: {NO_COMPILER}"
    assert "not compared with torch" in result.stdout
    assert "chosen by a rule" in (tmp_path / "c" / "README.txt").read_text()
    document = json.loads(run(session, "--to", "c", "-o", tmp_path / "d", "--json").stdout)
    assert (document["checked"], document["max_relative_difference"]) == (False, None)


@needs_compiler
def test_c_that_computes_something_else_is_not_written(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_command, "compare_c", lambda *_: Compared(1e-6, 3))
    result = run(session, "--to", "c", "-o", tmp_path / "c")
    assert result.exit_code == 1
    assert "and 3 predictions; nothing was written" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(session: Path, tmp_path: Path) -> None:
    result = run(session, "--to", "c", "-o", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is there already" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("out", "options", "expected"),
    [
        ("there", [], "is there already"),
        ("link", [], "is there already"),
        ("absent/x", [], "no folder"),
        ("x", ["--checkpoint", "pruned-9.safetensors"], "unknown checkpoint 'pruned-9.safetensors'"),
        ("x", ["--data-dir", "/dev/null/x"], "no data folder"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_2(
    out: str, options: list[str], expected: str, session: Path, tmp_path: Path
) -> None:
    (tmp_path / "there").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    result = run(session, "--to", "safetensors", "-o", tmp_path / out, *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert expected in result.stderr
    assert result.stderr.count("\n") == 1
    assert (tmp_path / "there").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "there"]


def test_an_altered_checkpoint_is_refused(session: Path, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    for file in [session, *(session.parent / "s").iterdir()]:
        (tmp_path / file.relative_to(session.parent)).write_bytes(file.read_bytes())
    file = tmp_path / "s" / "shrunk.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    result = run(tmp_path / "s.json", "--to", "safetensors", "-o", tmp_path / "x")
    assert result.exit_code == 2
    assert "altered" in result.stderr
    assert not (tmp_path / "x").exists()


def test_a_session_without_checkpoints_has_nothing_to_export(session: Path, tmp_path: Path) -> None:
    content = json.loads(session.read_text())
    (tmp_path / "s.json").write_text(json.dumps({**content, "record": None}))
    result = run(tmp_path / "s.json", "--to", "safetensors", "-o", tmp_path / "x")
    assert (result.exit_code, "has no checkpoints" in result.stderr) == (2, True)


def test_the_newest_of_dense_pruned_and_shrunk_is_taken() -> None:
    def chosen(*stages: str) -> str:
        saved = tuple(
            replace(EMPTY, path=f"{stage}-{number}.safetensors", stage=stage)  # type: ignore[arg-type]
            for number, stage in enumerate(stages)
        )
        content = Session(name="s", model="m", dataset="d", record=Record(checkpoints=saved))
        return chosen_checkpoint(content, None, source="s").path

    assert chosen("early", "dense", "swept") == "dense-1.safetensors"
    assert chosen("dense", "pruned", "swept") == "pruned-1.safetensors"
    assert chosen("dense", "pruned", "shrunk") == "shrunk-2.safetensors"
    assert chosen("dense", "pruned", "shrunk", "pruned") == "pruned-3.safetensors"
    assert chosen("dense", "pruned", "dense") == "dense-2.safetensors"
