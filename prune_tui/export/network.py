"""The network of a session that is exported, and the images it is tried on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import nn

from prune_tui.catalog.batches import Tree
from prune_tui.core.errors import SessionError, UnknownNameError
from prune_tui.core.run.events import Event
from prune_tui.core.run.fold import apply
from prune_tui.core.run.view import View
from prune_tui.core.session.session import Checkpoint, Session
from prune_tui.engine.data import DeviceData
from prune_tui.engine.engine import Engine
from prune_tui.engine.network.checkpoint_files import read_checkpoint
from prune_tui.engine.network.network import weight_named
from prune_tui.engine.restoring import module_of
from prune_tui.engine.session_source import SessionSource
from prune_tui.export.description import Description
from prune_tui.export.trees import named_leaves

MOST_IMAGES: Final = 64
"""How many validation images a network is tried on."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A network in evaluation mode on the CPU, a batch of inputs as it takes them, and its description.

    `data` holds the validation examples; None where there are only the inputs.
    """

    module: nn.Module
    inputs: Tree
    description: Description
    data: DeviceData | None = None


def chosen_checkpoint(session: Session, name: str | None, *, source: str) -> Checkpoint:
    """Return the checkpoint of this name; without a name, the newest dense, pruned or shrunk one.

    Raises:
        SessionError: the session has no checkpoints.
        UnknownNameError: it has none of this name.
    """
    saved = session.record.checkpoints if session.record else ()
    newest = [each for each in reversed(saved) if each.stage in ("dense", "pruned", "shrunk")]
    if not newest:
        raise SessionError(f"{source}: has no checkpoints: replay it with --out first")
    if name is None:
        return newest[0]
    for checkpoint in saved:
        if checkpoint.path == name:
            return checkpoint
    raise UnknownNameError("checkpoint", name, [each.path for each in saved])


def exported_network(
    session: Session,
    checkpoint: Checkpoint,
    folder: Path,
    *,
    data_dir: Path | None,
    allow_code: bool,
    on_event: Callable[[Event, View], None],
) -> Exported:
    """Load a checkpoint of a session, and validation images as the network takes them.

    `folder` holds the session's checkpoints. The user's own code that the session names runs only with
    `allow_code`. `on_event` is called with each event and the view after it.

    Raises:
        PruneTuiError: the data or the checkpoint can't be used.
    """
    names = SessionSource(session, data_dir=data_dir, allow_code=allow_code)
    engine = Engine(names, seed=session.seed, device="cpu")
    view = View()
    for event in engine.open():
        view = apply(view, event)
        on_event(event, view)
    state = engine.state
    content, source = read_checkpoint(folder, checkpoint), str(folder / checkpoint.path)
    module = module_of(state, content, checkpoint.stage, source=source).eval()
    inputs = state.data.batch(state.data.validation, slice(0, MOST_IMAGES)).inputs
    shapes = {name: tuple(leaf.shape[1:]) for name, leaf in named_leaves(inputs, "input")}
    layers = {layer.name: weight_named(module, layer.name) for layer in state.network.layers}
    scaling = state.data.scaling
    description = Description(
        model=session.model,
        num_classes=state.data.task.num_outputs,
        input_shape=shapes["input"] if isinstance(inputs, torch.Tensor) else shapes,
        mean=scaling.mean if scaling else None,
        std=scaling.std if scaling else None,
        output_key=state.data.task.key,
        class_names=state.data.class_names or None,
        is_pretrained=session.pretrained is not None,
        layers={name: tuple(weight.shape) for name, weight in layers.items()},
        session=session.name,
        checkpoint=checkpoint.path,
        stage=checkpoint.stage,
        accuracy=checkpoint.accuracy,
    )
    return Exported(module, inputs, description, state.data)
