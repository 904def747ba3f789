"""The LeNets: small networks for 28×28 grey images, a standard of the pruning literature.

Every hidden layer is followed by a ReLU; Caffe's LeNet-5 has one after `fc1` alone, with the same parameters.
"""

from collections import OrderedDict

from torch import nn


def lenet_300_100(*, num_classes: int) -> nn.Sequential:
    """784-300-100-classes (LeCun et al. 1998; Han et al. 2015)."""
    return nn.Sequential(
        OrderedDict[str, nn.Module](
            flatten=nn.Flatten(),
            fc1=nn.Linear(784, 300),
            relu1=nn.ReLU(),
            fc2=nn.Linear(300, 100),
            relu2=nn.ReLU(),
            fc3=nn.Linear(100, num_classes),
        )
    )


def lenet5(*, num_classes: int) -> nn.Sequential:
    """Caffe's LeNet-5: 20 and 50 filters of 5×5, then 800-500-classes."""
    return nn.Sequential(
        OrderedDict[str, nn.Module](
            conv1=nn.Conv2d(1, 20, 5),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(20, 50, 5),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            fc1=nn.Linear(800, 500),
            relu3=nn.ReLU(),
            fc2=nn.Linear(500, num_classes),
        )
    )


def lenet(*, num_classes: int) -> nn.Sequential:
    """10 and 20 filters of 5×5, then 320-50-classes, with dropout: PyTorch's MNIST example."""
    return nn.Sequential(
        OrderedDict[str, nn.Module](
            conv1=nn.Conv2d(1, 10, 5),
            pool1=nn.MaxPool2d(2),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(10, 20, 5),
            dropout1=nn.Dropout2d(0.5),
            pool2=nn.MaxPool2d(2),
            relu2=nn.ReLU(),
            flatten=nn.Flatten(),
            fc1=nn.Linear(320, 50),
            relu3=nn.ReLU(),
            dropout2=nn.Dropout(0.5),
            fc2=nn.Linear(50, num_classes),
        )
    )
