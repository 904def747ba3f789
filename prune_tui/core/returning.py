"""Loops over a generator without losing its return value."""

from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

Yielded = TypeVar("Yielded")
Returned = TypeVar("Returned")


class Returning(Generic[Yielded, Returned]):
    """An iterable over a generator, to be looped over once; `value` is what the generator returned."""

    def __init__(self, generator: Generator[Yielded, None, Returned]) -> None:
        self._generator = generator
        self._values: list[Returned] = []

    def __iter__(self) -> Iterator[Yielded]:
        self._values.append((yield from self._generator))

    @property
    def value(self) -> Returned:
        """What the generator returned; only known once the loop has ended."""
        return self._values[0]


def drained(generator: Generator[object, None, Returned]) -> Returned:
    """Run a generator to its end, and return what it returns."""
    returning = Returning(generator)
    for _ in returning:
        pass
    return returning.value
