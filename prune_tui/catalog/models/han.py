"""The convolutional network of the fine-grained pruning study after Han et al. 2015, for 28×28 images."""

from collections import OrderedDict

from torch import nn


def han_cnn(*, num_classes: int) -> nn.Sequential:
    """32, 32 and 64 filters of 5×5, then 576-256-classes; dropout 0.5 before `conv3`, `fc1` and `fc2`."""
    return nn.Sequential(
        OrderedDict[str, nn.Module](
            conv1=nn.Conv2d(1, 32, 5),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(32, 32, 5),
            pool2=nn.MaxPool2d(2),
            relu2=nn.ReLU(),
            dropout2=nn.Dropout(0.5),
            conv3=nn.Conv2d(32, 64, 5),
            pool3=nn.MaxPool2d(2),
            relu3=nn.ReLU(),
            dropout3=nn.Dropout(0.5),
            flatten=nn.Flatten(),
            fc1=nn.Linear(576, 256),
            relu4=nn.ReLU(),
            dropout4=nn.Dropout(0.5),
            fc2=nn.Linear(256, num_classes),
        )
    )
