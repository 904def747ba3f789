"""The models a user can pick: one file a family, one line here to add one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from prune_tui.catalog.code.reference import code_reference, demand_name
from prune_tui.catalog.lookup import load_function
from prune_tui.catalog.models.torchvision_names import TORCHVISION
from prune_tui.catalog.plugins import Plugin, plugins
from prune_tui.core.errors import UnknownNameError
from prune_tui.core.session.names import name_like
from prune_tui.core.session.recipe import Training

if TYPE_CHECKING:
    from torch import nn

ImageShape = tuple[int, int, int]
"""Channels, height, width."""

MNIST_SHAPE: Final = (1, 28, 28)
CIFAR_SHAPE: Final = (3, 32, 32)


ModelSource = Literal["catalog", "torchvision", "timm", "code", "package"]
"""Where a model comes from: this catalog, a library, a file of the user's own, an installed package."""

_ANY_TRAINING: Final = Training(
    num_epochs=30,
    optimizer="adamw",
    learning_rate=1e-3,
    learning_rate_schedule="one_cycle",
    weight_decay=0.01,
    precision="bfloat16",
)
_ANY_FINETUNING: Final = replace(
    _ANY_TRAINING, num_epochs=5, learning_rate=1e-4, learning_rate_schedule="cosine", distillation=0.5
)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model by name.

    `image_shape` None is the dataset's shape, or that of the published weights. `num_parameters` is for 10
    classes, of torchvision's models as published for 1,000; None is not known without building it. `builder`
    is `module:function(num_classes=…)`, the name within the library, or the reference to the user's own code.
    """

    name: str
    description: str
    image_shape: ImageShape | None
    num_parameters: int | None
    builder: str
    training: Training = _ANY_TRAINING
    finetuning: Training = _ANY_FINETUNING
    source: ModelSource = "catalog"

    @property
    def own_shape(self) -> ImageShape:
        """The one shape that a model of this catalog takes."""
        assert self.image_shape is not None, f"{self.name} takes more than one shape"
        return self.image_shape

    @property
    def can_be_pretrained(self) -> bool:
        """Whether published weights of it can be asked for."""
        return self.source in ("torchvision", "timm")

    @property
    def has_own_weights(self) -> bool:
        """Whether what builds it may give it weights that have learnt something."""
        return self.source in ("code", "package")

    def build(self, *, num_classes: int) -> "nn.Module":
        """Return a network of this catalog with fresh weights, drawn from torch's global random state."""
        assert self.source == "catalog", "models.building builds the others"
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
    """Return the model called `name`; neither torch nor a user's own code is imported for that.

    It may be `torchvision:NAME`, `timm:NAME`, `path/to/net.py:factory`, or a model of an installed package. A
    library's names are only known for certain when the model is built.

    Raises:
        UnknownNameError: there is no such model.
        CodeError: the file is missing, is not Python, or which name in it is meant was not said.
    """
    if name in MODELS:
        return MODELS[name]
    library, _, inside = name.partition(":")
    if library == "torchvision" and inside:
        return ModelEntry(name, "of torchvision", None, TORCHVISION.get(inside), inside, source="torchvision")
    if library == "timm" and inside:
        return ModelEntry(name, "of timm", None, None, inside, source="timm")
    if (reference := code_reference(name)) is not None:
        if not reference.name:
            demand_name(reference, what=FACTORY)
        return ModelEntry(reference.text, "your own code", None, None, reference.text, source="code")
    offered = plugins("models")
    if name in offered:
        return packaged(offered[name])
    raise UnknownNameError("model", name, [*MODELS, *offered, *OTHER_MODELS])


FACTORY: Final = "a function factory(num_classes=…) or factory() that returns a torch.nn.Module"
"""What a reference to a user's own code names."""

OTHER_MODELS: Final[Mapping[str, str]] = {
    "torchvision:NAME": "a model of torchvision",
    "timm:NAME": "a model of timm, where it is installed",
    "path/to/net.py:factory": "your own file",
}
"""How models outside the catalog are named, and what they are."""


def packaged(plugin: Plugin) -> ModelEntry:
    """Return the entry of a model that an installed package offers."""
    about = f"of the package {plugin.package}"
    return ModelEntry(plugin.name, about, None, None, plugin.reference, source="package")


def file_stem(name: str) -> str:
    """Return what a model is called in the names of files: `resnet50` for `torchvision:resnet50`."""
    reference = code_reference(name)
    if reference is not None:
        return name_like(f"{reference.path.stem}-{reference.name}".rstrip("-"))
    return name_like(name.removeprefix("torchvision:").removeprefix("timm:"))
