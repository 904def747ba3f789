"""The published figures, typed once; all our figures on the page are read from records.

Studies A to E are public notebooks and scripts. Their figures are what they print, on the test set. The
anchors are from the papers named with them. Accuracies and errors are fractions of 1, drops are points.
"""

from dataclasses import dataclass
from typing import Final

# A. LeNet experiments (PyTorch, MNIST): random, magnitude and structured pruning.
LENET_DENSE_ACCURACY: Final = 0.9809
LENET_MACS: Final = 480_500
LENET_PRINTED_MACS: Final = 932_500
LENET_COMPRESSION_RATIO: Final = 36.0
LENET_ROUNDS: Final = 3

# B. Fine-grained pruning after Han et al. 2015 (PyTorch, MNIST).
HAN_PARAMETERS: Final = 228_010
HAN_DENSE_ACCURACY: Final = 0.9929
HAN_DENSE_MIB: Final = 0.87
HAN_PRUNED_MIB: Final = 0.02
HAN_PLAN: Final = {"conv1": 0.65, "conv2": 0.95, "conv3": 0.98, "fc1": 0.98, "fc2": 0.90}
HAN_RIGHT_AFTER: Final = 0.0885
HAN_EPOCHS: Final = (0.9676, 0.9703, 0.9743, 0.9742, 0.9739)
HAN_ACCURACY: Final = 0.9776
HAN_COMPRESSION_RATIO: Final = 36.88
HAN_WANTED_ACCURACY: Final = 0.99

# C. Weight against neuron pruning, and real speed (MLP, MNIST or Fashion-MNIST).
MLP_SPEED_DENSE_ACCURACY: Final = 0.9802

# D. Weight and unit pruning of the same MLP (PyTorch, MNIST), without fine-tuning.
MLP_SPARSITIES: Final = (0.0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99)
MLP_WEIGHT: Final = (0.9715, 0.9712, 0.97, 0.969, 0.9677, 0.9484, 0.8243, 0.7203, 0.6428, 0.3188)
MLP_UNIT: Final = (0.9715, 0.9714, 0.9698, 0.9676, 0.9463, 0.7266, 0.3667, 0.1929, 0.1307, 0.1012)
MLP_FINETUNED_SPARSITY: Final = 0.97
MLP_FINETUNED_ACCURACY: Final = 0.975

# E. ResNet-18 on CIFAR-10, one-shot against iterative, one global threshold on |w|.
RESNET_DENSE_ACCURACY: Final = 0.9548
RESNET_SPARSITIES: Final = (0.5, 0.75, 0.9)
RESNET_ONE_SHOT_DROPS: Final = (0.95, 0.44, 2.67)
RESNET_ITERATIVE_DROPS: Final = (0.05, 0.44, 3.23)
RESNET_WANTED_DROP: Final = 0.5
CIFAR10_IMAGES: Final = 50_000


@dataclass(frozen=True, slots=True)
class Anchor:
    """A published network on MNIST: its error on the test set, and all / nonzero weights."""

    source: str
    error: float
    weights_ratio: float


_HAN = "Han et al. 2015"
_DNS = "Dynamic Network Surgery, Guo et al. 2016"
_VD = "Sparse VD, Molchanov et al. 2017"
LENET_300_100: Final = (
    Anchor("dense", 0.0164, 1.0),
    Anchor(_HAN, 0.0159, 12.0),
    Anchor(_DNS, 0.0199, 56.0),
    Anchor(_VD, 0.0192, 68.0),
)
LENET_5: Final = (
    Anchor("dense", 0.0080, 1.0),
    Anchor(_HAN, 0.0077, 12.0),
    Anchor(_DNS, 0.0091, 108.0),
    Anchor(_VD, 0.0075, 280.0),
)
