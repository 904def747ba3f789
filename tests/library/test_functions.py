"""The library's functions change the module they should and nothing else, and hold its zeros."""

import gc
import weakref
from collections.abc import Callable

import pytest
import torch
from torch import nn

import prune_tui as pt
from prune_tui.core.run.events import CellScanned, Event
from prune_tui.engine.network.hashes import hash_weights
from tests.library.made import TwoInputs, first, perceptron, regression, two_inputs

TRAINING = pt.Training(num_epochs=2, batch_size=32, learning_rate=1e-2)


def state_of_process() -> tuple[object, ...]:
    cudnn = torch.backends.cudnn
    return (
        torch.get_rng_state().tolist(),
        cudnn.deterministic,
        cudnn.benchmark,
        torch.backends.mha.get_fastpath_enabled(),
        torch.get_num_threads(),
        torch.is_grad_enabled(),
    )


def num_zeros(weight: torch.Tensor) -> int:
    return weight.numel() - int(weight.count_nonzero())


@pytest.fixture
def pruned() -> nn.Module:
    model = perceptron()
    pt.prune(model, {"0": 0.5}, regression())
    return model


def test_a_scan_leaves_the_module_and_the_process_as_they_were() -> None:
    model = TwoInputs().train()
    model.first.weight.requires_grad_(False)
    calls: list[object] = []
    model.last.register_forward_hook(lambda *_: calls.append(None))
    hooks = len(model.last._forward_hooks)
    torch.manual_seed(5)
    torch.backends.cudnn.benchmark = True
    process, weights = state_of_process(), hash_weights(model.state_dict())
    tensors = {name: parameter.data_ptr() for name, parameter in model.named_parameters()}
    try:
        with torch.no_grad():
            inside = state_of_process()
            pt.scan(model, two_inputs(), sparsities=(0.5,), criterion="taylor", device="cpu")
            assert state_of_process() == inside
    finally:
        torch.backends.cudnn.benchmark = False
    assert process[:5] == inside[:5]
    assert hash_weights(model.state_dict()) == weights
    assert {name: parameter.data_ptr() for name, parameter in model.named_parameters()} == tensors
    assert model.training
    assert model.norm.training
    assert not model.first.weight.requires_grad
    assert len(model.last._forward_hooks) == hooks
    assert all(parameter.grad is None for parameter in model.parameters())


def test_several_inputs_and_a_named_output_go_through_it_all() -> None:
    model, data = TwoInputs(), two_inputs()
    scan = pt.scan(model, data, granularity="unit", sparsities=(0.25, 0.5), device="cpu")
    assert list(scan.curves) == ["first"]
    assert {layer.name for layer in scan.layers if layer.weights_locked_reason} == {"tokens"}
    counts = pt.prune(model, scan.plan({"first": 0.5}))
    assert counts.nonzero < counts.parameters
    pt.finetune(model, training=TRAINING)
    small = pt.shrink(model)
    assert isinstance(small, TwoInputs)
    assert small.first.out_features == 16
    inputs = {"numbers": torch.randn(9, 8), "token": torch.arange(9)}
    model.eval()
    small.eval()
    assert torch.allclose(small(**inputs)["classes"], model(**inputs)["classes"], atol=1e-6)
    assert pt.counts(small, inputs).parameters < pt.counts(model, inputs).parameters


def test_pruning_is_in_place_and_exact(pruned: nn.Module) -> None:
    fresh = perceptron()
    weight = pruned.get_parameter("0.weight")
    assert type(pruned) is nn.Sequential
    assert int((weight == 0).sum()) == 192
    masks = pt.masks(pruned)
    assert list(masks) == ["0.weight"]
    assert torch.equal(weight != 0, masks["0.weight"])
    assert torch.equal(weight, fresh.get_parameter("0.weight") * masks["0.weight"])
    assert list(pruned.state_dict()) == list(fresh.state_dict())


def test_fine_tuning_holds_the_masks_and_improves(pruned: nn.Module) -> None:
    before, masks = pt.evaluate(pruned), pt.masks(pruned)
    figures = pt.finetune(pruned, training=pt.Training(num_epochs=10, batch_size=16, learning_rate=1e-2))
    assert len(figures) == 10
    after = pt.evaluate(pruned)
    assert after.accuracy > before.accuracy
    assert after.accuracy == max(figure.accuracy for figure in figures)
    assert torch.equal(pruned.get_parameter("0.weight") != 0, masks["0.weight"])


def test_a_pruned_module_is_pruned_further_and_nothing_grows_back(pruned: nn.Module) -> None:
    pt.finetune(pruned, training=TRAINING)
    before = pruned.get_parameter("0.weight") == 0
    pt.prune(pruned, {"0": 0.75})
    after = pruned.get_parameter("0.weight") == 0
    assert int(after.sum()) == 288
    assert bool(after[before].all())
    with pytest.raises(pt.PruneTuiError, match="pruned already: scan it before"):
        pt.scan(pruned, regression())


def test_ones_own_loop_holds_masks_by_one_call(pruned: nn.Module) -> None:
    optimizer = torch.optim.Adam(pruned.parameters(), lr=0.1)

    def step() -> None:
        optimizer.zero_grad()
        pruned(torch.randn(16, 6)).square().mean().backward()
        optimizer.step()

    for _ in range(3):
        step()
        pt.hold_masks(pruned)
    assert int((pruned.get_parameter("0.weight") == 0).sum()) == 192
    mine = hash_weights(pruned.state_dict())
    assert pt.evaluate(pruned).loss > 0
    assert hash_weights(pruned.state_dict()) == mine
    step()
    with pytest.raises(pt.PruneTuiError, match=r"192 pruned weights of 0.weight are no longer zero: call"):
        pt.finetune(pruned, training=TRAINING)
    pt.hold_masks(pruned)
    pt.finetune(pruned, training=TRAINING)
    assert int((pruned.get_parameter("0.weight") == 0).sum()) == 192


def test_a_module_trained_since_its_scan_is_pruned_as_it_is_now() -> None:
    model = perceptron()
    plan = pt.scan(model, regression(), sparsities=(0.5,), device="cpu").plan(0.5)
    with torch.no_grad():
        first(model).weight.neg_().mul_(2)
    now = first(model).weight.detach().clone()
    pt.prune(model, plan)
    kept = pt.masks(model)["0.weight"]
    assert torch.equal(first(model).weight, now * kept)


def test_a_module_is_forgotten_when_it_is_gone() -> None:
    model = perceptron()
    pt.prune(model, 0.5, regression())
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_shrinking_needs_no_pruning_here_only_dead_units() -> None:
    model = perceptron()
    with pytest.raises(pt.PruneTuiError, match="no unit can be removed"):
        pt.shrink(model, torch.randn(5, 6))
    with torch.no_grad():
        first(model).weight[:40] = 0
        first(model).bias[:40] = 0
    small = pt.shrink(model, torch.randn(5, 6))
    inputs = torch.randn(7, 6)
    assert first(small).out_features == 24
    assert torch.allclose(small(inputs), model(inputs), atol=1e-6)
    assert first(model).out_features == 64
    assert pt.counts(model, inputs).nonzero == pt.counts(model, inputs).parameters - 40 * 7


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "no data": (lambda: pt.prune(perceptron(), 0.5), "its data are not known: give data"),
    "no data to evaluate on": (lambda: pt.evaluate(perceptron()), "its data are not known: give data"),
    "no such layer": (lambda: pt.prune(perceptron(), {"nine": 0.5}, regression()), "unknown layer 'nine'"),
    "no such criterion": (
        lambda: pt.scan(perceptron(), regression(), criterion="l3"),
        "choose one of batchnorm_scale",
    ),
    "out of range": (lambda: pt.prune(perceptron(), 1.5, regression()), "less than 1"),
    "no plan for one threshold": (
        lambda: pt.prune(perceptron(), {"0": 0.5}, regression(), scope="global"),
        "scope global takes one sparsity",
    ),
    "falling": (
        lambda: pt.scan(perceptron(), regression(), sparsities=(0.9, 0.5)),
        "sparsities must rise",
    ),
    "no epochs": (
        lambda: pt.prune(perceptron(), 0.5, regression(), finetune=pt.Training(num_epochs=0)),
        "num_epochs: Input should be greater than or equal to 1",
    ),
    "not pruned": (lambda: pt.hold_masks(perceptron()), "has no masks: prune it first"),
    "nothing to tune": (
        lambda: pt.finetune(perceptron(), regression(), training=TRAINING),
        "finetune needs a pruned network",
    ),
    "wrong inputs": (lambda: pt.scan(nn.Linear(7, 1), regression()), "does not run on inputs of 6"),
    "no budget": (
        lambda: pt.scan(perceptron(), regression(), sparsities=(0.5,)).solve("20 apples"),
        "no unit that is known",
    ),
    "out of reach": (
        lambda: pt.scan(perceptron(), regression(), sparsities=(0.5,)).solve("9999x"),
        "can't be reached: type at best",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_said_in_one_line(case: str) -> None:
    call, said = WRONG[case]
    with pytest.raises(pt.PruneTuiError, match=said) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_parametrised_weights_can_be_scanned_but_zeros_not_put_into_them() -> None:
    model = perceptron()
    nn.utils.parametrizations.weight_norm(first(model))
    with pytest.warns(FutureWarning, match="deprecated"):  # the older form computes its weight by a hook
        nn.utils.weight_norm(model.get_submodule("2"))
    model(torch.zeros(1, 6))
    assert pt.scan(model, regression(), sparsities=(0.5,), device="cpu").curves["0"].accuracies[0] is not None
    with pytest.raises(pt.PruneTuiError, match=r"zeros can't be put into .* make its weights plain first"):
        pt.prune(model, 0.5)


def shared() -> nn.Module:
    twice = nn.Linear(6, 6)
    return nn.Sequential(twice, nn.ReLU(), twice, nn.Linear(6, 1))


ODD: dict[str, Callable[[], nn.Module]] = {
    "parallel": lambda: nn.DataParallel(perceptron()),
    "a weight twice": shared,
}


@pytest.mark.parametrize("case", ODD)
def test_odd_modules_are_pruned_in_place(case: str) -> None:
    model = ODD[case]()
    names = list(model.state_dict())
    pt.prune(model, 0.5, regression())
    assert list(model.state_dict()) == names
    assert all(num_zeros(weight) * 2 == weight.numel() for weight in model.parameters() if weight.dim() > 1)


def test_a_lazy_module_is_scanned_and_says_when_it_can_be_pruned() -> None:
    model = nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.Linear(8, 1))
    assert list(pt.scan(model, regression(), sparsities=(0.5,), device="cpu").curves) == ["0", "2"]
    with pytest.raises(pt.PruneTuiError, match="has no shape yet: run the network once on an example"):
        pt.prune(model, 0.5)
    model(torch.zeros(1, 6))
    assert pt.prune(model, 0.5).nonzero < 60


def test_half_precision_stays_and_is_pruned() -> None:
    model = perceptron().to(torch.bfloat16)
    pt.prune(model, {"0": 0.5}, regression())
    assert first(model).weight.dtype == torch.bfloat16
    assert num_zeros(first(model).weight) == 192
    pt.prune(model, {"0": 0.75})
    assert num_zeros(first(model).weight) == 288


def test_progress_is_a_function_of_events_that_may_end_the_work() -> None:
    events: list[Event] = []
    pt.scan(perceptron(), regression(), sparsities=(0.5,), device="cpu", progress=events.append)
    assert sum(isinstance(event, CellScanned) for event in events)

    def interrupt(event: Event) -> None:
        if isinstance(event, CellScanned):
            raise KeyboardInterrupt

    model, process = perceptron(), state_of_process()
    before = hash_weights(model.state_dict())
    with pytest.raises(KeyboardInterrupt):
        pt.scan(model, regression(), sparsities=(0.5,), device="cpu", progress=interrupt)
    assert hash_weights(model.state_dict()) == before
    assert state_of_process() == process


def test_on_a_terminal_there_is_a_bar_unless_it_is_not_wanted(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    pt.scan(perceptron(), regression(), sparsities=(0.5,), device="cpu")
    out, err = capfd.readouterr()
    assert not out
    assert "scan l1 weight" in err
    pt.scan(perceptron(), regression(), sparsities=(0.5,), device="cpu", progress=False)
    assert capfd.readouterr() == ("", "")


def test_without_a_terminal_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    pt.scan(perceptron(), regression(), sparsities=(0.5,), device="cpu")
    assert capfd.readouterr() == ("", "")


def test_results_are_tables_as_text_and_as_html() -> None:
    scan = pt.scan(perceptron(), regression(), sparsities=(0.5, 0.9), device="cpu")
    plan = scan.solve("1.5x")
    assert "scan, l1 weight" in str(scan)
    assert "plan for ≥ 1.5x" in str(plan)
    assert plan.price is not None
    assert plan.price.compression_ratio >= 1.5
    assert all(shown._repr_html_().startswith("<pre") for shown in (scan, plan))
    own = scan.plan({"0": 0.9})
    assert own.price is not None
    assert own.price.accuracy == pytest.approx(scan.curves["0"].accuracies[1], abs=0.1)
    assert "0.90" in str(own)
    assert scan.solve("1.2x", locked={"0": 0.25})["0"] == 0.25
