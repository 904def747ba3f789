"""Imports torchvision, once for the processes of all models that begin as copies of one."""

from prune_tui.catalog import torchvision_operators

torchvision_operators.ensure()

import torchvision.models  # noqa: E402, F401
