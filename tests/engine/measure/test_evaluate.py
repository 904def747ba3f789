"""Accuracy and loss are those of a plain pass over the whole split, whatever the batches."""

import pytest
import torch
from torch import nn

from prune_tui.core.returning import Returning, drained
from prune_tui.engine.measure.evaluate import evaluate
from tests.catalog.helpers import images_of, labels_of
from tests.engine.helpers import Run, loaded


@pytest.fixture(scope="module")
def run() -> Run:
    return loaded()


@pytest.mark.parametrize("batch_size", [7, 300, 500])
def test_it_is_a_plain_count(run: Run, batch_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    network, data = run.state.network.module, run.state.data
    monkeypatch.setattr(data, "batch_size", batch_size)
    evaluating = Returning(evaluate(network, data, data.validation, lambda: 0.0))
    events = list(evaluating)
    assert [event.batch for event in events] == list(range(1, -(-300 // batch_size) + 1))
    with torch.no_grad():
        logits = network.eval()(data.scaled(images_of(data.validation)))
    right = int((logits.argmax(dim=1) == labels_of(data.validation)).sum())
    assert evaluating.value.accuracy == right / 300
    loss = nn.functional.cross_entropy(logits, labels_of(data.validation))
    assert evaluating.value.loss == pytest.approx(float(loss), rel=1e-5)


@pytest.mark.parametrize("was_training", [True, False])
def test_the_network_is_left_in_the_mode_it_was_in(run: Run, was_training: bool) -> None:
    network, data = run.state.network.module, run.state.data
    network.train(was_training)
    drained(evaluate(network, data, data.validation, lambda: 0.0))
    assert network.training == was_training


def test_scaled_images_have_mean_0_and_deviation_1(run: Run) -> None:
    data = run.state.data
    images = data.scaled(images_of(data.train))
    assert float(images.mean()) == pytest.approx(0.0, abs=1e-3)
    assert float(images.std()) == pytest.approx(1.0, abs=1e-3)
