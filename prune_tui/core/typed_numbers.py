"""Reads the numbers that people type in fields: what is none gives None, and never an error."""

import re
from typing import Final

MAX_EPOCHS: Final = 100_000
_WHOLE: Final = re.compile(r"\d{1,15}", re.ASCII)
_DECIMAL: Final = re.compile(r"(\d{1,15}\.?\d{0,15}|\.\d{1,15})(e[-+]?\d{1,2})?", re.ASCII | re.IGNORECASE)


def whole_number(text: str) -> int | None:
    """Read a whole number from 0: `12`. Signs that only look like digits, such as `²` or `①`, are none."""
    digits = text.strip()
    return int(digits) if _WHOLE.fullmatch(digits) else None


def decimal_number(text: str) -> float | None:
    """Read a number from 0 with a decimal point, if any: `0.5`, `.5`, `1e-3`."""
    digits = text.strip()
    return float(digits) if _DECIMAL.fullmatch(digits) else None
