"""Residual networks for 32×32 colour images (He et al. 2016).

Where a block changes the shape, its shortcut is a 1×1 convolution (option B): unlike option A's padding with
zero channels it lets whole channels be removed, and it is what the pruning literature counts.
"""

from collections.abc import Sequence
from typing import Final

import torch
from torch import nn


def resnet18(*, num_classes: int) -> nn.Module:
    """ResNet-18 with a 3×3 stem and no first pooling, so that 32×32 images keep their resolution."""
    return ResNet(widths=(64, 128, 256, 512), blocks_per_stage=2, num_classes=num_classes)


def resnet20(*, num_classes: int) -> nn.Module:
    """The thin ResNet of depth 20: three stages of three blocks."""
    return ResNet(widths=_THIN, blocks_per_stage=3, num_classes=num_classes)


def resnet56(*, num_classes: int) -> nn.Module:
    """The thin ResNet of depth 56: three stages of nine blocks."""
    return ResNet(widths=_THIN, blocks_per_stage=9, num_classes=num_classes)


_THIN: Final = (16, 32, 64)


class ResNet(nn.Module):
    """A stem, stages `layer1`, `layer2`, … each halving the resolution after the first, and a classifier."""

    def __init__(self, *, widths: Sequence[int], blocks_per_stage: int, num_classes: int) -> None:
        super().__init__()
        self.conv1 = _conv3x3(3, widths[0], stride=1)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU()
        self.stages = [f"layer{number}" for number in range(1, len(widths) + 1)]
        channels = widths[0]
        for name, width in zip(self.stages, widths, strict=True):
            strides = [1 if name == "layer1" else 2] + [1] * (blocks_per_stage - 1)
            stage = nn.Sequential()
            for stride in strides:
                stage.append(BasicBlock(channels, width, stride=stride))
                channels = width
            self.add_module(name, stage)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, num_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Images [N, 3, H, W] → class scores [N, classes]."""
        features: torch.Tensor = self.relu(self.bn1(self.conv1(images)))
        for name in self.stages:
            features = self.get_submodule(name)(features)
        scores: torch.Tensor = self.fc(torch.flatten(self.pool(features), 1))
        return scores


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut past them."""

    def __init__(self, channels_in: int, channels_out: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = _conv3x3(channels_in, channels_out, stride=stride)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.relu1 = nn.ReLU()
        self.conv2 = _conv3x3(channels_out, channels_out, stride=1)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.relu2 = nn.ReLU()
        self.shortcut = nn.Sequential()
        if stride != 1 or channels_in != channels_out:
            self.shortcut.append(nn.Conv2d(channels_in, channels_out, 1, stride=stride, bias=False))
            self.shortcut.append(nn.BatchNorm2d(channels_out))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features [N, channels_in, H, W] → [N, channels_out, H / stride, W / stride]."""
        inner = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(features)))))
        outer: torch.Tensor = self.relu2(inner + self.shortcut(features))
        return outer


def _conv3x3(channels_in: int, channels_out: int, *, stride: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1, bias=False)
