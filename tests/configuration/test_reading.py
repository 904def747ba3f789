"""A configuration file sets what it says; of a broken one, file, key and what is right are told."""

import tomllib
from pathlib import Path

import pytest

from prune_tui.configuration.configuration import Configuration
from prune_tui.configuration.entries import ENTRIES, KeyEntry
from prune_tui.configuration.printing import configuration_text
from prune_tui.configuration.reading import read_configuration
from prune_tui.core.errors import ConfigurationError

FULL = """
theme = "prune-light"
data_dir = "~/data"
sessions_dir = "runs"
[defaults]
model = "mlp"
dataset = "mnist"
device = "cpu"
threads = 2
images = 1000
seed = 0
finetuning_epochs = 0
tolerance_points = 2
[keys.plan]
prune = ["P", "f5"]
"nudge(0.05)" = ","
"""
TOLERANCE = "defaults.tolerance_points is 0: a number of points from 0.01 to 100 is right, such as 1.0"
KEYS = (
    KeyEntry("anywhere", "leave", ["q", "ctrl+q"], "Quit"),
    KeyEntry("plan", "prune", ["p"], "Prune"),
    KeyEntry("plan", "nudge(0.05)", ["plus"], "More"),
)


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def test_everything_that_can_be_set_is_read(tmp_path: Path) -> None:
    read = read_configuration(written(tmp_path, FULL))
    assert set(read.values) == {entry.key for entry in ENTRIES}
    assert read.text("data_dir") == str(Path.home() / "data")
    assert (read.whole("defaults.threads"), read.whole("defaults.seed")) == (2, 0)
    assert read.number("defaults.tolerance_points") == 2.0
    assert read.keys == {"plan.prune": "P,f5", "plan.nudge(0.05)": "comma"}


def test_without_a_file_nothing_is_set(tmp_path: Path) -> None:
    path = tmp_path / "none" / "config.toml"
    assert read_configuration(path) == Configuration(path)


@pytest.mark.parametrize("text", ["", FULL])
def test_what_is_printed_reads_as_the_same(tmp_path: Path, text: str) -> None:
    read = read_configuration(written(tmp_path, text))
    printed = configuration_text(read, KEYS)
    assert read_configuration(written(tmp_path, printed)) == read
    for entry in ENTRIES:
        assert f"# {entry.meaning}" in printed


def test_what_is_commented_out_is_right_too(tmp_path: Path) -> None:
    printed = configuration_text(Configuration(tmp_path / "none.toml"), KEYS)
    settings = [line for line in printed.splitlines() if " = " in line or line.startswith("[")]
    document = tomllib.loads("\n".join(line.removeprefix("# ") for line in settings))
    assert document["keys"]["anywhere"]["leave"] == ["q", "ctrl+q"]
    read = read_configuration(written(tmp_path, "\n".join(line.removeprefix("# ") for line in settings)))
    assert set(read.values) == {entry.key for entry in ENTRIES}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("theme", "not TOML: "),
        ('theme = "\xff', "not TOML: "),
        ("thme = 'x'", "unknown key thme: did you mean theme?"),
        ("model = 'mlp'", "unknown key model: did you mean defaults.model?"),
        ("colour = 3", "unknown key colour: there are theme, "),
        ("theme = 3", 'theme is 3: a name in quotes is right, such as "prune-dark"'),
        ("data_dir = true", "data_dir is true: a folder in quotes is right"),
        ("[defaults]\nthreads = 0", "defaults.threads is 0: a whole number from 1 is right, such as 4"),
        ("[defaults]\nseed = true", "defaults.seed is true: a whole number from 0 is right, such as 0"),
        ("[defaults]\ntolerance_points = 0", TOLERANCE),
        ("[defaults]\ntolerance_points = 101", TOLERANCE.replace("is 0", "is 101")),
        ("[defaults]\ntolerance_points = true", TOLERANCE.replace("is 0", "is true")),
        ("[defaults]\ntolerance_points = nan", TOLERANCE.replace("is 0", "is nan")),
        ("[defaults]\ntolerance_points = 'low'", TOLERANCE.replace("is 0", 'is "low"')),
        ("[defaults]\ndevice = 'gpu'", 'defaults.device is "gpu": one of auto, cpu, cuda, mps is right'),
        ("[defaults]\nmodel = 'lenet6'", "defaults.model: unknown model 'lenet6': did you mean"),
        ("[defaults]\ndataset = 'mnits'", "defaults.dataset: unknown dataset 'mnits': did you mean"),
        ("[keys.plan]\nprune = ['p', 3]", "keys.plan.prune is ['p', 3]: a key or a list is right"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigurationError) as raised:
        read_configuration(path)
    assert str(raised.value).startswith(f"{path}: {message}")
    assert "\n" not in str(raised.value)
