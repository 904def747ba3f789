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
SIZE = (100, 30)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.02)


async def take_pictures() -> None:
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
    async with app.run_test(size=SIZE) as pilot:

        async def done(num_decisions: int) -> None:
            await until(lambda: state.view.num_decisions == num_decisions and not state.jobs)
            await pilot.pause()

        await until(lambda: state.engine == "ready")
        await pilot.press("enter")
        await done(2)
        await pilot.press("f8", "enter", "up", "up", "enter", *"0.95", "enter", "up")
        await pilot.pause()
        await pilot.press("f8", "p")
        await done(3)
        await pilot.press("f8", "enter")
        await done(4)
        await pilot.press("f8")
        await pilot.pause()
    app.release()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        with chdir(folder):
            asyncio.run(take_pictures())
        TARGET.mkdir(exist_ok=True)
        for picture in sorted(Path(folder, "sessions").glob("*.svg")):
            target = TARGET / f"{picture.stem.rpartition('-')[2]}.svg"
            shutil.copyfile(picture, target)
            print(target)


if __name__ == "__main__":
    main()
