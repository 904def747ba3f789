"""Which units of a network can be removed is known for networks of any kind, and why not for the others."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from prune_tui.engine.network.coupling import Couplings
from prune_tui.engine.network.shrink import MAX_DISAGREEMENT, disagreement, resize, shrunk_module
from tests.engine.network.networks import IMAGE, KINDS, Answer, noisy


def lively(name: str) -> nn.Module:
    """A network with values everywhere, so that no unit is without effect."""
    torch.manual_seed(0)
    module = KINDS[name].build().eval()
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            nn.init.uniform_(layer.running_mean, -0.5, 0.5)
            nn.init.uniform_(layer.running_var, 0.5, 2.0)
            if layer.affine:
                nn.init.uniform_(layer.weight, 0.5, 1.5)
                nn.init.uniform_(layer.bias, -0.5, 0.5)
    return module


def layers_of(module: nn.Module) -> list[str]:
    kinds = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
    return [name for name, layer in module.named_modules() if isinstance(layer, kinds)]


@torch.no_grad()
def mask_half(module: nn.Module, couplings: Couplings) -> None:
    """Set every second unit to zero, with its biases, scales and shifts."""
    for units in couplings.units(layers_of(module)):
        weight = module.get_parameter(f"{units.layers[0]}.weight")
        keep = torch.arange(len(units.by_unit(units.layers[0], weight.flatten(1)[:, 0]))) % 2 == 0
        for layer in units.layers:
            module.get_parameter(f"{layer}.weight")[~units.by_row(layer, keep)] = 0
        for vector in units.vectors:
            positions, kept = units.at(vector, keep)
            module.get_parameter(vector)[positions] *= kept


@pytest.mark.parametrize("name", KINDS)
def test_the_layers_whose_units_can_be_removed_are_known_and_of_the_others_the_reason(name: str) -> None:
    module = lively(name)
    couplings = Couplings(module, KINDS[name].example)
    layers = layers_of(module)
    free = [units.layers for units in couplings.units(layers)]
    assert sorted(free) == sorted(KINDS[name].free)
    assert set(couplings.unit_reasons) == set(layers) - {layer for group in free for layer in group}
    assert all(couplings.unit_reasons.values())


@pytest.mark.parametrize("name", KINDS)
def test_removing_masked_units_changes_no_output(name: str) -> None:
    kind, module = KINDS[name], lively(name)
    fresh = deepcopy(module)
    mask_half(module, Couplings(module, kind.example))
    smaller = shrunk_module(module, kind.example)
    assert smaller is not None
    assert disagreement(module, smaller, kind.example) <= MAX_DISAGREEMENT
    assert sum(map(torch.numel, smaller.parameters())) < sum(map(torch.numel, module.parameters()))
    again = resize(fresh, smaller.state_dict(), source="the shrunk network's state")
    assert disagreement(smaller, again, kind.example) == 0


def test_finding_the_units_leaves_the_network_as_it_was() -> None:
    module = lively("inverted").train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    Couplings(module, IMAGE)
    assert module.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())


REASONS = {
    ("padded", "stem"): "its units meet values of a fixed number",
    ("padded", "fc"): "its units are the outputs",
    ("modern", "down"): "a layer norm takes the mean of all its units",
    ("transformer", "encoder.layers.0.linear2"): "its units belong to an attention's inputs or heads",
    ("lstm", "before"): "its units are read by a recurrent layer",
    ("frozen", "spare"): "it is not used in a pass",
    ("shared", "first"): "a masked unit of it is not zero where it is read",
    ("by name", "seen"): "its units are the outputs",
    ("counting", "written"): "the network counts on their number",
    ("counting", "gate"): "a masked unit of it is not zero where it is read",
    ("counting", "averaged"): "the mean over all its units is taken",
    ("counting", "bare"): "a masked unit of it is not zero where it is read",
}


@pytest.mark.parametrize(("name", "layer"), REASONS)
def test_a_reason_says_what_is_in_the_way(name: str, layer: str) -> None:
    assert Couplings(lively(name), KINDS[name].example).unit_reasons[layer] == REASONS[name, layer]


class Odd(nn.Module):
    """Two layers with a part of a network between them."""

    def __init__(self, between: nn.Module) -> None:
        super().__init__()
        self.first, self.between, self.second = nn.Conv2d(3, 8, 1), between, nn.Conv2d(8, 8, 1)

    def forward(self, x: torch.Tensor) -> Answer:
        return Answer(self.second(self.between(self.first(x))))


class Squared(nn.Module):
    """An operation that no rule knows."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = x.cumprod(2)
        return y


class Raising(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise ValueError(f"no {tuple(x.shape)}")


@pytest.mark.parametrize(
    ("between", "reason"),
    [
        (nn.GroupNorm(2, 8), "a group norm takes the mean of several of its units"),
        (nn.Softmax(1), "softmax runs over its units"),
        (nn.GLU(2), None),
        (nn.PixelShuffle(2), "its units meet an operation that can't be traced (pixel_shuffle)"),
        (Squared(), "its units meet an operation that can't be traced (cumprod)"),
        (nn.Dropout(0.5), None),
        (nn.InstanceNorm2d(8), None),
        (nn.InstanceNorm2d(8, affine=True), None),
        (nn.PReLU(8), None),
        (nn.ELU(), None),
        (nn.Softplus(), "a masked unit of it is not zero where it is read"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_what_a_unit_meets_decides_whether_it_can_be_removed(between: nn.Module, reason: str | None) -> None:
    module = Odd(between)
    if isinstance(between, nn.PixelShuffle):
        module.second = nn.Conv2d(2, 8, 1)
    couplings = Couplings(module, IMAGE)
    assert couplings.unit_reasons.get("first") == reason


def test_a_network_that_cant_be_run_has_no_units_and_a_reason() -> None:
    couplings = Couplings(Odd(Raising()), IMAGE)
    assert couplings.units(["first", "second"]) == ()
    assert couplings.unit_reasons == dict.fromkeys(("first", "second"), "its coupling can't be traced")


class Unseen(nn.Module):
    """Computes outside of torch, where units can't be followed."""

    def __init__(self, *, axis: int | None) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.axis is None:
            return torch.from_numpy(x.numpy() + 1)
        return torch.from_numpy(x.numpy().mean(self.axis, keepdims=True)).expand(1, 8, 16, 16)


def test_what_cant_be_followed_is_found_out_by_trying() -> None:
    counting, averaging = Couplings(Odd(Unseen(axis=None)), IMAGE), Couplings(Odd(Unseen(axis=1)), IMAGE)
    assert counting.unit_reasons["first"] == "the network counts on their number"
    assert averaging.unit_reasons["first"] == "removing one of them changes the outputs"


def test_a_layer_with_one_unit_and_one_with_a_computed_weight_are_locked() -> None:
    single, normed = nn.Linear(4, 1), nn.utils.parametrizations.weight_norm(nn.Linear(1, 6))
    reasons = Couplings(nn.Sequential(single, normed, nn.Linear(6, 3)), noisy(1, 4)).unit_reasons
    assert reasons["0"] == "it has a single unit"
    assert reasons["1"] == "its weight is computed from other parameters"


class Standardized(nn.Conv2d):
    """A convolution whose weight is normalized over what each unit reads (Qiao et al. 2019)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = self.weight.reshape(1, len(self.weight), -1)
        weight = nn.functional.batch_norm(weight, None, None, training=True)
        return nn.functional.conv2d(x, weight.reshape_as(self.weight), self.bias)


def test_units_that_a_normalized_weight_reads_stay() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 1), Standardized(8, 6, 1), nn.Conv2d(6, 4, 1))
    couplings = Couplings(module, IMAGE)
    assert couplings.unit_reasons["0"] == "a weight is normalized over its units"
    assert [units.layers for units in couplings.units(layers_of(module))] == [("1",)]


def test_modules_that_are_one_in_two_places_are_resized_together() -> None:
    layer = nn.Linear(8, 8)
    module = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), layer, nn.ReLU(), layer, nn.ReLU(), nn.Linear(8, 2))
    fresh, example = deepcopy(module), noisy(1, 3)
    mask_half(module, Couplings(module, example))
    smaller = shrunk_module(module, example)
    assert smaller is not None
    again = resize(fresh, smaller.state_dict(), source="the shrunk network's state")
    assert again.get_parameter("4.weight").shape == (4, 4)
    assert again.get_submodule("2") is again.get_submodule("4")
    assert disagreement(smaller, again, example) == 0


def test_a_weight_that_is_computed_before_each_pass_is_copied() -> None:
    normed = nn.utils.weight_norm(nn.Linear(8, 6))
    module = nn.Sequential(nn.Linear(3, 8), nn.Linear(8, 8), nn.ReLU(), normed, nn.ReLU(), nn.Linear(6, 2))
    module(noisy(1, 3))  # leaves a weight with a history
    couplings = Couplings(module, noisy(1, 3))
    assert [units.layers for units in couplings.units(layers_of(module))] == [("0",)]
    assert couplings.unit_reasons["3"] == "its weight is computed from other parameters"


def test_a_network_that_cant_be_copied_has_no_units_and_a_reason() -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    module.generator = (item for item in "it can't be copied")  # type: ignore[assignment]
    assert Couplings(module, noisy(1, 3)).unit_reasons["0"] == "its coupling can't be traced"
    assert shrunk_module(module, noisy(1, 3)) is None


def test_layers_with_one_weight_are_locked_with_a_reason() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2))
    module[1].weight = module[0].weight
    couplings = Couplings(module, noisy(1, 4))
    assert couplings.unit_reasons["1"] == "its weight is another layer's, too"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_other_types_are_shrunk_too(dtype: torch.dtype) -> None:
    module, example = lively("sounds").to(dtype), noisy(1, 2, 16).to(dtype)
    couplings = Couplings(module, example)
    assert [units.layers for units in couplings.units(layers_of(module))] == KINDS["sounds"].free


def test_a_batch_norm_after_a_layer_is_found() -> None:
    couplings = Couplings(lively("inverted"), IMAGE)
    assert couplings.batch_norm_after("expand.0") == "expand.1"
    assert couplings.batch_norm_after("squeeze") is None


def test_what_remains_is_a_multiple() -> None:
    module = lively("sounds")
    mask_half(module, Couplings(module, noisy(1, 2, 16)))
    smaller = shrunk_module(module, noisy(1, 2, 16), multiple=4)
    assert smaller is not None
    assert smaller.get_parameter("3.weight").shape == (4, 4, 3)  # of 8 with 4 masked, and of 6 with 3
    grouped = lively("grouped")
    mask_half(grouped, Couplings(grouped, IMAGE))
    smaller = shrunk_module(grouped, IMAGE, multiple=8)
    assert smaller is not None
    assert smaller.get_parameter("0.weight").shape[0] == 8
    assert smaller.get_parameter("2.weight").shape[0] == 16


class Amplifying(nn.Module):
    """Each layer makes what rounding leaves some times larger, until float32 knows nothing of the outputs."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(48, 48) for _ in range(depth))
        self.last = nn.Linear(48, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = torch.sin(layer(x) * 8)
        answer: torch.Tensor = self.last(x)
        return answer


def test_rounding_that_a_deep_network_amplifies_locks_no_layer() -> None:
    couplings = Couplings(Amplifying(12), torch.ones(2, 48))
    assert couplings.unit_reasons == {"last": "its units are the outputs"}
