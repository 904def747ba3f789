"""Trees of tensors have named leaves, and two of them a distance."""

import math

import pytest
import torch

from prune_tui.catalog.batches import Tree, mapped, num_examples, taken
from prune_tui.export.trees import named_leaves, relative_difference

TREE: Tree = {"a": torch.ones(2), "b": (torch.zeros(2), [torch.full((2,), 4.0)])}


def test_leaves_are_named_by_key_and_position() -> None:
    assert [name for name, _ in named_leaves(TREE, "input")] == ["a", "b_0", "b_1_0"]
    assert [name for name, _ in named_leaves(torch.ones(1), "input")] == ["input"]


def test_a_mapped_tree_has_the_form_of_the_old_one() -> None:
    doubled = mapped(TREE, lambda leaf: leaf * 2)
    assert isinstance(doubled, dict)
    assert isinstance(doubled["b"], tuple)
    assert isinstance(doubled["b"][1], list)
    assert [float(leaf[0]) for _, leaf in named_leaves(doubled, "")] == [2.0, 0.0, 8.0]


def test_a_batch_begins_again_where_it_is_too_short() -> None:
    batch = taken({"x": torch.arange(3)}, 5)
    assert [leaf.tolist() for _, leaf in named_leaves(batch, "")] == [[0, 1, 2, 0, 1]]
    assert num_examples(batch) == 5


def test_a_difference_is_relative_to_the_largest_of_its_tensor() -> None:
    reference = (torch.tensor([1.0, -4.0]), torch.tensor([100.0]))
    assert relative_difference(reference, reference) == 0
    assert relative_difference(reference, [torch.tensor([1.0, -5.0]), torch.tensor([101.0])]) == 0.25
    assert relative_difference(torch.zeros(2), torch.zeros(2)) == 0


@pytest.mark.parametrize(
    "outputs", [torch.ones(3), (torch.ones(2), torch.ones(2)), torch.ones(2, 1)], ids=["3", "pair", "2×1"]
)
def test_another_shape_is_infinitely_far(outputs: Tree) -> None:
    assert relative_difference(torch.ones(2), outputs) == math.inf


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_what_is_no_number_is_never_near(wrong: float) -> None:
    difference = relative_difference(
        (torch.ones(2), torch.ones(1)), (torch.tensor([1.0, wrong]), torch.ones(1))
    )
    assert not difference <= 1e30
