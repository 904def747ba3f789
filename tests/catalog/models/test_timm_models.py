"""timm's models where timm is installed, and a line that says what to do where it is not."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from prune_tui.catalog.models import model_entry, timm_models
from prune_tui.catalog.models.building import build
from prune_tui.catalog.weights.published import fetched
from prune_tui.core.errors import ModelError, UnknownNameError
from tests.catalog.helpers import drained
from tests.catalog.mirror import serving

NAME = "resnet10t.c3_in1k"


def test_without_timm_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prune_tui.catalog.models.timm_models.find_spec", lambda _name: None)
    assert model_entry("timm:resnet10t").source == "timm"
    with pytest.raises(ModelError, match="pip install timm"):
        build(model_entry("timm:resnet10t"), num_classes=3, image_shape=(3, 32, 32))


class TestWithTimm:
    @pytest.fixture(autouse=True)
    def _wants_timm(self) -> None:
        if find_spec("timm") is None:
            pytest.skip("timm is optional, and not installed")

    @pytest.mark.parametrize(
        ("name", "channels"), [(NAME, 3), ("resnet10t", 1), ("vit_tiny_patch16_224", 3), ("test_convnext", 3)]
    )
    def test_it_is_built_for_these_classes_and_images(self, name: str, channels: int) -> None:
        shape = (channels, 64, 64)
        network = build(model_entry(f"timm:{name}"), num_classes=3, image_shape=shape).eval()
        with torch.no_grad():
            assert network(torch.zeros(1, *shape)).shape == (1, 3)

    @pytest.mark.parametrize("name", ["resnet10tt", "hf-hub:someone/model", "local-dir:/tmp"])
    def test_what_timm_does_not_have_is_unknown(self, name: str) -> None:
        with pytest.raises(UnknownNameError, match="unknown model 'timm:"):
            build(model_entry(f"timm:{name}"), num_classes=3, image_shape=(3, 32, 32))

    def test_unknown_weights_are_told_with_the_tags_there_are(self) -> None:
        with pytest.raises(UnknownNameError, match="c3_in1k"):
            timm_models.published("resnet10t", "c4_in1k")

    @pytest.mark.parametrize("num_classes", [1000, 3])
    def test_published_weights_are_fetched_and_fitted(
        self, num_classes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trained = build(model_entry(f"timm:{NAME}"), num_classes=1000, image_shape=(3, 64, 64))
        with serving() as mirror:
            monkeypatch.setenv("HF_ENDPOINT", mirror.url().rstrip("/"))
            weights = timm_models.published("resnet10t", "default")
            mirror.files[f"timm/{NAME}/resolve/main/model.safetensors"] = save(trained.state_dict())
            _, tensors = drained(fetched(weights, tmp_path))
        assert (weights.name, weights.num_classes) == ("c3_in1k", 1000)
        assert weights.transform.image_size == 176
        network = timm_models.build(
            "resnet10t",
            num_classes=num_classes,
            image_shape=(3, 64, 64),
            weights=weights.name,
            tensors=tensors,
        )
        own, published = network.state_dict(), trained.state_dict()
        differing = {name for name in own if own[name].shape != published[name].shape}
        assert all(torch.equal(own[name], published[name]) for name in own if name not in differing)
        assert differing == (set() if num_classes == 1000 else {"fc.weight", "fc.bias"})
        assert timm_models.head_of(network) == ("fc",)
