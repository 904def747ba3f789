"""A compact file comes back to the bit by three lines of numpy, and with a codebook nearly as accurate."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from typer.testing import CliRunner, Result

from prune_tui.catalog.models import MODELS
from prune_tui.cli.app import app
from prune_tui.core.errors import ExportError
from prune_tui.core.returning import drained
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.engine.network.masks import mask_weights
from prune_tui.engine.network.network import weight_name
from prune_tui.export.compact.codebook import AUTO_ERROR, Codebook, parsed_codebook, quantised, shared
from prune_tui.export.compact.network import comes_back, to_compact, with_tensors_of
from prune_tui.export.compact.reading import arrays_of, lines_for
from prune_tui.export.compact.writing import Array, compact_file, packed
from prune_tui.storage import read_session
from tests.engine.helpers import fresh, loaded
from tests.export.helpers import recorded

RANDOM = np.random.default_rng(0)


def sparse(kept: float, *shape: int) -> NDArray[np.float32]:
    values = RANDOM.normal(size=shape).astype(np.float32)
    return np.where(RANDOM.random(shape) < kept, values, np.float32(0))


ARRAYS: dict[str, Array] = {
    "dense": sparse(1, 30, 40),
    "half": sparse(0.5, 30, 40),
    "few": sparse(0.03, 200, 300),
    "far apart": np.where(np.arange(300_000) % 99_999 == 7, np.float32(0.5), np.float32(0)),
    "zeros": np.zeros((40, 50), np.float32),
    "empty": np.zeros((3, 0), np.float32),
    "odd floats": np.array([np.nan, -np.nan, -0.0, 0.0, np.inf, 1e-45] * 50, np.float32),
    "float16": RANDOM.normal(size=99).astype(np.float16),
    "float64": sparse(0.2, 99).astype(np.float64),
    "complex": np.array([1 + 2j, 0, -3j], np.complex128),
    "counter": np.array(7),
    "signs": RANDOM.choice(np.array([-1, 0, 1], np.int8), 999),
    "bools": RANDOM.random(99) < 0.5,
    "big-endian": np.arange(9, dtype=">i4"),
    "columns": np.asfortranarray(sparse(0.2, 5, 6)),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_every_array_comes_back_to_the_bit_and_in_no_more_bytes(name: str) -> None:
    array = ARRAYS[name]
    one = packed(array)
    found = arrays_of(compact_file({(name, "tied"): one}, description='{"a": "é\\n"}'))
    for again in (found[name], found["tied"]):
        assert (again.dtype, again.shape) == (array.dtype.newbyteorder("<"), array.shape)
        assert again.tobytes() == array.astype(again.dtype).tobytes()
    assert len(one.deflated) <= array.nbytes + 64


def test_the_layout_and_the_codebook_follow_from_the_values() -> None:
    assert (packed(ARRAYS["dense"]).layout, packed(ARRAYS["dense"]).num_shared) == ("dense", 0)
    assert packed(ARRAYS["half"]).layout == "bitmask"
    assert packed(ARRAYS["few"]).layout == "deltas"
    assert packed(np.sign(ARRAYS["half"])).num_shared in (2, 3)


def test_values_nearly_take_their_entropy() -> None:
    """A Huffman code of 16 values, unevenly often, and of the distances between them."""
    weight = np.zeros(200_000, np.float32)
    at = RANDOM.permutation(200_000)[:10_000]
    share = np.exp(-np.arange(16) / 3)
    weight[at] = RANDOM.choice(RANDOM.normal(size=16).astype(np.float32), 10_000, p=share / share.sum())
    values, counts = np.unique(weight, return_counts=True)
    assert len(values) == 17
    bits = -(counts / 200_000 * np.log2(counts / 200_000)).sum() * 200_000
    assert len(packed(weight).deflated) <= 1.04 * bits / 8 + 16 * 4


def module_pruned() -> nn.Module:
    network = fresh("lenet5")
    masks = {
        weight_name(layer.name): mask_weights(network.weight(layer.name).detach().abs(), 0.95, None)
        for layer in network.layers
    }
    network.mask(masks)
    return network.module


@pytest.mark.parametrize("name", MODELS)
def test_a_module_comes_back_to_the_bit_without_a_codebook(name: str) -> None:
    module = fresh(name).module
    made = to_compact(module, description="{}")
    assert comes_back(module, made.content)
    assert made.content == to_compact(module, description="{}").content
    with torch.no_grad():
        next(module.parameters()).view(-1)[0] += 1e-7
    assert not comes_back(module, made.content)


def test_every_byte_is_counted() -> None:
    made = to_compact(module_pruned(), description="{}", codebook=5)
    header = len(made.content) - sum(one.file_bytes for one in made.stored)
    assert 0 < header < 400
    assert {one.name for one in made.stored} == module_pruned().state_dict().keys()


def test_tied_weights_are_stored_once() -> None:
    layer = nn.Linear(50, 50)
    module = nn.Sequential(layer, nn.ReLU(), layer)
    made = to_compact(module, description="{}", codebook="auto")
    assert [one.name for one in made.stored] == ["0.weight", "0.bias"]
    assert arrays_of(made.content).keys() == module.state_dict().keys()
    assert with_tensors_of(module, made.content)(torch.ones(1, 50)).shape == (1, 50)


def test_what_numpy_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(ExportError, match=r"^1\.weight is of type bfloat16, which numpy does not have"):
        to_compact(nn.Sequential(nn.ReLU(), nn.Linear(2, 2).bfloat16()), description="{}")


@pytest.mark.parametrize("bits", [1, 2, 5, 8, 12])
@pytest.mark.parametrize("kept", [0.05, 1.0])
def test_a_codebook_leaves_few_values_each_the_mean_of_its_own(bits: int, kept: float) -> None:
    weight = sparse(kept, 200, 500)
    found = quantised(weight, bits)
    values = np.unique(found[weight != 0])
    assert 2 ** (bits - 1) < len(values) <= 2**bits
    assert not found[weight == 0].any()
    assert np.array_equal(quantised(found, bits), found)
    for value in values[:: len(values) // 2 + 1]:
        assert weight[found == value].mean() == pytest.approx(value, rel=1e-3, abs=1e-4)
    some = weight[weight != 0][:100].astype(np.float64)
    moved = np.abs(found[weight != 0][:100].astype(np.float64) - some)
    assert np.allclose(moved, np.abs(some[:, None] - values.astype(np.float64)).min(axis=1), atol=1e-6)


def test_auto_takes_the_fewest_bits_within_its_error() -> None:
    def error(found: Array) -> float:
        return float(np.linalg.norm(found.astype(np.float64) - weight) / np.linalg.norm(weight))

    weight = sparse(0.1, 300, 300).astype(np.float64)
    found = shared(weight, "auto")
    bits = int(np.ceil(np.log2(len(np.unique(found)) - 1)))
    assert error(found) <= AUTO_ERROR < error(quantised(weight, bits - 1))


def test_only_weights_are_rounded_and_only_where_that_is_smaller() -> None:
    module = nn.Sequential(nn.Linear(100, 50), nn.BatchNorm1d(50), nn.Linear(50, 2, bias=False))
    module.eval()
    state, found = module.state_dict(), arrays_of(to_compact(module, description="{}", codebook=8).content)
    exact = {name for name, array in found.items() if np.array_equal(array, state[name].numpy())}
    assert exact == state.keys() - {"0.weight"}, "the last weight is smaller than its codebook"


@pytest.mark.parametrize("text", ["0", "13", "-1", "5.0", "", "five", "٥", "9" * 5000])
def test_what_is_no_codebook_is_refused(text: str) -> None:
    with pytest.raises(ExportError, match="from 1 to 12 is right, or auto"):
        parsed_codebook(text)


def test_what_is_a_codebook_is_read() -> None:
    assert [parsed_codebook(text) for text in ("1", "12", "auto")] == [1, 12, "auto"]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("sessions"))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["export", *(str(argument) for argument in arguments)])


ALONE = """\
import sys
sys.modules["torch"] = sys.modules["prune_tui"] = sys.modules["safetensors"] = None
{lines}
np.savez({out!r}, **weights)
"""


@pytest.mark.parametrize("checkpoint", ["pruned.safetensors", "shrunk.safetensors", "dense.safetensors"])
def test_the_three_lines_that_are_printed_give_the_networks_weights(
    checkpoint: str, session: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    out = tmp_path / "it's small.gz"
    result = run(session, "--to", "compact", "-o", out, "--checkpoint", checkpoint)
    assert result.exit_code == 0, result.stderr
    after = result.stdout.partition("read it:\n\n")[2]
    lines = "\n".join(after.splitlines()[:3])
    assert lines == lines_for(str(out))
    script = ALONE.format(lines=lines, out=str(tmp_path / "weights.npz"))
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    found = np.load(tmp_path / "weights.npz")
    plain = run(session, "--to", "safetensors", "-o", tmp_path / "plain", "--checkpoint", checkpoint)
    assert plain.exit_code == 0
    wanted = load_file(tmp_path / "plain")
    assert sorted(found.files) == sorted(wanted)
    assert all(np.array_equal(found[name], wanted[name].numpy()) for name in wanted)
    assert out.stat().st_size < (tmp_path / "plain").stat().st_size


@pytest.mark.parametrize("codebook", ["5", "auto"])
def test_with_a_codebook_it_says_the_accuracy_before_and_after(
    codebook: str, session: Path, tmp_path: Path
) -> None:
    out = tmp_path / "small.gz"
    options = ("--to", "compact", "--codebook", codebook, "-o", out, "--checkpoint", "pruned.safetensors")
    result = run(session, *options, "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["codebook"] == (5 if codebook == "5" else "auto")
    assert document["file_bytes"] == out.stat().st_size
    scores, state = document["scores"], loaded().state
    module = with_tensors_of(state.network.module, out.read_bytes())
    now = drained(evaluate(module, state.data, state.data.validation, lambda: 0.0)).accuracy
    assert scores["after"] == now
    record = read_session(session).record
    assert record is not None
    assert scores["before"] == next(one.accuracy for one in record.checkpoints if one.stage == "pruned")
    assert abs(scores["after"] - scores["before"]) <= 0.03
    assert sum(one["file_bytes"] for one in document["tensors"]) < document["file_bytes"]
    if codebook == "5":
        assert all(one["num_shared"] <= 33 for one in document["tensors"])


def test_people_read_it_too(session: Path, tmp_path: Path) -> None:
    result = run(session, "--to", "compact", "--codebook", "6", "-o", tmp_path / "small.gz")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("accuracy on ")
    shown = [line.split() for line in result.stdout.partition("shared values")[2].splitlines()[1:]]
    counts = [int(words[-1].replace(",", "")) for words in shown[: shown.index([])]]
    assert sum(counts) == (tmp_path / "small.gz").stat().st_size


@pytest.mark.parametrize(
    ("to", "codebook", "expected"),
    [
        ("onnx", "5", "a codebook is for --to compact"),
        ("compact", "0", "from 1 to 12"),
        ("compact", "many", "from 1 to 12"),
    ],
)
def test_a_codebook_that_is_not_right_is_one_line_and_exit_2(
    to: str, codebook: str, expected: str, session: Path, tmp_path: Path
) -> None:
    result = run(session, "--to", to, "--codebook", codebook, "-o", tmp_path / "x")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert expected in result.stderr
    assert not list(tmp_path.iterdir())


def test_more_bits_cost_more_bytes_and_less_error() -> None:
    module = module_pruned()
    wanted: list[Codebook] = [2, 4, 6, 8]
    sizes, errors = [], []
    for codebook in wanted:
        content = to_compact(module, description="{}", codebook=codebook).content
        weight = arrays_of(content)["fc1.weight"]
        sizes.append(len(content))
        errors.append(
            float(np.square(weight.astype(np.float64) - module.state_dict()["fc1.weight"].numpy()).sum())
        )
    assert sizes == sorted(sizes)
    assert errors == sorted(errors, reverse=True)


def test_the_page_on_exporting_has_the_same_lines() -> None:
    page = Path(__file__).parents[2] / "docs" / "EXPORT.md"
    assert f"```text\n{lines_for('small.gz')}\n```" in page.read_text(encoding="utf-8")
