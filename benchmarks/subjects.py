"""A network with its data, trained in this process, for the benchmarks of the engine."""

import argparse
from dataclasses import replace
from time import perf_counter
from typing import Any

import torch
from torch import nn

from benchmarks.preparation import parser_of
from prune_tui.catalog.batches import Split
from prune_tui.catalog.datasets import dataset_entry, load
from prune_tui.catalog.datasets.images import Data
from prune_tui.catalog.models import model_entry
from prune_tui.catalog.recipes import training_recipe
from prune_tui.core.returning import drained
from prune_tui.engine.context import Clock, Context, TrainingPhase
from prune_tui.engine.data import DeviceData
from prune_tui.engine.device import computes_bfloat16, prepare_process, seed_everything
from prune_tui.engine.engine import any_name, never
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.engine.network.network import Network
from prune_tui.engine.network.trace import network_of
from prune_tui.engine.opening import NUM_TRIED, opened
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


def loaded(args: argparse.Namespace) -> Data:
    """Read the dataset, split by seed 0."""
    shape = model_entry(args.model).image_shape
    return drained(load(dataset_entry(args.dataset), data_dir=args.data_dir, image_shape=shape, seed=0))


def built(args: argparse.Namespace, images: DeviceData, *, seed: int = 0) -> Network:
    """Build the model as the engine does, with fresh weights drawn by a seed."""
    seed_everything(seed, 0)
    return as_engine_has_it(model_entry(args.model).build(num_classes=images.task.num_outputs or 0), images)


def as_engine_has_it(module: nn.Module, images: DeviceData) -> Network:
    """Return the module as the engine has it: on the device in its best layout, with its layers known."""
    example = images.batch(images.validation, slice(0, NUM_TRIED)).inputs
    return network_of(opened(module, images).module, example)


def as_baseline(network: Network, images: DeviceData, *, accuracy: float) -> EngineState:
    """Return the engine's state with the network as its dense baseline; its accuracy is on validation."""
    return EngineState(network, images, Baseline(network.state(), accuracy=accuracy))


def first_decision(random_state: torch.Generator, clock: Clock) -> Context:
    """Return what the engine gives the first decision of a session."""
    return Context(0, random_state, clock, never, any_name)


def train_dense(args: argparse.Namespace, network: Network, images: DeviceData, *, seed: int = 0) -> str:
    """Train the network by the model's recipe for at least `args.epochs`; say how long and how well."""
    entry, dataset = model_entry(args.model), dataset_entry(args.dataset)
    training = replace(entry.training, num_epochs=args.epochs)
    training = training_recipe(replace(entry, training=training), dataset)
    began = perf_counter()
    random_state = seed_everything(seed, 1)
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
