"""Every task scores as its formula written out example by example, and its losses are means."""

import pytest
import torch
from torch import nn

from prune_tui.catalog.batches import Batch, Tree
from prune_tui.catalog.tasks.classification import Classification, MultiLabel
from prune_tui.catalog.tasks.own import OwnTask
from prune_tui.catalog.tasks.regression import Regression, variances_of
from prune_tui.catalog.tasks.segmentation import IGNORED, Segmentation
from prune_tui.catalog.tasks.task import Task, tensor
from prune_tui.core.errors import DataError, ModelError


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def batch(targets: torch.Tensor) -> Batch:
    return Batch(torch.zeros(len(targets), 1), targets)


def f1(predicted: set[int], true: set[int]) -> float:
    if not predicted and not true:
        return 1.0
    both = len(predicted & true)
    precision = both / len(predicted) if predicted else 0.0
    recall = both / len(true) if true else 0.0
    return 2 * precision * recall / (precision + recall) if both else 0.0


@pytest.mark.parametrize("kind", [torch.bool, torch.int64, torch.float32])
def test_f1_is_of_each_example(kind: torch.dtype) -> None:
    logits = torch.randn(200, 4)
    targets = torch.rand(200, 4) < 0.3
    scores = MultiLabel(4).scores(logits, batch(targets.to(kind)))
    for row, target, score in zip(logits, targets, scores.tolist(), strict=True):
        predicted = {place for place, value in enumerate(row.tolist()) if value > 0}
        assert score == pytest.approx(
            f1(predicted, {at for at, is_on in enumerate(target.tolist()) if is_on})
        )
    loss = MultiLabel(4).loss(logits, batch(targets.to(kind)))
    shares = torch.sigmoid(logits)
    wanted = -(targets * shares.log() + ~targets * (1 - shares).log()).mean()
    assert float(loss) == pytest.approx(float(wanted), rel=1e-5)


@pytest.mark.parametrize("kind", [torch.uint8, torch.int32, torch.int64])
def test_miou_is_of_each_image(kind: torch.dtype) -> None:
    logits, labels = torch.randn(20, 3, 5, 6), torch.randint(0, 3, (20, 5, 6))
    labels[torch.rand(labels.shape) < 0.2] = IGNORED
    labels[0][labels[0] != IGNORED] = 1
    scores = Segmentation(3).scores(logits, batch(labels.to(kind)))
    for image, truth, score in zip(logits.argmax(dim=1), labels, scores.tolist(), strict=True):
        counted = truth != IGNORED
        overlaps = []
        for label in range(3):
            predicted, true = (image == label) & counted, (truth == label) & counted
            union = int((predicted | true).sum())
            if union:
                overlaps.append(int((predicted & true).sum()) / union)
        assert score == pytest.approx(sum(overlaps) / len(overlaps))
    loss = Segmentation(3).loss(logits, batch(labels.to(kind)))
    by_pixel = -logits.log_softmax(dim=1).gather(1, labels.clamp_max(2).unsqueeze(1)).squeeze(1)
    assert float(loss) == pytest.approx(float(by_pixel[labels != IGNORED].mean()), rel=1e-5)


def test_a_perfect_map_scores_1() -> None:
    labels = torch.randint(0, 4, (6, 7, 8))
    logits = nn.functional.one_hot(labels, 4).permute(0, 3, 1, 2).float()
    assert torch.equal(Segmentation(4).scores(logits, batch(labels)), torch.ones(6))


@pytest.mark.parametrize("shape", [(400,), (400, 1), (400, 3)])
def test_r2_is_against_the_variance_of_the_training_targets(shape: tuple[int, ...]) -> None:
    train = torch.randn(shape) * torch.tensor([1.0, 5.0, 0.1])[: shape[-1] if len(shape) > 1 else 1] + 3
    task = Regression(None, None, variances_of(train))
    predicted = train + 0.3 * torch.randn(shape)
    columns = list(zip(train.reshape(400, -1).T, predicted.reshape(400, -1).T, strict=True))
    wanted = [
        1 - float((true - guess).square().sum() / (true - true.mean()).square().sum())
        for true, guess in columns
    ]
    assert float(task.scores(predicted, batch(train)).mean()) == pytest.approx(
        sum(wanted) / len(wanted), abs=1e-4
    )
    mean = train.mean(dim=0, keepdim=True).expand(shape)
    assert float(task.scores(mean, batch(train)).mean()) == pytest.approx(0, abs=1e-4)
    assert torch.equal(task.scores(train, batch(train)), torch.ones(400))
    assert float(task.loss(predicted, batch(train))) == pytest.approx(
        float((predicted - train).square().mean())
    )


def test_one_value_may_stand_in_a_column_and_other_shapes_are_refused() -> None:
    task = Regression(1, None, (2.0,))
    column, row = torch.randn(5, 1), torch.randn(5)
    assert torch.equal(task.scores(column, batch(row)), task.scores(column.squeeze(1), batch(row)))
    assert task.scores(column, batch(row)).shape == (5,)
    with pytest.raises(ModelError, match=r"puts out \[5, 2, 3\] for targets of \[5, 3, 2\]"):
        task.loss(torch.zeros(5, 2, 3), batch(torch.zeros(5, 3, 2)))
    with pytest.raises(ModelError, match="the same values for each example"):
        task.scores(torch.zeros(6), batch(torch.zeros(5)))


def test_a_constant_target_can_be_divided_by() -> None:
    assert variances_of(torch.full((9,), 4)) == (1.0,)


@pytest.mark.parametrize("kind", [torch.uint8, torch.int32, torch.int64])
def test_classes_are_counted_right(kind: torch.dtype) -> None:
    logits, labels = torch.randn(50, 4), torch.randint(0, 4, (50,))
    task, examples = Classification(4), batch(labels.to(kind))
    assert task.scores(logits, examples).tolist() == [
        max(range(4), key=row.__getitem__) == label
        for row, label in zip(logits.tolist(), labels.tolist(), strict=True)
    ]
    assert float(task.total_loss(logits, examples)) == pytest.approx(50 * float(task.loss(logits, examples)))


def test_a_function_of_ones_own_scores_each_example_or_the_batch() -> None:
    def each(outputs: Tree, examples: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        errors = (tensor(outputs) - tensor(examples.targets)).abs()
        return errors.mean(), 1 - errors

    def whole(outputs: Tree, examples: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        loss, scores = each(outputs, examples)
        return loss, scores.mean()

    outputs, examples = torch.rand(8), batch(torch.rand(8))
    errors = (outputs - tensor(examples.targets)).abs()
    assert torch.equal(OwnTask(None, None, each).scores(outputs, examples), 1 - errors)
    assert torch.allclose(OwnTask(None, None, whole).scores(outputs, examples), (1 - errors).mean().expand(8))
    assert torch.equal(OwnTask(None, None, each).loss(outputs, examples), errors.mean())
    assert OwnTask(None, "out", each).picked({"out": outputs, "aux": 0}) is outputs


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (torch.zeros(()), "must return \\(loss, score\\)"),
        ((torch.zeros(8), torch.zeros(8)), "a scalar and \\[8\\] are wanted"),
        ((torch.zeros(()), torch.zeros(3)), "a scalar and \\[8\\] are wanted"),
    ],
)
def test_an_answer_that_is_none_says_so(answer: object, message: str) -> None:
    task = OwnTask(None, None, lambda _outputs, _batch: answer)  # type: ignore[arg-type, return-value]
    with pytest.raises(DataError, match=message):
        task.loss(torch.zeros(8), batch(torch.zeros(8)))


TASKS: list[tuple[Task, torch.Tensor, torch.Tensor]] = [
    (Classification(4), torch.randn(6, 4), torch.zeros(6, dtype=torch.int64)),
    (MultiLabel(4), torch.randn(6, 4), torch.zeros(6, 4)),
    (Regression(2, None, (1.0, 1.0)), torch.randn(6, 2), torch.zeros(6, 2)),
    (Segmentation(3), torch.randn(6, 3, 2, 2), torch.zeros(6, 2, 2, dtype=torch.int64)),
]


@pytest.mark.parametrize(("task", "outputs", "targets"), TASKS)
def test_the_laws_of_every_task(task: Task, outputs: torch.Tensor, targets: torch.Tensor) -> None:
    examples = batch(targets)
    assert task.loss(outputs, examples).dim() == 0
    scores = task.scores(outputs, examples)
    assert scores.shape == (6,)
    assert float(scores.float().max()) <= 1
    order = torch.tensor([3, 1, 0, 5, 2, 4])
    assert torch.equal(task.scores(outputs[order], batch(targets[order])), scores[order])
    assert task.signal(outputs).shape == (6, outputs[0].numel())
    assert float(task.imitation(outputs, outputs)) == pytest.approx(0, abs=1e-6)
    assert float(task.imitation(outputs, outputs + torch.randn_like(outputs))) > 0
    assert float(task.total_loss(outputs, examples)) == pytest.approx(
        6 * float(task.loss(outputs, examples)), rel=1e-5
    )


def test_the_score_of_guessing_is_known_where_it_can_be() -> None:
    assert Classification(4).chance == 0.25
    assert Classification().chance is None
    assert Regression().chance == 0.0
    assert Segmentation(4).chance is None
