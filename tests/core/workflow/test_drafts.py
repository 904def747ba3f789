"""A plan comes back from its draft as it went, with goal and settings; a last prune is a draft too."""

from dataclasses import fields, replace

from prune_tui.core.planning.goal import Goal
from prune_tui.core.planning.plan_editor import new_plan, toggled_lock, undone, with_sparsity
from prune_tui.core.planning.settings import PlanSettings, settings_for
from prune_tui.core.planning.target import Target
from prune_tui.core.session.decisions import LoadDense, Prune
from prune_tui.core.session.draft import Draft, DraftSettings
from prune_tui.core.session.json import from_json, to_json
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Iterative, Rewinding
from prune_tui.core.session.session import Session
from prune_tui.core.workflow.drafts import (
    draft_of,
    draft_to_resume,
    goal_of_draft,
    plan_of_draft,
    settings_of,
)

SUGGESTED = {"a": 0.5, "b": 0.7, "c": 0.0}
RECIPE = Training(num_epochs=4, learning_rate=0.01)
SETTINGS = PlanSettings(
    criterion="l2",
    granularity="unit",
    scope="global",
    schedule=Iterative(num_rounds=4),
    num_epochs=0,
    learning_rate=0.02,
    start_from_pruned=True,
    finetuning=RECIPE,
    rewind=Rewinding(epoch=1),
)
FRESH = settings_for(RECIPE, tolerance_points=2.0)
SESSION = Session(name="s", model="lenet5", dataset="digits")


def in_a_file(draft: Draft) -> Draft:
    read = from_json(to_json(replace(SESSION, draft=draft)), source="s").draft
    assert read is not None
    return read


def test_every_setting_has_a_place_in_the_draft() -> None:
    assert {one.name for one in fields(PlanSettings)} == {one.name for one in fields(DraftSettings)}


def test_plan_goal_and_settings_come_back_from_the_file() -> None:
    plan = toggled_lock(with_sparsity(new_plan(list(SUGGESTED), SUGGESTED), "a", 0.925), "b")
    goal = Goal(Target("compression_ratio", 12.5), {"a": 0.9, "b": 0.7}, frozenset({"a"}))
    draft = in_a_file(draft_of(plan, goal, SETTINGS))
    back = plan_of_draft(draft, SUGGESTED)
    assert back.entries == plan.entries
    assert goal_of_draft(draft) == goal
    assert settings_of(draft) == SETTINGS
    assert undone(back).entries == new_plan(list(SUGGESTED), SUGGESTED).entries


def test_a_plan_without_edits_follows_a_newer_scan() -> None:
    draft = in_a_file(draft_of(new_plan(list(SUGGESTED), SUGGESTED), None, PlanSettings()))
    assert draft.plan is None
    newer = {"a": 0.1, "b": 0.2, "c": 0.3}
    assert plan_of_draft(draft, newer).entries == new_plan(list(newer), newer).entries


def test_a_draft_of_other_layers_is_left_alone() -> None:
    assert plan_of_draft(Draft(plan={"other": 0.5}), SUGGESTED).sparsities == {"a": 0.5, "b": 0.7}
    assert plan_of_draft(Draft(plan={"a": 0.5}), {}).entries == {}


def test_a_goal_that_can_not_be_read_any_more_is_dropped() -> None:
    goal = draft_of(None, Goal(Target("file_size", 1e5)), PlanSettings()).goal
    assert goal is not None
    assert goal_of_draft(Draft(goal=replace(goal, target="20 bananas"))) is None


def test_the_last_prune_is_resumed_where_there_is_no_draft() -> None:
    prune = Prune(
        plan={"a": 0.9},
        criterion="l2",
        schedule=Iterative(num_rounds=2),
        finetune=replace(RECIPE, num_epochs=9),
    )
    session = replace(SESSION, decisions=(LoadDense(), Prune(plan=0.1), prune))
    draft = draft_to_resume(session, FRESH)
    assert draft is not None
    assert plan_of_draft(draft, SUGGESTED).sparsities == {"a": 0.9}
    settings = settings_of(draft)
    assert (settings.criterion, settings.schedule) == ("l2", prune.schedule)
    assert (settings.num_epochs, settings.learning_rate) == (9, 0.01)
    assert settings.tolerance_points == 2.0
    left = Draft(plan={"b": 0.2})
    assert draft_to_resume(replace(session, draft=left), FRESH) == left
    assert draft_to_resume(SESSION, FRESH) is None


def test_one_sparsity_for_all_is_resumed_with_its_locks() -> None:
    prune = Prune(plan=0.75, scope="global", locked=("c",))
    draft = draft_to_resume(replace(SESSION, decisions=(LoadDense(), prune)), FRESH)
    plan = plan_of_draft(draft, SUGGESTED)
    assert [entry.sparsity for entry in plan.entries.values()] == [0.75] * 3
    assert [entry.is_locked for entry in plan.entries.values()] == [False, False, True]
    assert draft is not None
    assert settings_of(draft).num_epochs == 0
