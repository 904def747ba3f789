"""What people type for a number is read, or is none; it is never an error, whatever looks like a digit."""

import math
import sys

import pytest

from prune_tui.core.typed_numbers import decimal_number, whole_number

NO_NUMBERS = ["", " ", "²", "①", "٣", "１", "--5", "-1", "1_000", "x", "nan", "inf", "1e", "9" * 5000]


@pytest.mark.parametrize("text", [*NO_NUMBERS, "1.5", "1e3"])
def test_what_is_no_whole_number(text: str) -> None:
    assert whole_number(text) is None


@pytest.mark.parametrize("text", [*NO_NUMBERS, ".", "1.2.3", "e3", "1e999"])
def test_what_is_no_decimal_number(text: str) -> None:
    assert decimal_number(text) is None


@pytest.mark.parametrize(
    ("text", "number"), [("0.5", 0.5), (".5", 0.5), ("1.", 1), (" 12 ", 12), ("1e-05", 1e-5), ("1E3", 1e3)]
)
def test_what_is_one(text: str, number: float) -> None:
    assert decimal_number(text) == number


@pytest.mark.parametrize("number", [0, 7, 100_000, 2**32 - 1, 10**15 - 1])
def test_a_whole_number_is_read_as_it_is_written(number: int) -> None:
    assert whole_number(str(number)) == number


@pytest.mark.parametrize("number", [1e-12, 3e-4, 0.001, 0.999, 1, 97.5, 1e6, 1.5e12])
def test_a_decimal_number_is_read_as_settings_write_it(number: float) -> None:
    assert decimal_number(f"{number:g}") == float(f"{number:g}")


def test_no_letter_is_an_error() -> None:
    for code in range(sys.maxunicode + 1):
        letter = chr(code)
        number = whole_number(letter)
        assert (number is not None) == (letter in "0123456789")
        assert math.isfinite(decimal_number(letter) or 0.0)
