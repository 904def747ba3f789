"""What each operation of torch does to the units that its tensors carry: one table."""

from collections.abc import Mapping

from prune_tui.coupling.call import Rule
from prune_tui.coupling.rules import alongs, joins, pointwise, products, shapes

RULES: Mapping[str, Rule] = {
    **alongs.RULES,
    **joins.RULES,
    **pointwise.RULES,
    **products.RULES,
    **shapes.RULES,
}
"""The rules by the operation's name, without the overload and without the underscore of those in place."""
