"""A replay reproduces what was recorded, to the bit on one machine; what is wrong is refused first."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prune_tui.commands.replay import Options, Outcome, replay
from prune_tui.core.errors import PruneTuiError
from prune_tui.core.run.events import DecisionStarted, Event
from prune_tui.core.run.view import View
from prune_tui.core.session.decisions import LoadDense, Measure, Prune, Scan, TrainDense
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.session import Session
from prune_tui.runner.runner import Runner
from prune_tui.storage import read_session
from tests.engine.helpers import PLAN, QUICK
from tests.runner.helpers import opened, perform

QUICKSTART = Path(__file__).parents[2] / "sessions" / "quickstart.json"


def played(path: Path, options: Options | None = None) -> Outcome:
    return replay(path, options or Options(), on_event=lambda _event, _view: None)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sessions")
    runner = opened(folder)
    perform(
        runner,
        LoadDense(),
        Scan(sparsities=(0.5,)),
        Prune(plan=PLAN, finetune=QUICK),
        Measure(batch_sizes=(1,)),
    )
    return folder / "s.json"


@pytest.fixture
def recorded(original: Path, tmp_path: Path) -> Path:
    """A copy of the recorded session that a test may spoil."""
    (tmp_path / "s").mkdir()
    for file in [original, *(original.parent / "s").iterdir()]:
        (tmp_path / file.relative_to(original.parent)).write_bytes(file.read_bytes())
    return tmp_path / "s.json"


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_replay_is_identical_and_its_session_replays_too(recorded: Path, tmp_path: Path) -> None:
    outcome = played(recorded, Options(out=tmp_path / "again"))
    assert outcome.differences == ()
    assert outcome.reproduced is True
    assert outcome.identical is True
    again = read_session(tmp_path / "again" / "s.json")
    assert again.record is not None
    assert read_session(recorded).decisions == again.decisions
    for checkpoint in again.record.checkpoints:
        ours = (tmp_path / "again" / "s" / checkpoint.path).read_bytes()
        assert ours == (recorded.parent / "s" / checkpoint.path).read_bytes()


def test_the_quickstart_session_reproduces() -> None:
    assert played(QUICKSTART).reproduced is True


def test_a_record_that_was_tampered_with_is_not_reproduced(recorded: Path) -> None:
    edit(recorded, lambda content: content["record"]["report"]["pruned"].update(accuracy=0.5, nonzero=7))
    outcome = played(recorded)
    assert outcome.reproduced is False
    beyond = {found.figure for found in outcome.differences if not found.within_tolerance}
    assert beyond == {"pruned.accuracy", "pruned.nonzero"}


def test_without_a_record_nothing_is_claimed(recorded: Path) -> None:
    edit(recorded, lambda content: content.update(record=None))
    outcome = played(recorded)
    assert outcome.reproduced is None
    assert outcome.report.pruned is not None


@pytest.mark.real_data
def test_real_mnist_trained_scanned_pruned_and_measured_replays_identically(
    real_data_dir: Path, tmp_path: Path
) -> None:
    session = Session(name="mnist", model="lenet-300-100", dataset="mnist", device="cpu", seed=1)
    runner = Runner(session, sessions_dir=tmp_path, data_dir=real_data_dir)
    list(runner.open())
    perform(
        runner,
        TrainDense(training=Training(num_epochs=1, batch_size=256)),
        Scan(sparsities=(0.9,)),
        Prune(plan=0.8, scope="global", finetune=Training(num_epochs=1, batch_size=256)),
        Measure(batch_sizes=(1,)),
    )
    outcome = played(tmp_path / "mnist.json", Options(data_dir=real_data_dir))
    assert outcome.identical is True
    assert outcome.report.dense is not None
    assert outcome.report.pruned is not None
    assert outcome.report.dense.accuracy > 0.93
    assert outcome.report.pruned.accuracy > 0.93
    assert outcome.report.environment is not None
    assert outcome.report.environment.num_images == {"train": 54_000, "validation": 6_000, "test": 10_000}


def spoil(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    return lambda path: edit(path, change)


def truncate(path: Path) -> None:
    file = path.parent / "s" / "pruned.safetensors"
    file.write_bytes(file.read_bytes()[:100])


def alter(path: Path) -> None:
    file = path.parent / "s" / "pruned.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(bytes(content))


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "not JSON": (lambda path: path.write_text("hello"), "not JSON"),
    "newer schema": (spoil(lambda c: c.update(schema_version=9)), "schema_version 9 is newer"),
    "unknown field": (spoil(lambda c: c.update(strange=1)), "unknown field strange"),
    "unknown model": (spoil(lambda c: c.update(model="lenet6")), "did you mean lenet"),
    "unknown dataset": (spoil(lambda c: c.update(dataset="digit")), "did you mean digits"),
    "unknown layer": (
        spoil(lambda c: c["decisions"][2].update(plan={"conv9": 0.5})),
        "unknown layer 'conv9'",
    ),
    "unknown criterion": (
        spoil(lambda c: c["decisions"][2].update(criterion="l7")),
        "unknown criterion 'l7'",
    ),
    "sparsity 1.2": (spoil(lambda c: c["decisions"][2].update(plan={"fc1": 1.2})), "plan.fc1"),
    "sparsity NaN": (spoil(lambda c: c["decisions"][2].update(plan={"fc1": float("nan")})), "plan.fc1"),
    "no decisions": (spoil(lambda c: c.update(decisions=[])), "no decisions to replay"),
    "missing": (lambda path: (path.parent / "s" / "pruned.safetensors").unlink(), "no such checkpoint"),
    "truncated": (truncate, "truncated"),
    "altered": (alter, "altered"),
    "other model": (spoil(lambda c: c.update(model="lenet", decisions=c["decisions"][:1])), "another model"),
    "outside": (
        spoil(lambda c: c["record"]["checkpoints"][0].update(path="../x.safetensors")),
        "inside the session's own folder",
    ),
    "no such device": (spoil(lambda c: c.update(device="cuda")), "device cuda is not on this machine"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_in_a_line_before_any_decision_is_performed(what: str, recorded: Path) -> None:
    import torch

    if what == "no such device" and torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    change, expected = WRONG[what]
    change(recorded)
    performed: list[DecisionStarted] = []

    def note(event: Event, _view: View) -> None:
        if isinstance(event, DecisionStarted):
            performed.append(event)

    with pytest.raises(PruneTuiError) as caught:
        replay(recorded, Options(), on_event=note)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert performed == []


def test_out_may_not_be_where_the_session_is(recorded: Path) -> None:
    before = recorded.read_bytes()
    with pytest.raises(PruneTuiError, match="overwrite"):
        played(recorded, Options(out=recorded.parent))
    assert recorded.read_bytes() == before
