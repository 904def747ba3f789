"""Shows the app over the fake runner: `python -m tests.tui.demo`."""

import os
import tempfile
from pathlib import Path

from prune_tui.core.network import LayerInfo
from prune_tui.tui.app import PruneApp
from prune_tui.tui.options import Options
from tests.tui.fake_runner import Script, maker
from tests.tui.made_up_network import LAYERS


def demo_app(folder: Path, *, seconds_a_step: float = 0.05, num_layers: int = 0) -> PruneApp:
    """An app over the fake runner, at a pace that can be watched; `num_layers` makes a deep network."""
    deep = tuple(
        LayerInfo(
            f"layer{at // 6 + 1}.{at % 6}.conv{at % 2 + 1}",
            "conv 3×3, 64→64",
            36_864 * (1 + at),
            64,
            1_000_000,
        )
        for at in range(num_layers)
    )
    options = Options(
        model=None,
        dataset=None,
        weights=None,
        data_dir=None,
        sessions_dir=folder,
        device="cpu",
        num_threads=None,
        seed=0,
        resume=None,
    )
    script = Script(layers=deep or LAYERS, seconds_a_step=seconds_a_step)
    return PruneApp(options, make_runner=maker(script, folder))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        app = demo_app(Path(folder), num_layers=int(os.environ.get("LAYERS", "0")))
        app.run()
        app.release()
