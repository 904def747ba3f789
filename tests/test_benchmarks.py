"""The benchmarks of the engine run and print their tables; what must be equal is equal."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.compact_files import File
from benchmarks.compact_files import shortfalls as file_shortfalls
from benchmarks.forecast_intervals import Forecast
from benchmarks.forecast_intervals import shortfalls as forecast_shortfalls
from benchmarks.solved_plans import STAGES, Outcome
from benchmarks.solved_plans import shortfalls as plan_shortfalls
from benchmarks.survey.page import END, PAGE, START, is_current
from benchmarks.survey.records import RESULTS, read_results, write_result
from prune_tui.catalog.models.torchvision_names import TORCHVISION
from prune_tui.core.scanning.predictor import Prediction

ROOT = Path(__file__).parents[1]


def printed(name: str, *options: str) -> str:
    command = [sys.executable, "-m", "benchmarks", name, *options, "--threads", "1", "--repeats", "1"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def ran(name: str, *options: str) -> str:
    """Run a benchmark that may find too little; returns what it printed, and then what it found short."""
    command = [sys.executable, "-m", "benchmarks", name, *options, "--threads", "1"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    short = finished.stderr.splitlines()
    assert all(line.startswith("benchmarks: ") for line in short), finished.stderr
    assert finished.returncode == bool(short)
    return finished.stdout


def test_an_exact_scan_counts_as_the_plain_loop_does_and_plans_are_solved_from_each() -> None:
    text = printed("scan_speed", "--model", "lenet", "--images", "60", "--budget", "3x")
    assert re.search(r"exact, float32 .* 0 of 36 +0\.00 points", text)
    assert text.count("quick, bfloat16") == 2


def test_scans_with_and_without_reuse_are_timed() -> None:
    text = printed("scan_growth", "--depths", "8", "14", "--images", "8", "--levels", "1")
    assert "ResNet-14" in text
    assert text.count("dense passes") == 4


def test_a_family_is_re_executed_to_the_bit() -> None:
    text = printed("families", "--families", "squeezenet1_1", "--layers", "3")
    assert "0 of 3 layers have outputs that differ" in text


def test_a_model_of_torchvision_is_surveyed_and_the_page_says_what_was_found(tmp_path: Path) -> None:
    results, page = tmp_path / "results.jsonl", tmp_path / "page.md"
    page.write_text(f"# Models\n\n{START}\nold\n{END}\n\nThe end.\n", encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks", "torchvision_models", "--only", "squeezenet1_1", "--write"]
    command += ["--size", "32", "--layers", "4", "--results", str(results), "--page", str(page)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert finished.returncode == 0, finished.stderr
    found = read_results(results)["squeezenet1_1"]
    assert (found.outcome, found.reason) == ("passed", "")
    assert (found.num_layers, found.num_compared, found.num_affecting, found.num_differing) == (26, 4, 4, 0)
    assert found.parameters_ratio > 3
    assert found.macs_ratio > 3
    assert found.tells_apart
    text = page.read_text(encoding="utf-8")
    assert "| `squeezenet1_1` | 32×32 | 26: 4, 0 |" in text
    assert "old" not in text
    assert text.endswith(f"{END}\n\nThe end.\n")
    assert is_current(page, read_results(results))
    write_result(results, replace(found, speedup=found.speedup + 1))
    assert not is_current(page, read_results(results))


def test_the_page_of_models_has_the_results_of_all_of_them() -> None:
    results = read_results(RESULTS)
    assert results.keys() == TORCHVISION.keys()
    assert is_current(PAGE, results)
    assert all(each.num_differing == 0 for each in results.values())


def test_loops_that_train_are_run_beside_the_textbook_one() -> None:
    text = printed("training_speed", "--images", "128", "--loops", "ours", "ours-unmasked")
    assert re.search(
        r"^  textbook loop, loader in the process .* 1\.000 \(1\.000–1\.000\)", text, re.MULTILINE
    )
    assert len(re.findall("^  ours, float32", text, re.MULTILINE)) == 3


def test_plans_of_all_kinds_are_predicted_and_measured() -> None:
    text = ran("forecast_intervals", "--models", "lenet", "--units", "lenet", "--plans", "2")
    assert re.search(r"^  lenet on digits +quick( +[012] of 2, ±\d+\.\d){2} ", text, re.MULTILINE)
    assert re.search(r"^  lenet on digits, units +exact ", text, re.MULTILINE)


def test_too_few_accuracies_within_their_intervals_are_named() -> None:
    inside = Forecast("random", Prediction(0.9, 0.8, 0.95), 0.8)
    outside = Forecast("random", Prediction(0.9, 0.8, 0.95), 0.79)
    found = {("a", "quick"): [inside] * 5 + [outside], ("b", "quick"): [inside] * 14}
    assert forecast_shortfalls(found) == ["a: 5 of 6, ±7.5 within their intervals, 85% wanted"]
    assert forecast_shortfalls({("b", "quick"): [inside] * 9 + [outside]}) == []
    short = forecast_shortfalls({("b", "quick"): [inside] * 8 + [outside]})
    assert short == ["all networks: 8 of 9, ±7.5 within their intervals, 90% wanted"]


def test_plans_are_compared_at_the_compression_they_are_solved_for() -> None:
    few = ("--seeds", "1", "--seconds", "0.2", "--finetuning-epochs", "1", "--jobs", "1")
    text = ran("solved_plans", "--models", "lenet", "--ratios", "3", *few)
    assert len(re.findall(r"^  (?:polished|solved|LAMP|global magnitude|uniform) +3\.00x ", text, re.M)) == 5


def test_what_blocks_cost_is_beside_weights_and_units() -> None:
    few = ("--sparsities", "0.8", "--epochs", "1", "--finetuning-epochs", "1")
    text = ran("block_accuracy", "--models", "lenet", *few)
    for granularity in ("weight", "4×1 block", "16×1 block", "unit"):
        rows = re.findall(
            rf"^  80 % .* {granularity} +(\d\d\.\d\d) +\d+\.\d\d +\d+\.\d\d$", text, re.MULTILINE
        )
        assert len(rows) == 2
        assert all(abs(float(share) - 80) < (5 if granularity == "unit" else 0.2) for share in rows)


def test_a_rival_that_is_ahead_by_more_than_chance_is_named() -> None:
    def outcome(num_right: int) -> Outcome:
        scores = [1.0] * num_right + [0.0] * (1000 - num_right)
        return Outcome(scores=dict.fromkeys(STAGES, scores), compression_ratio=10.0)

    plans = {name: [outcome(900)] * 2 for name in ("polished", "LAMP", "global magnitude", "uniform")}
    assert plan_shortfalls("n", plans) == []
    plans["uniform"] = [outcome(901), outcome(901)]
    plans["LAMP"] = [outcome(950), outcome(900)]
    assert [line.rpartition(" ")[2] for line in plan_shortfalls("n", plans)] == ["LAMP", "LAMP"]
    plans["polished"] = [outcome(930), outcome(930)]
    assert plan_shortfalls("n", plans) == []


def test_every_file_of_a_network_is_counted_and_scored() -> None:
    text = ran("compact_files", "--epochs", "1", "--finetuning-epochs", "1")
    sizes = [int(found.replace(",", "")) for found in re.findall(r"^  .*?  +([\d,]+) +[\d.]+x ", text, re.M)]
    assert len(sizes) == 10
    assert sizes[:9] == sorted(sizes[:9], reverse=True)


def test_a_file_that_is_too_large_or_costs_too_much_is_named() -> None:
    dense = File("every weight stored", 1000, 0.99, 0.99)
    good = File("compact, 5 bits", 18, 0.99, 0.989)
    assert file_shortfalls("n", [dense, good]) == []
    assert file_shortfalls("n", [dense, replace(good, num_bytes=19)]) == [
        "n, compact, 5 bits: 52.6 times smaller, 55 wanted"
    ]
    assert file_shortfalls("n", [dense, replace(good, test=0.9889)]) == [
        "n, compact, 5 bits: 0.11 points lost, 0.1 allowed"
    ]


@pytest.mark.parametrize("name", ["scan_growth", "no_such_benchmark"])
def test_what_is_wrong_with_a_command_is_told_in_a_line(name: str) -> None:
    command = [sys.executable, "-m", "benchmarks", name, "--depths", "9"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert finished.returncode
    assert len(finished.stderr.splitlines()) == 1
    assert "benchmarks: no" in finished.stderr
