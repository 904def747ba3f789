"""The command line beats the environment, that beats the configuration file, and this what is built in."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from prune_tui.catalog.datasets import default_data_dir
from prune_tui.cli.app import main
from prune_tui.configuration.configuration import Configuration
from prune_tui.tui.options import Options

FILE = """
theme = "nord"
data_dir = "/from/file"
sessions_dir = "runs"
[defaults]
model = "mlp"
device = "cpu"
threads = 2
images = 300
seed = 5
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("PRUNE_TUI_CONFIG", str(path))
    # Set and taken away, so that what the command sets is taken back.
    monkeypatch.setenv("PRUNE_TUI_DATA", "")
    path.write_text(FILE)
    return path


def ran(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int | str | None:
    """Run the command line in this process, and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["prune-tui", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


@pytest.mark.parametrize(
    "arguments", [[], ["--device", "auto", "--seed", "7", "--model", "lenet5"], ["--seed", "0"]]
)
def test_the_app_opens_with_what_is_configured_unless_told_otherwise(
    file: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    def app_run(options: Options, configuration: Configuration) -> int:
        opened_with.append((options, configuration))
        return 0

    opened_with: list[tuple[Options, Configuration]] = []
    monkeypatch.setattr("prune_tui.tui.run.run", app_run)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    assert ran(*arguments, monkeypatch=monkeypatch) == 0
    (options, configuration), told = opened_with[0], dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert options.model == told.get("--model", "mlp")
    assert options.device == told.get("--device", "cpu")
    assert options.seed == int(told.get("--seed", "5"))
    assert (options.num_threads, options.num_images, options.sessions_dir) == (2, 300, Path("runs"))
    assert (configuration.path, configuration.text("theme")) == (file, "nord")


@pytest.mark.usefixtures("file")
def test_the_environment_beats_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ran("list", "criteria", monkeypatch=monkeypatch) == 0
    assert default_data_dir() == Path("/from/file")
    monkeypatch.setenv("PRUNE_TUI_DATA", "/from/environment")
    assert ran("list", "criteria", monkeypatch=monkeypatch) == 0
    assert default_data_dir() == Path("/from/environment")


@pytest.mark.parametrize("arguments", [[], ["list", "models"], ["config"]])
def test_a_broken_file_is_one_line_and_exit_code_2(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    file.write_text("[defaults]\nthreads = 'two'")
    assert ran(*arguments, monkeypatch=monkeypatch) == 2
    printed = capsys.readouterr()
    right = 'defaults.threads is "two": a whole number from 1 is right, such as 4'
    assert printed.err == f"prune-tui: {file}: {right}\n"
    assert printed.out == ""


@pytest.mark.parametrize("arguments", [["--help"], ["scan", "--help"], ["--version"], ["config", "--path"]])
def test_what_puts_a_broken_file_right_runs_with_one(
    file: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    file.write_text("[")
    assert ran(*arguments, monkeypatch=monkeypatch) == 0


def test_config_prints_what_is_configured_and_where_it_lies(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran("config", "--path", monkeypatch=monkeypatch) == 0
    assert capsys.readouterr().out == f"{file}\n"
    assert ran("config", monkeypatch=monkeypatch) == 0
    printed = tomllib.loads(capsys.readouterr().out)
    assert {key: value for key, value in printed.items() if key != "keys"} == tomllib.loads(FILE)


def test_a_shell_that_asks_is_told_what_completes_a_command() -> None:
    asking = {"_PRUNE_TUI_COMPLETE": "complete_bash", "COMP_WORDS": "prune-tui re", "COMP_CWORD": "1"}
    # A script of this name: completion goes by the name of the program.
    code = "import sys; sys.argv = ['prune-tui']; from prune_tui.cli.app import main; main()"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **asking},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout.split() == ["replay"]
