"""How a plan is carried out: 2:4, rewinding, and the recipe of fine-tuning."""

from pathlib import Path

import pytest

from prune_tui.core.session.decisions import Prune, TrainDense
from prune_tui.core.session.rounds import Rewinding
from prune_tui.core.workflow.step import Step
from tests.tui.helpers import Desk, open_desk


async def _asked(desk: Desk) -> None:
    await desk.press("s")
    await desk.until_drawn("enter apply")
    await desk.until(lambda: desk.app.screen.is_current)
    await desk.pilot.pause()


async def _choose(desk: Desk, id: str, value: str) -> None:
    """Turn a choice until its line says a value."""
    desk.app.screen.query_one(f"#{id}").focus()
    await desk.pilot.pause()
    for _ in range(20):
        if f"◂ {value} " in desk.drawn(f"#{id}"):
            return
        await desk.press("right")
    raise AssertionError(f"{id} has no {value}: {desk.drawn(f'#{id}')}")


async def _pruned(desk: Desk) -> Prune:
    await desk.to(Step.PLAN)
    await desk.press("p")
    await desk.to(Step.TRAIN)
    await desk.idle()
    assert isinstance(desk.last, Prune)
    return desk.last


async def _to_plan_of_a_trained_baseline(desk: Desk) -> None:
    await desk.press("T")
    await desk.type_into("#epochs", "4")
    await desk.to_plan()


async def test_the_optimizer_its_batches_and_their_decay(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await _asked(desk)
        await _choose(desk, "optimizer", "adamw")
        assert not desk.app.screen.query_one("#momentum-line").display
        await _choose(desk, "optimizer", "sgd")
        for id, value in (("momentum", "0.8"), ("weight_decay", "5e-4"), ("batch_size", "32")):
            await desk.type_into(f"#{id}", value)
        await desk.press("enter")
        recipe = (await _pruned(desk)).finetune
        assert recipe is not None
        assert (recipe.optimizer, recipe.momentum, recipe.weight_decay) == ("sgd", 0.8, 5e-4)
        assert recipe.batch_size == 32


@pytest.mark.parametrize(
    ("id", "value", "words"),
    [
        ("batch_size", "0", "the batch size is a whole number from 1"),
        ("momentum", "1", "momentum is a number from 0 to below 1"),
        ("weight_decay", "none", "weight decay is a number from 0"),
    ],
)
async def test_a_wrong_number_is_said_and_nothing_is_taken(
    tmp_path: Path, id: str, value: str, words: str
) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await _asked(desk)
        await _choose(desk, "optimizer", "sgd")
        await desk.type_into(f"#{id}", value)
        await desk.press("enter")
        assert words in desk.drawn("#reason")


async def test_the_time_it_takes_is_said_once_something_was_trained(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        assert "about" not in desk.drawn("#next")
        await _asked(desk)
        assert "in all" not in desk.drawn("#reason")
        await desk.press("escape")
        await _pruned(desk)
        await desk.press("3")
        await desk.to(Step.PLAN)
        assert ", about " in desk.drawn("#next")
        await _asked(desk)
        await _choose(desk, "schedule", "iterative")
        await desk.type_into("#rounds", "4")
        await desk.type_into("#epochs", "500")
        assert "2000 epochs in all, about " in desk.drawn("#reason")
        await desk.type_into("#epochs", "x")
        assert "in all" not in desk.drawn("#reason")


async def test_down_moves_through_every_line_of_a_low_terminal(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(80, 16)) as desk:
        await desk.to_plan()
        await _asked(desk)
        assert desk.is_drawn("prune by")
        seen = []
        for _ in range(40):
            assert desk.app.screen.focused is not None
            seen.append(desk.app.screen.focused.id)
            if seen[-1] == "precision":
                break
            await desk.press("down")
        assert seen[0] == "criterion"
        assert {"epochs", "optimizer", "batch_size"} <= set(seen)
        await desk.until_drawn("precision", "enter apply")


async def test_the_recipe_of_fine_tuning(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await _asked(desk)
        for id, value in (
            ("learning_rate_schedule", "step"),
            ("augmentation", "crop_flip"),
            ("precision", "bfloat16"),
        ):
            await _choose(desk, id, value)
        for id, value in (("distillation", "0.5"), ("label_smoothing", "0.1"), ("rate", "0.02")):
            await desk.type_into(f"#{id}", value)
        await desk.press("enter")
        recipe = (await _pruned(desk)).finetune
        assert recipe is not None
        assert recipe.learning_rate_schedule == "step"
        assert recipe.augmentation == "crop_flip"
        assert recipe.precision == "bfloat16"
        assert (recipe.distillation, recipe.label_smoothing, recipe.learning_rate) == (0.5, 0.1, 0.02)


async def test_numbers_out_of_range_say_what_would_be_right(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await _asked(desk)
        for id, wrong, right, words in (
            ("distillation", "1.5", "1", "from 0 to 1"),
            ("label_smoothing", "1", "0", "below 1"),
            ("distillation", "nan", "1", "from 0 to 1"),
            ("epochs", "x", "1", "epochs is a whole number"),
            ("rate", "²", "0.1", "above 0"),
            ("rate", "0", "0.1", "above 0"),
            ("rate", "fast", "0.1", "above 0"),
        ):
            await desk.type_into(f"#{id}", wrong)
            await desk.press("enter")
            assert words in desk.drawn("#reason")
            await desk.type_into(f"#{id}", right)
        await desk.press("enter")
        await desk.to(Step.PLAN)


@pytest.mark.parametrize("digit", ["²", "①"])
async def test_what_only_looks_like_a_number_of_epochs_says_so(tmp_path: Path, digit: str) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await _asked(desk)
        await desk.paste_into("#epochs", digit)
        await desk.press("enter")
        assert "epochs is a whole number" in desk.drawn("#reason")


async def test_a_field_that_is_hidden_does_not_matter(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await _asked(desk)
        await _choose(desk, "schedule", "iterative")
        await desk.pilot.pause()
        await desk.paste_into("#rounds", "²")
        await desk.press("enter")
        assert "number of rounds" in desk.drawn("#reason")
        await _choose(desk, "schedule", "one_shot")
        await desk.pilot.pause()
        await desk.press("enter")
        await desk.to(Step.PLAN)
        assert desk.drawn("#next").startswith("▶ prune and fine-tune")


async def test_rewinding_needs_a_baseline_trained_here(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await _asked(desk)
        await _choose(desk, "retrain", "weights")
        await desk.pilot.pause()
        assert "trained here" in desk.screen_text()
        await desk.press("enter")
        assert desk.is_drawn("enter apply")
        await desk.press("escape")
        await desk.to(Step.PLAN)
        assert "rewind" not in desk.drawn("#settings")


async def test_weights_are_rewound_to_an_epoch_that_was_kept(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await _to_plan_of_a_trained_baseline(desk)
        baseline = desk.script.performed[0]
        assert isinstance(baseline, TrainDense)
        assert baseline.kept_epochs == (1,)
        await _asked(desk)
        assert desk.is_drawn("smoothing")
        await _choose(desk, "retrain", "weights")
        await desk.pilot.pause()
        assert not desk.is_drawn("smoothing")
        await _choose(desk, "epoch", "1")
        await desk.press("enter")
        await desk.to(Step.PLAN)
        assert "rewind weights to epoch 1" in desk.drawn("#next")
        prune = await _pruned(desk)
        assert prune.rewind == Rewinding(to="weights", epoch=1)
        assert prune.finetune is None


async def test_the_learning_rate_is_rewound_to_any_epoch(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _to_plan_of_a_trained_baseline(desk)
        await _asked(desk)
        await _choose(desk, "retrain", "rate")
        await desk.pilot.pause()
        await _choose(desk, "epoch", "3")
        await desk.press("enter")
        assert (await _pruned(desk)).rewind == Rewinding(to="learning_rate", epoch=3)


async def test_blocks_take_any_scope_and_schedule(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await _asked(desk)
        await _choose(desk, "granularity", "block_16")
        await desk.pilot.pause()
        assert desk.is_drawn("block_16", "16×1 blocks: one input, sixteen outputs")
        await _choose(desk, "scope", "global")
        await _choose(desk, "schedule", "iterative")
        await desk.press("enter")
        prune = await _pruned(desk)
        assert (prune.granularity, prune.scope, prune.schedule.num_rounds) == ("block_16", "global", 3)


async def test_two_of_four_leaves_no_choice_of_scope_and_schedule(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await desk.to_plan()
        await _asked(desk)
        await _choose(desk, "scope", "global")
        await _choose(desk, "schedule", "iterative")
        await _choose(desk, "granularity", "n_m")
        await desk.pilot.pause()
        assert not desk.is_drawn("scope")
        assert not desk.is_drawn("schedule")
        assert desk.is_drawn("n_m", "start from")
        await desk.press("enter")
        prune = await _pruned(desk)
        assert (prune.granularity, prune.scope, prune.schedule.num_rounds) == ("n_m", "layer", 1)


async def test_all_of_it_can_be_reached_in_a_small_terminal(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await _asked(desk)
        await _choose(desk, "schedule", "iterative")
        screen = desk.app.screen
        for widget in screen.focus_chain:
            widget.focus()
            await desk.pilot.pause()
            assert widget.region.height == 1
            assert screen.region.contains_region(widget.region)
            assert desk.drawn(f"#{widget.id}")
        assert "enter apply" in desk.screen_text()
