"""The base of all data that is kept in a session: frozen, and strict about unknown fields."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """An immutable value; unknown fields and non-finite numbers are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Sparsity = Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)]
"""Zeros / prunable weights, absolute against the dense layer; 1 would cut the network in two."""

Fraction = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
