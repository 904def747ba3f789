"""The examples of other tasks go through it all: scanned, solved, pruned, fine-tuned and shrunk in place."""

from pathlib import Path

import pytest
import torch

import prune_tui as pt
from prune_tui.catalog.batches import call, tensors_of

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    "tabular": (800, pt.Training(num_epochs=12, batch_size=32, learning_rate=5e-3), 0.5),
    "tokens": (400, pt.Training(num_epochs=6, batch_size=32, learning_rate=5e-3), 0.6),
    "segmentation": (12, pt.Training(num_epochs=1, batch_size=4, learning_rate=5e-3), 0.0),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_pruned_to_a_budget_fine_tuned_and_shrunk(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    count, training, least = EXAMPLES[name]
    data = pt.dataset(
        f"examples/{name}.py:data",
        num_train_images=count,
        num_test_images=count // 4,
        progress=False,
    )
    model = pt.model(f"examples/{name}.py:network", data)
    bench = pt.Workbench(model, data, device="cpu", progress=False)
    bench.train_dense(training)
    model.load_state_dict(bench.module.state_dict())

    scan = pt.scan(model, data, granularity="unit", sparsities=(0.3,), device="cpu")
    assert scan.dense_accuracy == pt.evaluate(model).accuracy >= least
    plan = scan.solve("1.2x")
    counts = pt.prune(model, plan)
    assert plan.price is not None
    assert plan.price.compression_ratio >= 1.2
    # The price is that of the network without the units, their biases, and what reads them.
    assert counts.compression_ratio <= plan.price.compression_ratio
    pruned = pt.evaluate(model)
    (finetuned,) = pt.finetune(model, training=pt.Training(num_epochs=1, batch_size=training.batch_size))
    # The network as it was pruned is an epoch to beat.
    assert pt.evaluate(model).accuracy == max(finetuned.accuracy, pruned.accuracy)

    small = pt.shrink(model)
    inputs = bench.state.data.batch(bench.state.data.validation, slice(0, 8)).inputs
    with torch.inference_mode():
        wanted, given = (tensors_of(call(each.eval(), inputs)) for each in (model, small))
        for one, other in zip(wanted, given, strict=True):
            assert torch.allclose(one, other, atol=1e-4)
    sizes = [sum(parameter.numel() for parameter in each.parameters()) for each in (small, model)]
    assert sizes[1] / sizes[0] == pytest.approx(plan.price.compression_ratio)
