"""The command line: data on stdout, narration on stderr, exit codes as promised, nothing heavy for help."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from prune_tui.cli.app import app, main
from prune_tui.configuration.configuration import Configuration
from prune_tui.core.session.decisions import LoadDense, Measure, Prune
from prune_tui.reports.python import python_text
from prune_tui.storage import read_session
from prune_tui.tui.options import Options
from tests.engine.helpers import PLAN
from tests.runner.helpers import opened, perform

QUICKSTART = Path(__file__).parents[2] / "sessions" / "quickstart.json"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sessions")
    perform(opened(folder), LoadDense(), Prune(plan=PLAN), Measure(batch_sizes=(1,)))
    return folder / "s.json"


def test_replay_prints_one_json_document_and_exits_0(recorded: Path) -> None:
    result = run("replay", recorded, "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert list(document) == ["session", "reproduced", "identical", "differences", "report", "record"]
    assert document["session"] == "s"
    assert document["reproduced"] is True
    assert document["identical"] is True
    assert {*document["report"]} >= {
        "dense",
        "pruned",
        "shrunk",
        "compression_ratio",
        "theoretical_speedup",
        "layers",
        "scan",
        "curves",
        "test_reads",
        "environment",
    }
    assert document["report"]["pruned"]["latency_ms"]["1"].keys() == {"p50", "p95"}
    assert "test accuracy" in result.stderr


def test_replay_of_two_sessions_is_still_one_document(recorded: Path) -> None:
    documents = json.loads(run("replay", recorded, recorded, "--json").stdout)
    assert [document["session"] for document in documents] == ["s", "s"]


def test_a_replay_that_differs_exits_1_and_says_where(recorded: Path, tmp_path: Path) -> None:
    content = json.loads(recorded.read_text())
    content["record"]["report"]["pruned"]["accuracy"] = 0.1
    content["record"]["checkpoints"] = []
    spoiled = tmp_path / "s.json"
    spoiled.write_text(json.dumps(content))
    result = run("replay", spoiled)
    assert result.exit_code == 1
    assert "not reproduced" in result.stdout
    assert "pruned.accuracy" in result.stdout


@pytest.mark.parametrize("command", ["replay", "show"])
def test_unusable_input_exits_2_with_one_line_on_stderr(command: str, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    result = run(command, tmp_path / "bad.json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "bad.json" in result.stderr


@pytest.mark.parametrize(
    ("data_dir", "expected"),
    [("absent", "no data folder"), ("empty", "can't"), ("file/in-the-way", "folder")],
)
def test_a_data_folder_that_will_not_do_exits_2(
    data_dir: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("urllib.request.urlopen", offline)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    session = tmp_path / "s.json"
    content = json.loads(QUICKSTART.read_text())
    session.write_text(json.dumps({**content, "model": "lenet5", "dataset": "mnist"}))
    result = run("replay", session, "--data-dir", tmp_path / data_dir)
    assert result.exit_code == 2
    assert result.stderr.strip().splitlines()[-1].startswith("prune-tui: ")
    assert expected in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--dataset", "imagefolder:~nosuchuser/x"],
        ["--dataset", "imagefolder:" + "n" * 5000],
        ["--dataset", "imagefolder:/dev/null/x"],
        ["--dataset", "imagefolder:\udcff"],
        ["--data-dir", "n" * 5000],
        ["--out", "n" * 5000],
        ["--out", "/dev/null"],
        ["--weights", "n" * 5000],
        ["--weights", "/dev/zero"],
        ["--model", "a b"],
    ],
)
def test_a_scan_of_a_path_that_will_not_do_is_one_line_and_exit_2(options: list[str]) -> None:
    result = run("scan", "--tolerance", "3", *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    last = result.stderr.splitlines()[-1]
    assert last.startswith("prune-tui: ")
    assert "internal error" not in last


def test_a_data_folder_of_nobody_is_one_line_and_exit_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRUNE_TUI_DATA", "~nosuchuser/x")
    for command in (["list", "datasets"], ["scan", "--dataset", "mnist"]):
        result = run(*command)
        assert result.exit_code == 2
        assert "no such user" in result.stderr


def offline(*_arguments: object, **_options: object) -> None:
    raise OSError("Network is unreachable")


def test_without_a_terminal_the_app_says_so_and_names_replay() -> None:
    result = run()
    assert result.exit_code == 2
    assert "no terminal" in result.stderr
    assert "replay" in result.stderr


def test_an_empty_command_line_is_not_parsed_and_means_what_the_parser_makes_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def app_run(options: Options, _configuration: Configuration) -> int:
        opened_with.append(options)
        return 7

    opened_with: list[Options] = []
    monkeypatch.setattr("prune_tui.tui.run.run", app_run)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    for arguments in ([], ["--seed", "0"]):
        monkeypatch.setattr(sys, "argv", ["prune-tui", *arguments])
        with pytest.raises(SystemExit, match="7"):
            main()
    assert opened_with == [Options(), Options()]


def test_a_bug_shows_one_line_and_the_logs_path(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("prune_tui.storage.user_log_path", lambda _name: tmp_path)
    monkeypatch.setattr("prune_tui.commands.replay.replay", broken)
    result = run("replay", recorded)
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    assert str(tmp_path / "errors.log") in result.stderr
    assert "ZeroDivisionError: a bug" in (tmp_path / "errors.log").read_text()


def test_an_interrupted_replay_exits_130(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("prune_tui.commands.replay.replay", interrupted)
    assert run("replay", recorded).exit_code == 130


def test_show_prints_the_figures_and_as_json_the_session(recorded: Path) -> None:
    shown = run("show", recorded)
    assert shown.exit_code == 0
    for words in ("test accuracy", "compression ratio", "theoretical speedup", "file", "ms p50/p95"):
        assert words in shown.stdout
    assert json.loads(run("show", recorded, "--json").stdout) == json.loads(recorded.read_text())


@pytest.mark.parametrize("table", ["models", "datasets", "criteria", "schedules"])
def test_every_table_can_be_listed_for_people_and_for_scripts(table: str) -> None:
    rows = json.loads(run("list", table, "--json").stdout)
    assert len(rows) >= 3
    shown = run("list", table).stdout
    assert all(row["name"] in shown for row in rows)


LOADED = """
import sys
from prune_tui.cli.app import app
try:
    app(sys.argv[1:])
except SystemExit:
    pass
heavy = {"torch", "textual", "numpy", "torchvision", "pydantic", "rich"}
print(*sorted(heavy & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["replay", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True
    )
    of_typer = {"pydantic"} if "replay" in arguments else set()  # it describes a command's options
    assert set(ran.stderr.split()) <= of_typer


@pytest.mark.parametrize("arguments", [["show", str(QUICKSTART)], ["list", "models"], ["list", "datasets"]])
def test_what_only_reads_loads_no_torch(arguments: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True
    )
    assert "torch" not in ran.stderr
    assert "textual" not in ran.stderr


def test_verify_loads_every_checkpoint_and_finds_its_recorded_accuracy(recorded: Path) -> None:
    result = run("verify", recorded, "--json", "--tolerance", "0")
    assert result.exit_code == 0
    found = json.loads(result.stdout)["checkpoints"]
    assert [row["path"] for row in found] == ["dense.safetensors", "pruned.safetensors"]
    assert all(row["accuracy_now"] == row["accuracy"] and row["holds"] for row in found)
    assert "✓" in run("verify", recorded).stdout


def test_verify_exits_1_where_an_accuracy_is_not_the_recorded_one(recorded: Path, tmp_path: Path) -> None:
    content = json.loads(recorded.read_text())
    content["record"]["checkpoints"][1]["accuracy"] = 0.5
    shutil.copytree(recorded.parent / "s", tmp_path / "s")
    altered = tmp_path / "s.json"
    altered.write_text(json.dumps(content))
    result = run("verify", altered)
    assert result.exit_code == 1
    assert "✗ differs" in result.stdout


def test_verify_without_checkpoints_says_how_to_get_them() -> None:
    result = run("verify", QUICKSTART)
    assert result.exit_code == 2
    assert "replay it with --out first" in result.stderr


def test_scan_solves_a_budget_and_saves_a_session_that_the_app_can_open(tmp_path: Path) -> None:
    result = run("scan", "--budget", "20x", "--json", "--out", tmp_path, "--threads", "1")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert {curve["name"] for curve in document["scan"]["layers"]} == set(document["plan"])
    price = document["price"]
    assert price["parameters"] / price["nonzero"] >= 20
    assert 0 <= document["predicted_between"][0] < document["predicted_between"][1] <= 1
    measured = document["measured"]
    assert measured["found"]["decision"]["plan"] == {
        name: at for name, at in document["plan"].items() if at > 0
    }
    assert measured["found"]["accuracy"] >= measured["start_accuracy"]
    assert document["error"] is None
    assert run("show", document["session"]).exit_code == 0


def test_a_scan_takes_so_many_images(tmp_path: Path) -> None:
    result = run("scan", "--images", "300", "--json", "--out", tmp_path, "--threads", "1")
    document = json.loads(result.stdout)
    assert document["scan"]["num_images"] == 30
    session = json.loads(Path(document["session"]).read_text())
    assert (session["num_train_images"], session["num_test_images"]) == (300, 300)
    assert run("scan", "--images", "0").exit_code == 2


@pytest.mark.parametrize(
    "options",
    [
        ["--tolerance", "3"],
        ["--granularity", "n_m"],
        ["--granularity", "block_4"],
        ["--precision", "bfloat16"],
    ],
)
def test_scan_in_words(options: list[str]) -> None:
    result = run("scan", "--threads", "1", *options)
    assert result.exit_code == 0
    assert "conv2" in result.stdout
    assert "dense 97" in result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--budget", "20 bananas"], "type a budget such as"),
        (["--budget", "0.5x"], "a ratio is at least 1"),
        (["--criterion", "l3"], "unknown criterion 'l3'"),
        (["--model", "lenet6"], "unknown model 'lenet6'"),
        (["--weights", "nowhere.safetensors"], "no such checkpoint"),
    ],
)
def test_a_scan_that_can_not_be_done_is_one_line_and_exit_2(options: list[str], message: str) -> None:
    result = run("scan", "--threads", "1", *options)
    assert result.exit_code == 2
    assert message in result.stderr.splitlines()[-1]


def test_a_budget_out_of_reach_is_told_after_the_scan_which_is_printed_and_saved(tmp_path: Path) -> None:
    result = run("scan", "--threads", "1", "--tolerance", "3", "--budget", "9999x", "--out", tmp_path)
    assert result.exit_code == 1
    assert "conv2" in result.stdout
    assert "plan for" not in result.stdout
    assert "saved:" in result.stdout
    told = result.stderr.splitlines()[-1]
    assert told.startswith("prune-tui: ≥ 9999x can't be reached: type at best ")
    record = read_session(tmp_path / "lenet5-scan.json").record
    assert record is not None
    assert record.report.scan is not None


def test_a_budget_out_of_reach_leaves_the_scan_in_the_document() -> None:
    result = run("scan", "--threads", "1", "--tolerance", "3", "--budget", "1 byte", "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["scan"]["layers"]
    assert (document["plan"], document["price"], document["predicted_between"]) == (None, None, None)
    assert f"prune-tui: {document['error']}" == result.stderr.splitlines()[-1]


def test_a_mistyped_budget_is_refused_before_anything_is_done() -> None:
    result = run("scan", "--threads", "1", "--budget", "20 bananas")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1


def test_show_prints_a_session_as_python(recorded: Path) -> None:
    result = run("show", recorded, "--python")
    assert result.exit_code == 0
    assert result.stdout == python_text(read_session(recorded), folder=recorded.with_suffix(""))
    compile(result.stdout, "printed", "exec")
    both = run("show", recorded, "--python", "--json")
    assert both.exit_code == 2
    assert "give one of them" in both.stderr
