"""The types that a kind's table is written in.

Each is a marshmallow field that says two things of a value: `_deserialize` gives it normalised, or refuses it with a
code of `schemas.problem.COMPLAINTS`; `unchanged` gives a Python expression that is true only where `_deserialize`
would give the very same value back. The second is what makes judging cheap (see `schemas/fast.py`); it may be false
of a good value, never true of a bad one.

What a field means beyond its type stands in its `metadata`: `policy`, `privacy`, `needed` (a record without it is
incomplete, and null is refused), `desk_only`, `desk_values`, `no_future`; the rest is for OpenAPI.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields

from schemas import kk, money, month, nik, phone, region, storable
from schemas.change import from_ms, to_ms
from schemas.policy import LATEST

OPEN = "open"
"""Says nothing about who it is: may stand in figures and in lists that leave the office."""
PERSONAL = "personal"
"""Names or describes a person: for those whose region and task it is."""
SENSITIVE = "sensitive"
"""Specific data of UU 27/2022 article 4 (health, biometrics, children, finance), and what opens other doors."""

Tools = dict[str, Any]

LONGEST_WORD = 60  # characters of a word in a list of words


class Table(Schema):
    """A table of fields. What a newer phone adds is kept."""

    class Meta:
        unknown = INCLUDE


class Told:
    """What every field of ours can say of itself; `required` is for the parts of an object, `needed` for records."""

    def __init__(
        self,
        *args: Any,
        policy: str = LATEST,
        privacy: str = PERSONAL,
        needed: bool = False,
        desk_only: bool = False,
        desk_values: Collection[str] = (),
        no_future: bool = False,
        required: bool = False,
        shape: dict[str, Any] | None = None,
    ) -> None:
        meaning = {"policy": policy, "privacy": privacy, "needed": needed, "desk_only": desk_only}
        rules = {"desk_values": frozenset(desk_values), "no_future": no_future}
        super().__init__(  # type: ignore[call-arg]
            *args,
            required=required,
            allow_none=not (needed or required),
            error_messages={"required": "required", "null": "required"},
            metadata={**meaning, **rules, **(shape or {})},
        )

    def unchanged(self, value: str, tools: Tools) -> str:
        """An expression over the variable named `value`; whatever it calls is put into `tools` by a name of its own.

        Only reached by values that are not None. It may raise TypeError or ValueError, which count as false.
        """
        return "False"


def refuse(code: str) -> ValidationError:
    return ValidationError(code)


def text_of(value: Any, longest: int) -> str:
    """`value` as neat text. Raises ValidationError."""
    if type(value) is not str:
        raise refuse("not-text")
    if not storable.is_clean(value):
        raise refuse("text-unclean")
    if len(value) > 4 * longest + 1000:  # before the dear work
        raise refuse(f"too-long:{longest}")
    text = storable.neat(value)
    if len(text) > longest:
        raise refuse(f"too-long:{longest}")
    return text


def whole_of(value: Any, lowest: int, highest: int) -> int:
    """`value` as an integer; 23.0 is 23, since JSON knows no difference. Raises ValidationError."""
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise refuse("not-a-whole-number")
    if not lowest <= value <= highest:
        raise refuse(f"out-of-range:{lowest}:{highest}")
    return value


class Text(Told, fields.String):
    """Text in NFC without space at its ends, of `shortest` to `longest` characters."""

    def __init__(self, longest: int, shortest: int = 0, **told: Any) -> None:
        super().__init__(shape={"minLength": shortest, "maxLength": longest}, **told)
        self.shortest, self.longest = shortest, longest

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = text_of(value, self.longest)
        if len(text) < self.shortest:
            raise refuse("empty")
        return text

    def unchanged(self, value: str, tools: Tools) -> str:
        tools["is_neat"] = storable.is_neat
        size = f"{self.shortest} <= len({value}) <= {self.longest}"
        # Nearly all text here is plain ASCII, which is NFC as it stands.
        plain = f"{value}.isascii() and {value}.isprintable() and {value}[:1] != ' ' != {value}[-1:]"
        return f"type({value}) is str and {size} and ({plain} or is_neat({value}))"


class Pattern(Told, fields.String):
    """Text of one form only, said as a regular expression; `code` is the complaint."""

    def __init__(self, pattern: str, code: str, longest: int, **told: Any) -> None:
        super().__init__(shape={"pattern": f"^{pattern}$"}, **told)
        self.matches, self.code, self.longest = re.compile(pattern).fullmatch, code, longest

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = text_of(value, self.longest)
        if not self.matches(text):
            raise refuse(self.code)
        return text

    def unchanged(self, value: str, tools: Tools) -> str:
        name = f"matches_{len(tools)}"
        tools[name] = self.matches
        return f"type({value}) is str and {name}({value}) is not None"


def record_id(**told: Any) -> Pattern:
    return Pattern("[A-Za-z0-9:_.-]{1,64}", "bad-record-id", 64, **told)


def occupation_code(**told: Any) -> Pattern:
    """A code of the occupation list. One that only a newer phone's list has is kept like any other."""
    return Pattern("[a-z_]{1,40}", "bad-occupation", 40, **told)


class Typed(Told, fields.String):
    """Text that people type in many ways and we keep in one."""

    longest = 100
    as_kept = re.compile("")  # what a kept value looks like, or a part of that

    def read(self, text: str) -> str:
        """The text as we keep it. Raises ValidationError."""
        raise NotImplementedError

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        return self.read(text_of(value, self.longest))


class Nik(Typed):
    def read(self, text: str) -> str:
        number = nik.normalise(text)
        if code := nik.fault(number):
            raise refuse(code)
        return number

    def unchanged(self, value: str, tools: Tools) -> str:
        tools.update(nik_provinces=nik.PROVINCES, nik_days=nik.USUAL_DAYS)
        digits = f"type({value}) is str and len({value}) == 16 and {value}.isascii() and {value}.isdigit()"
        parts = f"{value}[6:10] in nik_days and {value}[:2] in nik_provinces and {value}[12:] != '0000'"
        return f"{digits} and {parts}"


class Kk(Typed):
    def read(self, text: str) -> str:
        number = kk.normalise(text)
        if not kk.is_kk(number):
            raise refuse("bad-kk")
        return number

    def unchanged(self, value: str, tools: Tools) -> str:
        return f"type({value}) is str and len({value}) == 16 and {value}.isascii() and {value}.isdigit()"


class Phone(Typed):
    def read(self, text: str) -> str:
        number = phone.normalise(text)
        if number is None:
            raise refuse("bad-phone")
        return number

    def unchanged(self, value: str, tools: Tools) -> str:
        size = f"type({value}) is str and 12 <= len({value}) <= 15 and {value}[:4] == '+628'"
        return f"{size} and {value}.isascii() and {value}[1:].isdigit()"


class RegionCode(Told, fields.String):
    """A region of any level; `village` allows villages only."""

    def __init__(self, village: bool = False, **told: Any) -> None:
        super().__init__(shape={"examples": ["64.02.11.2005"]}, **told)
        self.is_one, self.code = (region.is_village, "bad-village") if village else (region.is_shape, "bad-region")

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = text_of(value, 20)
        if not self.is_one(text):
            raise refuse(self.code)
        return text

    def unchanged(self, value: str, tools: Tools) -> str:
        tools[self.is_one.__name__] = self.is_one
        return f"{self.is_one.__name__}({value})"


class Choice(Told, fields.String):
    """One of a closed list of words."""

    def __init__(self, *words: str, **told: Any) -> None:
        super().__init__(shape={"enum": list(words)}, **told)
        self.words = words

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = text_of(value, 100)
        if text not in self.words:
            raise refuse("not-one-of:" + " | ".join(self.words))
        return text

    def unchanged(self, value: str, tools: Tools) -> str:
        return f"{value} in {{{', '.join(map(repr, self.words))}}}"


class Truth(Told, fields.Boolean):
    """True or false, and nothing that merely looks so."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if type(value) is not bool:
            raise refuse("not-true-or-false")
        return value

    def unchanged(self, value: str, tools: Tools) -> str:
        return f"({value} is True or {value} is False)"


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


class OneOfWhole(Whole):
    """One of a few integers."""

    def __init__(self, *numbers: int, **told: Any) -> None:
        super().__init__(min(numbers), max(numbers), **told)
        self.numbers = numbers
        self.metadata["enum"] = list(numbers)

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


def day_of(text: str) -> date:
    """The day written `YYYY-MM-DD`. Raises ValueError for all else, also for the other ways of ISO 8601."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        raise ValueError(text)
    return date.fromisoformat(text)


class Day(Told, fields.String):
    """A real day, `YYYY-MM-DD`."""

    def __init__(self, **told: Any) -> None:
        super().__init__(shape={"format": "date"}, **told)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = text_of(value, 100)
        try:
            day_of(text)
        except ValueError:
            raise refuse("bad-day") from None
        return text

    def unchanged(self, value: str, tools: Tools) -> str:
        tools["iso_day"] = date.fromisoformat
        form = f"type({value}) is str and len({value}) == 10 and {value}[4] == '-' == {value}[7]"
        # A text that is no day raises, which counts as false; a date is never falsy.
        return f"{form} and iso_day({value})" + (" <= today" if self.metadata["no_future"] else "")


class Moment(Told, fields.String):
    """A time of RFC 3339, kept in UTC with milliseconds; a bare day is kept too, for what was signed on paper."""

    def __init__(self, **told: Any) -> None:
        super().__init__(shape={"format": "date-time"}, **told)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = text_of(value, 100)
        try:
            return from_ms(to_ms(text)) if len(text) > 10 else day_of(text).isoformat()  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):  # no time at all, or one before the first or after the last year
            raise refuse("bad-time") from None

    def unchanged(self, value: str, tools: Tools) -> str:
        tools["iso_time"] = datetime.fromisoformat
        size = f"type({value}) is str and len({value}) == 24 and {value}[23] == 'Z'"
        seconds = f"{value}[10] == 'T' and {value}[13] == ':' == {value}[16] and {value}[19] == '.'"
        return f"{size} and {seconds} and {value}[4] == '-' == {value}[7] and iso_time({value}) is not None"


class Members(Told, fields.List):
    """A set of a few words out of a closed list, kept as a sorted list without doubles."""

    most = 100

    def __init__(self, words: Sequence[str], least: Sequence[str] = (), may_be_empty: bool = True, **told: Any) -> None:
        shape = {"uniqueItems": True, "minItems": 0 if may_be_empty else max(1, len(least))}
        super().__init__(fields.String(metadata={"enum": list(words)}), shape=shape, **told)
        self.words, self.least, self.may_be_empty = words, frozenset(least), may_be_empty

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[str]:
        members = sorted(set(texts_of(value, self.most)))
        if not members and not self.may_be_empty:
            raise refuse("empty")
        if not set(members) <= set(self.words):
            raise refuse("not-one-of:" + " | ".join(self.words))
        if not self.least <= set(members):
            raise refuse("lacks-members:" + " + ".join(sorted(self.least)))
        return value if value == members else members

    def unchanged(self, value: str, tools: Tools) -> str:
        name = f"sets_{len(tools)}"
        subsets = [subset for subset in _subsets(sorted(self.words)) if self.least <= set(subset)]
        tools[name] = [subset for subset in subsets if subset or self.may_be_empty]
        return f"{value} in {name}"


def _subsets(words: list[str]) -> list[list[str]]:
    """Every subset, each in the order of `words`."""
    if not words:
        return [[]]
    rest = _subsets(words[1:])
    return [[words[0], *subset] for subset in rest] + rest


def texts_of(value: Any, most: int) -> list[str]:
    """`value` as a list of short texts, in the order given. Raises ValidationError."""
    if type(value) is not list:
        raise refuse("not-a-list")
    if len(value) > most:
        raise refuse(f"too-many:{most}")
    texts = [text_of(one, LONGEST_WORD) for one in value]
    if not all(texts):
        raise refuse("empty")
    return texts


def are_plain(texts: list[Any]) -> bool:
    """Whether these are short texts that `texts_of` would leave alone; false of some that are not ASCII."""
    return all(
        type(one) is str and 0 < len(one) <= LONGEST_WORD and one.isascii() and one.isprintable() and one.strip() == one
        for one in texts
    )


class Words(Told, fields.List):
    """A list of short texts, in the order given; as a `bag` a set of them, kept sorted without doubles."""

    most = 100

    def __init__(self, bag: bool = False, **told: Any) -> None:
        super().__init__(fields.String(), shape={"uniqueItems": bag, "maxItems": self.most}, **told)
        self.bag = bag

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[str]:
        texts = texts_of(value, self.most)
        texts = sorted(set(texts)) if self.bag else texts
        return value if value == texts else texts

    def unchanged(self, value: str, tools: Tools) -> str:
        tools["are_plain"], tools["rises"] = are_plain, rises
        order = f" and rises({value})" if self.bag else ""
        return f"type({value}) is list and len({value}) <= {self.most} and are_plain({value}){order}"


def rises(texts: Sequence[str]) -> bool:
    """Whether each is greater than the one before."""
    return all(earlier < later for earlier, later in zip(texts, texts[1:], strict=False))


class Months(Told, fields.List):
    """One or more months, kept in order without doubles."""

    most = 120

    def __init__(self, **told: Any) -> None:
        super().__init__(fields.String(metadata={"pattern": "^[0-9]{4}-[0-9]{2}$"}), shape={"minItems": 1}, **told)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[str]:
        if type(value) is not list:
            raise refuse("not-a-list")
        if not value:
            raise refuse("empty")
        if len(value) > self.most:
            raise refuse(f"too-many:{self.most}")
        if not all(map(month.is_month, value)):
            raise refuse("bad-month")
        months = sorted(set(value))
        return value if value == months else months

    def unchanged(self, value: str, tools: Tools) -> str:
        tools["months_kept"] = self._are_kept
        return f"type({value}) is list and months_kept({value})"

    def _are_kept(self, value: list[Any]) -> bool:
        return 0 < len(value) <= self.most and all(map(month.is_month, value)) and rises(value)


class Thing(Told, fields.Nested):
    """An object with parts of its own. Parts that we don't know are kept."""

    def __init__(self, table: type[Table], **told: Any) -> None:
        super().__init__(table, **told)
        self.table = table()

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise refuse("not-an-object")
        loaded = self.table.load(value, partial=False)  # a change may leave out fields, an object no part it must have
        return value if same_parts(loaded, value) else loaded


class Things(Told, fields.List):
    """A list of such objects, in the order given."""

    def __init__(self, table: type[Table], most: int, **told: Any) -> None:
        self.thing = Thing(table)
        super().__init__(self.thing, shape={"maxItems": most}, **told)
        self.most = most

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[dict[str, Any]]:
        if type(value) is not list:
            raise refuse("not-a-list")
        if len(value) > self.most:
            raise refuse(f"too-many:{self.most}")
        loaded, errors = [], {}
        for number, one in enumerate(value, start=1):
            try:
                loaded.append(self.thing.deserialize(one))
            except ValidationError as error:
                errors[number] = error.messages
        if errors:
            raise ValidationError(errors)
        return value if all(a is b for a, b in zip(loaded, value, strict=True)) else loaded


def same_parts(loaded: dict[str, Any], given: dict[str, Any]) -> bool:
    """Whether loading changed nothing. By identity: 23 equals 23.0, but is not written the same."""
    return len(loaded) == len(given) and all(loaded[name] is value for name, value in given.items())
