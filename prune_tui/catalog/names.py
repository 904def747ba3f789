"""Checks that every name in a session is one that the catalog has, before any work begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prune_tui.catalog.criteria import criterion_entry
from prune_tui.catalog.datasets import dataset_entry
from prune_tui.catalog.models import model_entry
from prune_tui.catalog.models.inputs import image_shape_for
from prune_tui.catalog.schedules import steps_entry
from prune_tui.core.errors import PruneTuiError, SessionError

if TYPE_CHECKING:
    from prune_tui.core.session.session import Session


def check_names(session: Session, *, source: str) -> None:
    """Look up every name in the session except those of layers, which only a network knows.

    Raises:
        SessionError: there is no such name; the message begins with `source`.
    """
    try:
        _look_up_names(session)
    except PruneTuiError as error:
        raise SessionError(f"{source}: {error}") from None


def _look_up_names(session: Session) -> None:
    model, dataset = model_entry(session.model), dataset_entry(session.dataset)
    if session.pretrained is not None and not model.can_be_pretrained:
        raise SessionError(f"there are no published weights of {model.name}: leave pretrained out")
    if model.image_shape is not None:
        image_shape_for(model, dataset.image_shape, image_size=session.image_size)
    for decision in session.decisions:
        for criterion in decision.criteria:
            criterion_entry(criterion)
        for schedule in decision.schedules:
            if schedule.name == "iterative":
                steps_entry(schedule.steps)
