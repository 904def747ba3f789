"""Odd networks open and go through every decision; what can't be done is refused in one line."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from torch import nn

from prune_tui.catalog.batches import Batch, Tree
from prune_tui.catalog.tasks.own import OwnTask
from prune_tui.catalog.tasks.task import tensor
from prune_tui.core.errors import ModelError, PruneTuiError
from prune_tui.core.session.recipe import Training
from prune_tui.engine.training.distillation import Teacher
from prune_tui.library.workbench import Workbench
from tests.odd.networks import NUM_CLASSES, ODD, Made, body, convolutions, images

ONE = Training(num_epochs=1, batch_size=13)
"""Forty examples in batches of 13 leave one example for the last."""

DISTILLED = replace(ONE, distillation=0.5)

OUTPUTS = Teacher.outputs

REFUSED: dict[str, dict[str, str]] = {
    "features under no_grad": {"taylor": "no gradient of the loss reaches layer features.0"},
    "tuple with another head": {"taylor": "no gradient of the loss reaches layer other"},
    "LSTM": {"units": "no layer can be pruned by whole units", "shrink": "no unit"},
    "packed sequences": {"units": "no layer can be pruned by whole units", "shrink": "no unit"},
    "mixture of experts": {
        "taylor": "no gradient of the loss reaches layer gate",
        "units": "no layer can be pruned by whole units",
        "shrink": "no unit",
    },
    "noise": {"shrink": "outputs differ"},
    "squeeze": {},
}
"""What is refused of a network, by step, and with what words."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about what makes these networks odd
        yield


def bench_of(name: str) -> Workbench:
    make, data = ODD[name]
    torch.manual_seed(0)
    return Workbench(make(), data(), device="cpu", progress=False)


def steps_of(bench: Workbench) -> dict[str, Callable[[], object]]:
    return {
        "scan": lambda: bench.scan(sparsities=(0.5, 0.9)),
        "taylor": lambda: bench.scan(criterion="taylor", sparsities=(0.5,)),
        "prune": lambda: bench.prune(0.5, finetune=ONE),
        "global": lambda: bench.prune(0.5, scope="global"),
        "finetune": lambda: bench.finetune(Training(num_epochs=1, batch_size=13, distillation=0.5)),
        "units": lambda: bench.prune(0.5, granularity="unit"),
        "shrink": bench.shrink,
        "measure": lambda: bench.measure(batch_sizes=(2,)),
    }


@pytest.mark.parametrize("name", ODD)
def test_every_decision_is_carried_out_or_refused_in_a_line(name: str) -> None:
    bench = bench_of(name)
    for step, decide in steps_of(bench).items():
        words = REFUSED.get(name, {}).get(step)
        if words is None:
            decide()
        else:
            with pytest.raises(PruneTuiError, match=words) as refused:
                decide()
            assert "\n" not in str(refused.value)
    report = bench.report
    assert report.pruned is not None
    assert report.pruned.sparsity > 0


def traced() -> nn.Module:
    module: nn.Module = torch.jit.trace(body().eval(), torch.zeros(2, 3, 16, 16))  # type: ignore[no-untyped-call]
    return module


def quantised() -> nn.Module:
    module: nn.Module = torch.ao.quantization.quantize_dynamic(body(), {nn.Linear})  # type: ignore[no-untyped-call]
    return module


def failing(_module: nn.Module, _images: torch.Tensor) -> torch.Tensor:
    found: dict[str, torch.Tensor] = {}
    return found["logits"]


def averaging(_module: nn.Module, images: torch.Tensor) -> torch.Tensor:
    return images.mean(3)[:, 0, :NUM_CLASSES]


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: torch.jit.script(body()), "TorchScript"),
        (traced, "TorchScript"),
        (quantised, "quantised"),
        (lambda: convolutions().append(nn.Linear(16, 7)), "puts out 7 classes, the dataset has 4"),
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(5, 4)), "does not run on inputs of 3×16×16"),
        (lambda: Made(failing), r"KeyError: 'logits' \(test_odd_networks\.py, line"),
        (lambda: Made(averaging), "there is nothing to prune"),
        (lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softmax(1)), "puts out 3 classes"),
    ],
)
def test_what_can_not_be_pruned_is_refused_before_anything_runs(
    make: Callable[[], nn.Module], why: str
) -> None:
    with pytest.raises(ModelError, match=why) as refused:
        Workbench(make(), images(), device="cpu", progress=False).load_dense()
    assert "\n" not in str(refused.value)


def test_what_only_counts_is_a_locked_row_with_its_reason() -> None:
    rows: dict[str, str | None] = {}
    for name in ("attention", "LSTM", "mixture of experts", "unused layer", "tokens"):
        bench = bench_of(name)
        bench.load_dense()
        layers = bench.view.layers
        network = ODD[name][0]()
        assert sum(layer.parameters for layer in layers) == sum(
            parameter.numel() for parameter in network.parameters() if parameter.dim() > 1
        )
        rows |= {layer.name: layer.weights_locked_reason for layer in layers if not layer.is_prunable}
    assert rows["encoder.layers.0.self_attn.in_proj_weight"] == "attention's own projection"
    assert rows["lstm.weight_ih_l0"] == "LSTM weights are not pruned"
    assert rows["unused"] == "it did not run on the first examples"
    assert rows["embed"] == "an embedding: its rows are looked up"


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("convolution as classifier", {"2"}),
        ("tuple with another head", {"head", "other"}),
        ("dict", {"features.3", "head"}),
        ("segmentation", {"5"}),
    ],
)
def test_the_layers_behind_the_outputs_are_found_wherever_they_stand(name: str, outputs: set[str]) -> None:
    bench = bench_of(name)
    bench.load_dense()
    found = {layer.name for layer in bench.view.layers if layer.locked_reason == "its units are the outputs"}
    assert found == outputs


def test_masks_hold_in_a_network_opened_from_half_precision() -> None:
    bench = bench_of("float16")
    bench.prune(0.9, finetune=ONE)
    report = bench.report
    assert report.pruned is None or report.pruned.sparsity >= 0.89
    assert any("float16 weights are opened as float32" in note for note in bench.view.notes)


def by_name(outputs: object, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    assert isinstance(outputs, dict)
    loss = nn.functional.cross_entropy(outputs["logits"], tensor(batch.targets))
    return loss, outputs["logits"].argmax(1) == batch.targets


def test_an_own_task_over_a_dict_is_distilled() -> None:
    make, data = ODD["dict"]
    bench = Workbench(make(), replace(data(), task=OwnTask(function=by_name)), device="cpu", progress=False)
    bench.prune(0.5, finetune=DISTILLED)
    assert len(bench.report.epochs) == 2


class Shifting:
    """Items that are others each time they are read."""

    def __len__(self) -> int:
        return 40

    def __getitem__(self, number: int) -> tuple[torch.Tensor, int]:
        return torch.randn(3, 16, 16), number % NUM_CLASSES


def noted(teacher: Teacher, inputs: Tree, seen: list[torch.Tensor]) -> Tree:
    seen.append(tensor(inputs))
    return OUTPUTS(teacher, inputs)


def test_a_teacher_sees_the_examples_that_its_pupil_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    still = (torch.zeros(10, 3, 16, 16), torch.arange(10) % NUM_CLASSES)
    given = {"train": Shifting(), "validation": still, "test": still, "num_classes": NUM_CLASSES}
    bench = Workbench(body(), given, device="cpu", progress=False)
    bench.load_dense()
    taught, learnt = list[torch.Tensor](), list[torch.Tensor]()

    def note(module: nn.Module, inputs: tuple[torch.Tensor]) -> None:
        if module.training:
            learnt.append(inputs[0])

    bench.module.register_forward_pre_hook(note)
    monkeypatch.setattr(Teacher, "outputs", lambda teacher, inputs: noted(teacher, inputs, taught))
    bench.prune(0.5, finetune=DISTILLED)
    assert sum(map(len, learnt)) == 40
    assert torch.equal(torch.cat(taught), torch.cat(learnt))
