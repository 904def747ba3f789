"""A sweep is asked for: methods are ticked, and what makes no sense says why."""

from pathlib import Path

from prune_tui.core.session.decisions import Method, Sweep
from prune_tui.core.workflow.step import Step
from tests.tui.helpers import Desk, open_desk


async def asked(desk: Desk) -> None:
    """Scan, and ask for a sweep."""
    await desk.scan()
    await desk.press("v")
    await desk.until_drawn("enter sweep")
    await desk.until(lambda: desk.app.screen.is_current)
    await desk.pilot.pause()


async def test_enter_takes_the_defaults(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await asked(desk)
        assert "3 methods × 9 sparsities = 27" in desk.drawn("#reason")
        await desk.press("enter")
        await desk.performed(3)
        methods = (Method(), Method(granularity="unit"), Method(criterion="random"))
        assert desk.last == Sweep(methods=methods)


async def test_what_is_chosen_becomes_the_decision(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await asked(desk)
        await desk.press("space", "down", "space", "right", "space")
        assert "4 methods" in desk.drawn("#reason")
        await desk.press(*["down"] * 7)
        await desk.press("end", *["backspace"] * 40, *"90 50")
        assert "× 2 sparsities" in desk.drawn("#reason")
        await desk.press("down", "end", "backspace", "2", "down", "right", "down", "space")
        assert "each fine-tuned for 2" in desk.drawn("#reason")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(3)
        sweep = desk.last
        assert isinstance(sweep, Sweep)
        assert sweep.methods == (
            Method(granularity="unit"),
            Method(criterion="l2"),
            Method(criterion="l2", scope="global"),
            Method(criterion="random"),
        )
        assert sweep.sparsities == (0.5, 0.9)
        assert sweep.finetune is not None
        assert sweep.finetune.num_epochs == 2
        assert sweep.from_scratch is not None
        assert sweep.modes == ("sparse", "shrunk")
        assert sweep.batch_sizes == (1, 64)
        assert "from scratch" in desk.drawn("#legend")
        assert float(desk.cell("l1 unit, shrunk 90 %", "latency", table="points")) > 0


async def test_what_makes_no_sense_says_why(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await asked(desk)
        await desk.type_into("#sparsities", "50, 120")
        assert "120 % can't be pruned" in desk.drawn("#reason")
        await desk.press("enter")
        assert desk.step is None
        await desk.type_into("#sparsities", "50")
        assert "3 methods × 1 sparsit" in desk.drawn("#reason")
        desk.app.screen.query_one("#methods").focus()
        await desk.press("space", "right", "right", "space")
        await desk.press("left", "left", *["down"] * 6, "space", "enter")
        assert "tick a method" in desk.drawn("#reason")
        await desk.press("right", "space")
        assert "a control" in desk.drawn("#reason")
        await desk.press("escape")
        await desk.to(Step.SCAN)
        await desk.press("t")
        assert "v chooses the methods" in desk.screen_text()
        assert not any(isinstance(one, Sweep) for one in desk.script.performed)


async def test_what_only_looks_like_a_number_of_epochs_says_so(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await asked(desk)
        await desk.paste_into("#epochs", "²")
        await desk.press("enter")
        assert "number of epochs is a whole number" in desk.drawn("#reason")


async def test_methods_are_ticked_by_mouse(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await asked(desk)
        await desk.pilot.click("#methods", offset=(18, 3))
        assert "4 methods" in desk.drawn("#reason")
        await desk.pilot.click("#methods", offset=(66, 2))
        assert "5 methods" in desk.drawn("#reason")
        await desk.press("enter")
        await desk.performed(3)
        assert isinstance(desk.last, Sweep)
        assert Method(granularity="block_16", scope="global") in desk.last.methods


async def test_the_dialog_fits(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await asked(desk)
        lines = desk.screen_text().splitlines()
        top = next(at for at, line in enumerate(lines) if "16×1 block" in line)
        above, scopes, first = lines[top : top + 3]
        assert " ".join(above.split()).endswith("weight unit 4×1 block 16×1 block")
        assert " ".join(scopes.split()).endswith(" ".join(["layer", "global"] * 4))
        assert first.count("[ ]") + first.count("[x]") == 8
        assert scopes.index("layer  global") == above.index("weight") == first.index("[x]") - 1
        assert scopes.rindex("layer") == above.index("16×1") == first.index("[", above.index("16×1")) - 1
        assert desk.is_drawn("largest", "sparsities %", "time them", "enter sweep")


async def test_blocks_are_swept_and_timed_as_sparse_matrices(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await asked(desk)
        await desk.press("space", *["right"] * 2, "space", *["right"] * 2, "space", *["left"] * 4)
        await desk.press(*["down"] * 6, "space", *["right"] * 5)
        assert "a control" in desk.drawn("#reason")
        await desk.type_into("#sparsities", "90")
        await desk.press("down", "down", "down", "space", "enter")
        await desk.performed(3)
        assert isinstance(desk.last, Sweep)
        assert (desk.last.methods, desk.last.modes) == ((Method(granularity="block_4"),), ("sparse",))
        assert float(desk.cell("l1 4×1 block, sparse 90 %", "latency", table="points")) > 0
