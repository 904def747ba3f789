"""Makes a dataset of what a user's function returns."""

from collections.abc import Callable, Generator, Sequence

from prune_tui.catalog.batches import Split
from prune_tui.catalog.datasets import DatasetEntry
from prune_tui.catalog.datasets.images import Data, Scaling, Wanted, split_off, split_validation
from prune_tui.catalog.datasets.own.returned import HELP, Returned, fields_of, split_of
from prune_tui.catalog.datasets.own.seeding import seeded
from prune_tui.catalog.datasets.own.tasks import check_targets, task_of
from prune_tui.catalog.datasets.own.trees import kind_of
from prune_tui.catalog.lookup import load_function
from prune_tui.catalog.said import said
from prune_tui.core.errors import DataError, PruneTuiError
from prune_tui.core.run.events import DataProgress

TEST_SHARE = 5
"""One example in five is for testing, where nothing else is."""


def load_own(entry: DatasetEntry, wanted: Wanted) -> Generator[DataProgress, None, Data]:
    """Call the function that the entry refers to, and make a dataset of what it returns.

    Raises:
        DataError: the function fails, or returns what is no dataset.
    """
    assert entry.code is not None
    factory = wanted.factory or load_code(entry.code)
    yield DataProgress(f"calling {entry.name}", 0, None)
    with seeded(wanted.seed):
        try:
            returned = factory()
        except PruneTuiError:
            raise
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            raise DataError(f"{entry.name} fails: {said(error)}") from None
    try:
        return found_in(returned, seed=wanted.seed, memory_bytes=wanted.memory_bytes)
    except DataError as error:
        raise DataError(f"{entry.name}: {error}") from None


def load_code(reference: str) -> Callable[[], object]:
    """Return the function that code of the user's own refers to.

    Raises:
        DataError: it is in a file, which only a caller that may run it loads.
    """
    if ".py" in (reference[-3:], reference.rpartition(":")[0][-3:]):
        raise DataError(f"{reference} may not run: --allow-code lets it")
    function: Callable[[], object] = load_function(reference)
    return function


def found_in(returned: object, *, seed: int, memory_bytes: int) -> Data:
    """Return all the data there are in what a user's function returned.

    A split that is missing is drawn from the training examples by the seed: a fifth tests, a tenth of the
    rest validates. Items of data sets are not read, but for a sample of their targets.

    Raises:
        DataError: it is no dataset; the message says what is wanted.
    """
    given = fields_of(returned)
    rest: dict[str, Split] = {}
    with seeded(seed):  # what only yields one item after another is read here
        train = split_of("train", given.train, given, memory_bytes=memory_bytes)
        for name, other in (("validation", given.validation), ("test", given.test)):
            if other is not None:
                rest[name] = split_of(name, other, given, memory_bytes=memory_bytes)
    task = task_of(given, train, seed=seed)
    for name, split in (("train", train), *rest.items()):
        check_targets(task, split, name=name)
    num_missing = 2 - len(rest)
    if len(train) < 1 + num_missing:
        raise DataError(f"train has {len(train)} examples: too few to take others from")
    if "test" not in rest:
        train, rest["test"] = split_off(train, max(1, len(train) // TEST_SHARE), seed)
    if "validation" not in rest:
        train, rest["validation"] = split_validation(train, seed)
    return Data(
        train,
        rest["validation"],
        rest["test"],
        task,
        _scaling(given),
        class_names=_class_names(given, task.num_outputs),
    )


def _scaling(given: Returned) -> Scaling | None:
    if given.mean is None and given.std is None:
        return None
    mean, std = _numbers(given.mean, "mean"), _numbers(given.std, "std")
    if len(mean) != len(std) or min(std) <= 0:
        raise DataError("`mean` and `std` need one number for each channel, and no std of 0")
    return Scaling(mean, std)


def _numbers(given: object, name: str) -> tuple[float, ...]:
    values = given.tolist() if hasattr(given, "tolist") else given
    if isinstance(values, int | float):
        return (float(values),)
    if isinstance(values, Sequence) and values and all(isinstance(value, int | float) for value in values):
        return tuple(float(value) for value in values)
    raise DataError(f"`{name}` is {kind_of(given)}: one number for each channel is wanted; {HELP}")


def _class_names(given: Returned, num_classes: int | None) -> tuple[str, ...]:
    if not isinstance(given.class_names, tuple | list):
        raise DataError(f"`class_names` is {kind_of(given.class_names)}: a list of names is wanted; {HELP}")
    names = tuple(str(name) for name in given.class_names)
    if names and num_classes is not None and len(names) != num_classes:
        raise DataError(f"there are {len(names)} `class_names` for {num_classes} classes")
    return names
