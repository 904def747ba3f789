"""The models a user can pick: one file a family, one line here to add one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from prune_tui.catalog.lookup import entry_named, load_function
from prune_tui.core.session.recipe import Training

if TYPE_CHECKING:
    from torch import nn

ImageShape = tuple[int, int, int]
"""Channels, height, width."""

MNIST_SHAPE: Final = (1, 28, 28)
CIFAR_SHAPE: Final = (3, 32, 32)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model by name; `num_parameters` is for 10 classes, `builder` is `module:function(num_classes=…)`."""

    name: str
    description: str
    image_shape: ImageShape
    num_parameters: int
    builder: str
    training: Training = field(default_factory=lambda: Training(num_epochs=5))
    finetuning: Training = field(default_factory=lambda: Training(num_epochs=5))

    def build(self, *, num_classes: int) -> "nn.Module":
        """Return the network with fresh weights, drawn from torch's global random state."""
        module: nn.Module = load_function(self.builder)(num_classes=num_classes)
        return module


_PACKAGE: Final = "prune_tui.catalog.models"

_TRAIN: Final = Training(
    num_epochs=5, learning_rate_schedule="one_cycle", learning_rate=2e-3, precision="bfloat16"
)
_FINETUNE: Final = Training(
    num_epochs=5,
    learning_rate_schedule="cosine",
    learning_rate=1e-3,
    distillation=0.5,
    dropout=0.0,
    precision="bfloat16",
)
_TRAIN_RESNET: Final = Training(
    num_epochs=30,
    optimizer="sgd",
    learning_rate=0.1,
    learning_rate_schedule="cosine",
    weight_decay=5e-4,
    augmentation="crop_flip",
    precision="bfloat16",
)
_FINETUNE_RESNET: Final = replace(_TRAIN_RESNET, num_epochs=5, learning_rate=0.01, distillation=0.5)

MODELS: Final[Mapping[str, ModelEntry]] = {
    entry.name: entry
    for entry in (
        ModelEntry(
            "lenet5",
            "LeNet-5 as in Caffe: 2 convolutions, 2 linear",
            MNIST_SHAPE,
            431_080,
            f"{_PACKAGE}.lenet:lenet5",
            _TRAIN,
            _FINETUNE,
        ),
        ModelEntry(
            "lenet-300-100",
            "perceptron 784-300-100 (Han et al. 2015)",
            MNIST_SHAPE,
            266_610,
            f"{_PACKAGE}.lenet:lenet_300_100",
            _TRAIN,
            _FINETUNE,
        ),
        ModelEntry(
            "lenet",
            "small LeNet with dropout: 2 convolutions, 2 linear",
            MNIST_SHAPE,
            21_840,
            f"{_PACKAGE}.lenet:lenet",
            _TRAIN,
            _FINETUNE,
        ),
        ModelEntry(
            "han-cnn",
            "3 convolutions of 5×5, 2 linear, dropout",
            MNIST_SHAPE,
            228_010,
            f"{_PACKAGE}.han:han_cnn",
            _TRAIN,
            replace(_FINETUNE, num_epochs=3),
        ),
        ModelEntry(
            "mlp",
            "perceptron 784-1000-1000-500-200 without biases",
            MNIST_SHAPE,
            2_386_000,
            f"{_PACKAGE}.mlp:mlp",
            _TRAIN,
            _FINETUNE,
        ),
        ModelEntry(
            "resnet18",
            "ResNet-18 for 32×32 images",
            CIFAR_SHAPE,
            11_173_962,
            f"{_PACKAGE}.resnet:resnet18",
            _TRAIN_RESNET,
            _FINETUNE_RESNET,
        ),
        ModelEntry(
            "resnet20",
            "thin ResNet of depth 20 for 32×32 images (He et al. 2016)",
            CIFAR_SHAPE,
            272_474,
            f"{_PACKAGE}.resnet:resnet20",
            _TRAIN_RESNET,
            _FINETUNE_RESNET,
        ),
        ModelEntry(
            "resnet56",
            "thin ResNet of depth 56 for 32×32 images (He et al. 2016)",
            CIFAR_SHAPE,
            855_770,
            f"{_PACKAGE}.resnet:resnet56",
            _TRAIN_RESNET,
            _FINETUNE_RESNET,
        ),
    )
}


def model_entry(name: str) -> ModelEntry:
    """Return the model called `name`, or raise `UnknownNameError`."""
    return entry_named("model", name, MODELS)
