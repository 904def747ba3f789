"""The perceptron of the weight-against-unit pruning studies, for 28×28 grey images."""

from collections import OrderedDict

from torch import nn


def mlp(*, num_classes: int) -> nn.Sequential:
    """784-1000-1000-500-200-classes, ReLU, no biases: a unit without weights outputs zero."""
    return nn.Sequential(
        OrderedDict[str, nn.Module](
            flatten=nn.Flatten(),
            fc1=nn.Linear(784, 1000, bias=False),
            relu1=nn.ReLU(),
            fc2=nn.Linear(1000, 1000, bias=False),
            relu2=nn.ReLU(),
            fc3=nn.Linear(1000, 500, bias=False),
            relu3=nn.ReLU(),
            fc4=nn.Linear(500, 200, bias=False),
            relu4=nn.ReLU(),
            fc5=nn.Linear(200, num_classes, bias=False),
        )
    )
