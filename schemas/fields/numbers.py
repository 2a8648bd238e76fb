"""Numbers, and yes or no."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from schemas import money, storable
from schemas.fields.told import Told, Tools, refuse


class Truth(Told, fields.Boolean):
    """True or false, and nothing that merely looks so."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if type(value) is not bool:
            raise refuse("not-true-or-false")
        return value

    def unchanged(self, value: str, tools: Tools) -> str:
        return f"({value} is True or {value} is False)"


def whole_of(value: Any, lowest: int, highest: int) -> int:
    """`value` as an integer; 23.0 is 23, since JSON knows no difference. Raises ValidationError."""
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise refuse("not-a-whole-number")
    if not lowest <= value <= highest:
        raise refuse(f"out-of-range:{lowest}:{highest}")
    return value


class Whole(Told, fields.Integer):
    """An integer from `lowest` to `highest`."""

    def __init__(self, lowest: int, highest: int, **told: Any) -> None:
        super().__init__(shape={"minimum": lowest, "maximum": highest}, **told)
        self.lowest, self.highest = lowest, highest

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        return whole_of(value, self.lowest, self.highest)

    def unchanged(self, value: str, tools: Tools) -> str:
        return f"type({value}) is int and {self.lowest} <= {value} <= {self.highest}"


def rupiah(**told: Any) -> Whole:
    return Whole(0, money.MAX_RUPIAH, **told)


class OneOfWhole(Told, fields.Integer):
    """One of a few integers."""

    def __init__(self, *numbers: int, **told: Any) -> None:
        super().__init__(shape={"enum": list(numbers)}, **told)
        self.numbers = numbers

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        number = whole_of(value, -storable.MAX_NUMBER, storable.MAX_NUMBER)
        if number not in self.numbers:
            raise refuse("not-one-of:" + " | ".join(map(str, self.numbers)))
        return number

    def unchanged(self, value: str, tools: Tools) -> str:
        return f"type({value}) is int and {value} in {{{', '.join(map(str, self.numbers))}}}"


class Real(Told, fields.Float):
    """A number, whole or not, from `lowest` to `highest`; a whole one is kept as an integer."""

    def __init__(self, lowest: int, highest: int, **told: Any) -> None:
        super().__init__(shape={"minimum": lowest, "maximum": highest}, **told)
        self.lowest, self.highest = lowest, highest

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> float | int:
        if type(value) is not float and type(value) is not int:
            raise refuse("not-a-number")
        if not self.lowest <= value <= self.highest:  # nor is NaN
            raise refuse(f"out-of-range:{self.lowest}:{self.highest}")
        return int(value) if value == int(value) else value

    def unchanged(self, value: str, tools: Tools) -> str:
        one = f"(type({value}) is float and not {value}.is_integer() or type({value}) is int)"
        return f"{one} and {self.lowest} <= {value} <= {self.highest}"
