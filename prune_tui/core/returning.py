"""A generator whose events are looped over and whose return value is wanted, too."""

from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

Told = TypeVar("Told")
Returned = TypeVar("Returned")


class Returning(Generic[Told, Returned]):
    """Loops over a generator once; `value` is what it returned."""

    def __init__(self, generator: Generator[Told, None, Returned]) -> None:
        self._generator = generator
        self._values: list[Returned] = []

    def __iter__(self) -> Iterator[Told]:
        self._values.append((yield from self._generator))

    @property
    def value(self) -> Returned:
        """What the generator returned; it must have been looped over to its end."""
        return self._values[0]


def drained(generator: Generator[object, None, Returned]) -> Returned:
    """Run a generator to its end, and return what it returns."""
    returning = Returning(generator)
    for _ in returning:
        pass
    return returning.value
