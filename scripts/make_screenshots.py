"""Takes the README's pictures of the real app on the bundled pair: `python scripts/make_screenshots.py`."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

from prune_tui.tui.app import PruneApp
from prune_tui.tui.options import Options

TARGET = Path("assets")
SIZES = {"": (100, 30), "wide-": (200, 60)}
"""The size of the terminal by what the names of its pictures begin with."""

WIDE = ("plan", "save")
"""The steps that are also pictured in a wide terminal."""


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.02)


async def take_pictures(size: tuple[int, int]) -> None:
    options = Options(
        model=None,
        dataset=None,
        weights=None,
        data_dir=None,
        sessions_dir=Path("sessions"),
        device="cpu",
        num_threads=1,
        seed=0,
        resume=None,
    )
    app = PruneApp(options)
    state = app.state
    async with app.run_test(size=size) as pilot:

        async def done(num_decisions: int) -> None:
            await until(lambda: state.view.num_decisions == num_decisions and not state.jobs)
            await pilot.pause()

        await until(lambda: state.engine == "ready")
        await pilot.press("enter")
        await done(2)
        await pilot.press("f8", "enter", "up", "up", "enter", *"0.95", "enter", "up")
        await until(lambda: any(plan.is_complete for plan in state.view.measured_plans[1:]))
        await pilot.pause()
        await pilot.press("f8", "p")
        await done(3)
        await pilot.press("f8", "enter")
        await done(4)
        await pilot.press("f8")
        await pilot.pause()
    app.release()


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    for prefix, size in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            with chdir(folder):
                asyncio.run(take_pictures(size))
            for picture in sorted(Path(folder, "sessions").glob("*.svg")):
                step = picture.stem.rpartition("-")[2]
                if not prefix or step in WIDE:
                    target = TARGET / f"{prefix}{step}.svg"
                    shutil.copyfile(picture, target)
                    print(target)


if __name__ == "__main__":
    main()
