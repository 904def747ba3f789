"""A network with its data, trained in this process, for the benchmarks of the engine."""

import argparse
from dataclasses import replace
from time import perf_counter
from typing import Any

import torch
from torch import nn

from benchmarks.preparation import parser_of
from prune_tui.catalog.datasets import dataset_entry, load
from prune_tui.catalog.datasets.images import ImageData, Split
from prune_tui.catalog.models import model_entry
from prune_tui.catalog.recipes import training_recipe
from prune_tui.core.returning import drained
from prune_tui.engine.context import Clock, Context, TrainingPhase
from prune_tui.engine.device import computes_bfloat16, pick_device, prepare_process, seed_everything
from prune_tui.engine.engine import any_name, never
from prune_tui.engine.measure.evaluate import DeviceData, evaluate
from prune_tui.engine.network.network import Network
from prune_tui.engine.network.trace import network_of
from prune_tui.engine.state import Baseline, EngineState
from prune_tui.engine.training.loop import train

NUM_REPEATS = 3


def engine_parser(name: str) -> argparse.ArgumentParser:
    """Return a parser of the options that the benchmarks on a model and its data share."""
    parser = parser_of(name)
    parser.set_defaults(model="han-cnn", dataset=None)
    parser.add_argument("--repeats", type=int, default=NUM_REPEATS, help="rounds of all variants, in turn")
    parser.add_argument("--threads", type=int, help="CPU threads of torch; else torch's own choice")
    return parser


def parsed(parser: argparse.ArgumentParser, options: Any) -> argparse.Namespace:
    """Parse the options and set torch up as the engine does; the dataset is MNIST where there is a folder."""
    args = parser.parse_args(options)
    if args.dataset is None:
        args.dataset = "digits" if args.data_dir is None else "mnist"
    prepare_process(args.threads)
    return args


def loaded(args: argparse.Namespace) -> ImageData:
    """Read the dataset, split by seed 0."""
    shape = model_entry(args.model).image_shape
    return drained(load(dataset_entry(args.dataset), data_dir=args.data_dir, image_shape=shape, seed=0))


def built(args: argparse.Namespace, data: ImageData) -> Network:
    """Build the model as the engine does, with fresh weights drawn by seed 0."""
    entry = model_entry(args.model)
    seed_everything(0, 0)
    return as_engine_has_it(
        entry.build(num_classes=data.num_classes).to(pick_device(args.device)), data, entry.image_shape
    )


def as_engine_has_it(module: nn.Module, data: ImageData, image_shape: tuple[int, int, int]) -> Network:
    """Return the module as the engine has it: in channels-last layout, with its prunable layers known."""
    module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network_of(module, image_shape, num_classes=data.num_classes)


def as_baseline(network: Network, images: DeviceData, *, accuracy: float) -> EngineState:
    """Return the engine's state with the network as its dense baseline; its accuracy is on validation."""
    classes = int(max(split.labels.max() for split in (images.train, images.validation, images.test))) + 1
    return EngineState(network, images, classes, Baseline(network.state(), accuracy=accuracy))


def first_decision(random_state: torch.Generator, clock: Clock) -> Context:
    """Return what the engine gives the first decision of a session."""
    return Context(0, random_state, clock, never, any_name)


def train_dense(args: argparse.Namespace, network: Network, images: DeviceData) -> str:
    """Train the network by the model's recipe for at least `args.epochs`; say how long and how well."""
    entry, dataset = model_entry(args.model), dataset_entry(args.dataset)
    training = replace(entry.training, num_epochs=args.epochs)
    training = training_recipe(replace(entry, training=training), dataset)
    began = perf_counter()
    random_state = seed_everything(0, 1)
    trained = drained(
        train(
            network,
            images,
            training,
            phase=TrainingPhase(0, 1, 1, 0, lambda _: False),
            random_state=random_state,
            clock=lambda: perf_counter() - began,
        )
    )
    number, taken = training.num_epochs, perf_counter() - began
    epochs = f"{number} epoch{'' if number == 1 else 's'}"
    return f"trained {epochs} in {taken:.0f} s, validation accuracy {trained.accuracy or 0:.2%}"


def accuracy(network: Network, images: DeviceData, split: Split) -> float:
    """Evaluate the network as it is now."""
    return drained(evaluate(network.module, images, split, perf_counter)).accuracy


def computing_text(device: torch.device) -> str:
    """Name the device and its threads, and say whether bfloat16 is faster there."""
    if device.type == "cpu":
        where = f"CPU ({torch.backends.cpu.get_cpu_capability()}), {torch.get_num_threads()} threads"
    else:
        where = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return f"{where}, {'computes bfloat16' if computes_bfloat16(device) else 'no bfloat16: float32 instead'}"


def wait_for(device: torch.device) -> None:
    """Wait until the device has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
