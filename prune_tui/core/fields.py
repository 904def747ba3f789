"""The building blocks of session data: a strict base class, and annotations that restrict what a field takes.

Session data are plain dataclasses, so that a screen can use them without importing a validator. pydantic
reads these annotations where JSON is parsed (`core.session.json`).
"""

from typing import Annotated, Any, ClassVar, Final

from annotated_types import Ge, Gt, Le, Lt, MinLen


class Data:
    """The base of all data in a session file; unknown fields and non-finite numbers are errors."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "allow_inf_nan": False}


class Pattern:
    """A regular expression that a string in a file must match."""

    def __init__(self, pattern: str) -> None:
        self.pattern: Final = pattern

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return {**handler(source), "pattern": self.pattern}


class TaggedBy:
    """The field whose value selects the member of a union."""

    def __init__(self, field: str) -> None:
        self.field: Final = field

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import Field

        return handler.generate_schema(Annotated[source, Field(discriminator=self.field)])


Sparsity = Annotated[float, Ge(0.0), Lt(1.0)]
"""Zeros / prunable weights of the dense layer; below 1, because 1 would cut the network in two."""

Fraction = Annotated[float, Ge(0.0), Le(1.0)]
BelowOne = Annotated[float, Ge(0.0), Lt(1.0)]
NotNegative = Annotated[float, Ge(0.0)]
AboveZero = Annotated[float, Gt(0.0)]
Points = Annotated[float, Gt(0.0), Le(100.0)]
"""Percentage points of accuracy."""

Count = Annotated[int, Ge(0)]
Positive = Annotated[int, Ge(1)]
Seed = Annotated[int, Ge(0), Lt(2**32)]
Sha256 = Annotated[str, Pattern(r"^[0-9a-f]{64}$")]
AtLeastOne: Final = MinLen(1)
