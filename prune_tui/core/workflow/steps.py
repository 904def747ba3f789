"""The five steps of the app, and which of them a session has the input for."""

from prune_tui.core.run.view import View
from prune_tui.core.session.decisions import Decision, Scan
from prune_tui.core.session.legal import RULES, facts_after
from prune_tui.core.session.session import Session
from prune_tui.core.workflow.step import Step


def has_baseline(session: Session | None) -> bool:
    """Return whether a dense baseline has been trained or loaded."""
    return session is not None and "dense" in facts_after(session.decisions)


def is_pruning(view: View) -> bool:
    """Return whether the network is being pruned or retrained right now."""
    return view.running is not None and RULES[view.running.kind].changes_pruned


def reachable_steps(session: Session | None, view: View) -> frozenset[Step]:
    """Return the steps whose input exists."""
    is_open = session is not None
    has_plan = is_open and view.is_ready and has_baseline(session)
    has_run = is_open and (view.counted is not None or is_pruning(view))
    has_result = is_open and view.counted is not None and not is_pruning(view)
    has_input = {
        Step.PICK: True,
        Step.SCAN: is_open,
        Step.PLAN: has_plan,
        Step.TRAIN: has_run,
        Step.SAVE: has_result,
    }
    return frozenset(step for step, exists in has_input.items() if exists)


def resume_step(session: Session, view: View) -> Step:
    """Return the step at which a resumed session continues: the furthest with results."""
    if view.report.pruned is not None:
        return Step.SAVE
    if view.counted is not None:
        return Step.TRAIN
    return Step.PLAN if view.report.scan is not None and has_baseline(session) else Step.SCAN


def follows_by_itself(
    done: Decision | None, session: Session, view: View, *, baseline: Decision, scan: Scan
) -> Decision | None:
    """Return what follows without being asked for, after a decision or, None done, after opening a session.

    A session without a baseline is given one, and a baseline its scan.
    """
    if done is not None:
        return scan if "dense" in RULES[done.kind].provides else None
    if not has_baseline(session):
        return baseline
    return scan if resume_step(session, view) is Step.SCAN else None
