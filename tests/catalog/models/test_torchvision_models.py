"""torchvision's models by name: listed without importing it, built for any classes, weights as published."""

import pytest
import torch

from prune_tui.catalog import torchvision_operators
from prune_tui.catalog.models import model_entry, torchvision_models
from prune_tui.catalog.models.building import build
from prune_tui.catalog.models.inputs import InputTransform, image_shape_for
from prune_tui.catalog.models.torchvision_names import TORCHVISION
from prune_tui.core.errors import ModelError, UnknownNameError


def test_the_names_and_sizes_are_torchvisions() -> None:
    torchvision_operators.ensure()
    from torchvision import models

    assert list(TORCHVISION) == sorted(models.list_models(module=models))
    for name, num_parameters in TORCHVISION.items():
        assert models.get_model_weights(name).DEFAULT.meta["num_params"] == num_parameters


FAMILIES = [
    ("alexnet", 63),
    ("convnext_tiny", 32),
    ("densenet121", 32),
    ("efficientnet_b0", 32),
    ("googlenet", 32),
    ("inception_v3", 75),
    ("mnasnet0_5", 32),
    ("mobilenet_v3_small", 32),
    ("regnet_x_400mf", 32),
    ("resnet18", 32),
    ("shufflenet_v2_x0_5", 32),
    ("squeezenet1_1", 32),
    ("swin_t", 32),
    ("swin_v2_t", 32),
    ("vit_b_32", 64),
]


@pytest.mark.parametrize(("name", "size"), FAMILIES)
@pytest.mark.parametrize("is_pretrained", [False, True])
def test_a_family_is_built_for_these_classes_and_images_and_takes_its_state_back(
    name: str, size: int, is_pretrained: bool
) -> None:
    entry = model_entry(f"torchvision:{name}")
    assert entry.num_parameters == TORCHVISION[name]
    network = build(entry, num_classes=3, image_shape=(3, size, size), is_pretrained=is_pretrained).eval()
    network.load_state_dict(dict(network.state_dict()))
    with torch.no_grad():
        assert network(torch.zeros(1, 3, size, size)).shape == (1, 3)


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("alexnet", 32, "takes images of 63×63 pixels or more, not 32×32: give --image-size 63"),
        ("vit_b_16", 30, "can't be built for 3 classes and images of 30×30: "),
    ],
)
def test_images_that_a_model_does_not_take_are_one_line(name: str, size: int, said: str) -> None:
    with pytest.raises(ModelError, match=said) as caught:
        build(model_entry(f"torchvision:{name}"), num_classes=3, image_shape=(3, size, size))
    assert "\n" not in str(caught.value)


def test_a_mistyped_name_is_told_when_it_is_built() -> None:
    entry = model_entry("torchvision:resnt50")
    assert entry.num_parameters is None
    with pytest.raises(UnknownNameError, match=r"did you mean torchvision:resnet50\?$"):
        build(entry, num_classes=3, image_shape=(3, 32, 32))


def test_published_weights_by_name_and_the_recommended_ones() -> None:
    first = torchvision_models.published("resnet50", "IMAGENET1K_V1")
    assert (first.name, first.transform.image_size) == ("IMAGENET1K_V1", 224)
    best = torchvision_models.published("resnet50", "default")
    assert (best.name, best.file_name, best.sha256_start) == (
        "IMAGENET1K_V2",
        "resnet50-11ad3fa6.pth",
        "11ad3fa6",
    )
    assert best.transform == InputTransform(224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert best.num_classes == 1000
    with pytest.raises(UnknownNameError, match="choose one of IMAGENET1K_V1, IMAGENET1K_V2"):
        torchvision_models.published("resnet50", "V3")


@pytest.mark.parametrize(("name", "weights"), [("vgg16", "IMAGENET1K_FEATURES"), ("fcn_resnet50", "default")])
def test_weights_without_classes_are_refused(name: str, weights: str) -> None:
    with pytest.raises(ModelError, match="tell no classes"):
        torchvision_models.published(name, weights)


def test_every_published_file_names_its_hash() -> None:
    for name in TORCHVISION:
        assert len(torchvision_models.published(name, "default").sha256_start) >= 8


def test_earlier_names_of_tensors_are_todays() -> None:
    densenet = build(model_entry("torchvision:densenet121"), num_classes=3, image_shape=(3, 32, 32))
    state = densenet.state_dict()
    earlier = {name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): state[name] for name in state}
    assert earlier.keys() != state.keys()
    assert torchvision_models.renamed(densenet, earlier).keys() == state.keys()
    vit = build(model_entry("torchvision:vit_b_32"), num_classes=3, image_shape=(3, 64, 64))
    state = vit.state_dict()
    earlier = {
        name.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2."): state[name]
        for name in state
    }
    assert torchvision_models.renamed(vit, earlier).keys() == state.keys()


def test_a_vision_transformers_positions_follow_its_size_of_image() -> None:
    small, large = (
        build(model_entry("torchvision:vit_b_32"), num_classes=3, image_shape=(3, size, size))
        for size in (64, 128)
    )
    found = torchvision_models.renamed(large, small.state_dict())
    assert found["encoder.pos_embedding"].shape == large.state_dict()["encoder.pos_embedding"].shape


def test_auxiliary_classifiers_are_left_out() -> None:
    network = build(model_entry("torchvision:googlenet"), num_classes=3, image_shape=(3, 32, 32))
    tensors = {**network.state_dict(), "aux1.fc1.weight": torch.ones(1), "AuxLogits.fc.bias": torch.ones(1)}
    assert torchvision_models.renamed(network, tensors).keys() == network.state_dict().keys()


@pytest.mark.parametrize(
    ("model", "dataset", "size", "pretrained", "shape"),
    [
        ("lenet5", (3, 32, 32), None, False, (1, 28, 28)),
        ("torchvision:resnet18", (3, 32, 32), None, False, (3, 32, 32)),
        ("torchvision:resnet18", (1, 28, 28), None, False, (3, 28, 28)),
        ("torchvision:resnet18", None, None, False, None),
        ("torchvision:resnet18", (3, 32, 32), 64, False, (3, 64, 64)),
        ("torchvision:resnet18", (3, 32, 32), None, True, (3, 100, 100)),
        ("torchvision:resnet18", (3, 32, 32), 64, True, (3, 64, 64)),
        ("net.py:f", (1, 28, 28), None, False, (1, 28, 28)),
        ("net.py:f", None, 48, False, (3, 48, 48)),
    ],
)
def test_the_shape_that_is_fed(
    model: str,
    dataset: tuple[int, int, int] | None,
    size: int | None,
    pretrained: bool,
    shape: tuple[int, int, int] | None,
) -> None:
    transform = InputTransform(100, (0.0,), (1.0,)) if pretrained else None
    assert image_shape_for(model_entry(model), dataset, transform=transform, image_size=size) == shape


def test_a_model_of_one_size_takes_no_other() -> None:
    with pytest.raises(ModelError, match="takes images of 28×28 pixels: leave the image size out"):
        image_shape_for(model_entry("lenet5"), None, image_size=32)
