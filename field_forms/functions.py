"""The functions of our forms, and how values become strings, numbers and booleans (XPath 1.0, ODK's additions).

A value is a str, a float, a bool or `Answers`. Numbers are doubles as on the phone, so both sides round and overflow alike.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from field_forms.pattern import matches


class Answers(tuple[Any, ...]):
    """What a path leads to: the answers in all rows, none or one where no repeat is passed; "" for one left empty."""


Value = str | float | bool | Answers
FORMAT_SIGNS = "Ymndey"
EPOCH = date(1970, 1, 1)
_NUMBER = re.compile(r"[ \t\r\n]*(-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[ \t\r\n]*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,3})?)?(Z|[+-][0-9]{2}:[0-9]{2})?")
_SPACE = re.compile(r"[ \t\r\n]+")


# --- how one kind of value becomes another


def text_of(value: Value) -> str:
    if isinstance(value, Answers):
        return answer_text(value[0]) if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else number_text(value)


def answer_text(answer: Any) -> str:
    """The string of an answer as ODK writes it into a form: sets with spaces, places as "lat lon altitude accuracy"."""
    if answer is None or isinstance(answer, str):
        return answer or ""
    if isinstance(answer, bool):
        return "true" if answer else "false"
    if isinstance(answer, int | float):
        return number_text(answer)
    if isinstance(answer, list):
        return " ".join(answer_text(one) for one in answer if not isinstance(one, dict))
    if "lat" in answer:
        return " ".join(answer_text(part) for part in (answer["lat"], answer.get("lon"), 0, answer.get("accuracy")))
    return answer_text(answer.get("sha256"))


def number_text(number: float) -> str:
    """As XPath writes numbers: never with an exponent, whole ones without a point."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == int(number):
        # Above 2^53 the phone writes the shortest digits that mean the number, and so do we.
        return str(int(number)) if abs(number) < 2**53 else _without_exponent(float(number))
    return _without_exponent(float(number))


def _without_exponent(number: float) -> str:
    mantissa, _, exponent = repr(number).partition("e")
    sign, digits = ("-", mantissa[1:]) if mantissa[0] == "-" else ("", mantissa)
    whole, _, part = digits.partition(".")
    part = "" if part == "0" else part
    point = len(whole) + int(exponent or 0)
    digits = whole + part
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return sign + digits + "0" * (point - len(digits))
    return f"{sign}{digits[:point]}.{digits[point:]}"


def number_of(value: Value) -> float:
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if isinstance(value, int | float):
        return float(value)
    return number_in(text_of(value))


def number_in(text: str) -> float:
    """The number that a text is, the days since 1970-01-01 of one that is a day, a month or a time; else NaN."""
    if found := _NUMBER.fullmatch(text):
        return float(found.group(1))
    days = days_in(text)
    return math.nan if days is None else days


def days_in(text: str) -> float | None:
    """Days since 1970-01-01; of a month its first day; of a time with the part of the day that has passed, in UTC."""
    try:
        if _DAY.fullmatch(text):
            return float((date.fromisoformat(text if len(text) == 10 else f"{text}-01") - EPOCH).days)
        if _MOMENT.fullmatch(text):
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return (moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1)
    except (ValueError, OverflowError):
        pass
    return None


def truth_of(value: Value) -> bool:
    if isinstance(value, Answers):
        return any(isinstance(one, dict) or answer_text(one) != "" for one in value)
    if isinstance(value, bool):
        return value
    return value != "" if isinstance(value, str) else value != 0 and not math.isnan(value)


def _each(values: Iterable[Value]) -> list[Value]:
    """All of them, and of a set of answers each."""
    found: list[Value] = []
    for value in values:
        found.extend(map(answer_text, value) if isinstance(value, Answers) else [value])
    return found


# --- numbers


def _int(value: Value) -> float:
    number = number_of(value)
    return float(math.trunc(number)) if math.isfinite(number) else number


def _floor(value: Value) -> float:
    number = number_of(value)
    return float(math.floor(number)) if math.isfinite(number) else number


def _ceiling(value: Value) -> float:
    number = number_of(value)
    return float(math.ceil(number)) if math.isfinite(number) else number


def _round(value: Value, places: Value = 0.0) -> float:
    """Halves go up, also of negative numbers: -2.5 becomes -2."""
    number, wanted = number_of(value), _places(places)
    scale = 10.0 ** abs(wanted)
    scaled = number * scale if wanted > 0 else number / scale
    if not math.isfinite(scaled) or scaled == math.floor(scaled):
        return number
    rounded = float(math.floor(scaled + 0.5))
    return rounded / scale if wanted > 0 else rounded * scale


def _places(value: Value) -> int:
    number = number_of(value)
    return 0 if math.isnan(number) else int(max(-15.0, min(15.0, number)))


def _pow(base: Value, exponent: Value) -> float:
    x, y = number_of(base), number_of(exponent)
    if y == 0:
        return 1.0
    if math.isnan(x) or math.isnan(y) or (abs(x) == 1 and math.isinf(y)):
        return math.nan
    try:
        return math.pow(x, y)
    except OverflowError:
        return -math.inf if x < 0 and y % 2 == 1 else math.inf
    except ValueError:  # a root of a negative number, or a power of zero that divides by it
        return math.inf if x == 0 else math.nan


def divide(a: float, b: float) -> float:
    if b != 0 or math.isnan(b):
        return a / b
    return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)


def modulo(a: float, b: float) -> float:
    """The rest has the sign of `a`, as on the phone."""
    return math.nan if b == 0 or math.isinf(a) else math.fmod(a, b)


def _sum(answers: Answers) -> float:
    total = 0.0
    for number in map(number_of, _each([answers])):
        total += number
    return total


def _least(*values: Value) -> float:
    numbers = [number_of(value) for value in _each(values)]
    return math.nan if not numbers or any(map(math.isnan, numbers)) else min(numbers)


def _greatest(*values: Value) -> float:
    numbers = [number_of(value) for value in _each(values)]
    return math.nan if not numbers or any(map(math.isnan, numbers)) else max(numbers)


# --- texts


def _substring(value: Value, start: Value, length: Value = math.inf) -> str:
    """XPath's own: counted from 1, what lies outside is not there."""
    text, first = text_of(value), _rounded(start)
    behind = first + _rounded(length)
    return "".join(sign for place, sign in enumerate(text, 1) if first <= place < behind)


def _rounded(value: Value) -> float:
    number = number_of(value)
    return float(math.floor(number + 0.5)) if math.isfinite(number) else number


def _substr(value: Value, start: Value, end: Value | None = None) -> str:
    """ODK's: counted from 0, `end` is not part of it, negative ones count from the end."""
    text = text_of(value)
    return text[_place(start, len(text)) : len(text) if end is None else _place(end, len(text))]


def _place(value: Value, length: int) -> int:
    number = number_of(value)
    place = 0 if math.isnan(number) else int(max(-1e9, min(1e9, number)))
    return max(0, min(length, place + length if place < 0 else place))


def _before(value: Value, part: Value) -> str:
    before, found, _ = _parted(value, part)
    return before if found else ""


def _after(value: Value, part: Value) -> str:
    return _parted(value, part)[2]


def _parted(value: Value, part: Value) -> tuple[str, bool, str]:
    text, sought = text_of(value), text_of(part)
    at = text.find(sought)
    return (text[:at], True, text[at + len(sought) :]) if at >= 0 else ("", False, "")


def _translate(value: Value, signs: Value, others: Value) -> str:
    wanted = text_of(others)
    table: dict[str, str] = {}
    for place, sign in enumerate(text_of(signs)):
        table.setdefault(sign, wanted[place] if place < len(wanted) else "")
    return "".join(table.get(sign, sign) for sign in text_of(value))


def _normalise_space(value: Value) -> str:
    return _SPACE.sub(" ", text_of(value)).strip(" ")


def words_of(value: Value) -> list[str]:
    return [word for word in _SPACE.split(text_of(value)) if word]


def _selected_at(value: Value, place: Value) -> str:
    words, number = words_of(value), number_of(place)
    return words[int(number)] if 0 <= number < len(words) else ""


def _coalesce(*values: Value) -> str:
    return next((text for text in map(text_of, values) if text), "")


def _boolean_from_string(value: Value) -> bool:
    return text_of(value) in ("1", "true")


# --- days


def _date(value: Value) -> str:
    """The day of a day, a month, a time or a number of days; "" of anything else."""
    text = text_of(value)
    if found := _MOMENT.fullmatch(text):
        text = found.group(1)
    days = number_in(text)
    try:
        return (EPOCH + timedelta(days=math.floor(days))).isoformat()
    except (ValueError, OverflowError):
        return ""


def _format_date(value: Value, form: Value) -> str:
    day = _date(value)
    if not day:
        return ""
    year, month, of_month = day.split("-")
    parts = {"Y": year, "y": year[2:], "m": month, "n": str(int(month)), "d": of_month, "e": str(int(of_month))}
    return re.sub("%(.)", lambda found: parts.get(found.group(1), ""), text_of(form))


def _days(value: Value) -> float:
    return number_in(text_of(value))


@dataclass(frozen=True, slots=True)
class Function:
    """least, most: how many arguments. of_answers: the first must be a path. gives_number: its result is a number.

    works: None for those that `evaluator.py` works out itself, since they need more than their arguments' values.
    """

    least: int
    most: int
    works: Callable[..., Value] | None = None
    of_answers: bool = False
    gives_number: bool = False


_MANY = 50


def _numeric(least: int, most: int, works: Callable[..., Value] | None, of_answers: bool = False) -> Function:
    return Function(least, most, works, of_answers, gives_number=True)


FUNCTIONS: dict[str, Function] = {
    "true": Function(0, 0, lambda: True),
    "false": Function(0, 0, lambda: False),
    "not": Function(1, 1, lambda value: not truth_of(value)),
    "boolean": Function(1, 1, truth_of),
    "boolean-from-string": Function(1, 1, _boolean_from_string),
    "number": _numeric(1, 1, number_of),
    "string": Function(1, 1, text_of),
    "int": _numeric(1, 1, _int),
    "round": _numeric(1, 2, _round),
    "abs": _numeric(1, 1, lambda value: abs(number_of(value))),
    "floor": _numeric(1, 1, _floor),
    "ceiling": _numeric(1, 1, _ceiling),
    "pow": _numeric(2, 2, _pow),
    "min": _numeric(1, _MANY, _least),
    "max": _numeric(1, _MANY, _greatest),
    "sum": _numeric(1, 1, _sum, of_answers=True),
    "count": _numeric(1, 1, lambda answers: float(len(answers)), of_answers=True),
    "count-non-empty": _numeric(1, 1, lambda answers: float(sum(truth_of(Answers([one])) for one in answers)), True),
    "position": _numeric(1, 1, None, of_answers=True),
    "string-length": _numeric(1, 1, lambda value: float(len(text_of(value)))),
    "concat": Function(1, _MANY, lambda *values: "".join(map(text_of, _each(values)))),
    "join": Function(2, _MANY, lambda between, *values: text_of(between).join(map(text_of, _each(values)))),
    "contains": Function(2, 2, lambda value, part: text_of(part) in text_of(value)),
    "starts-with": Function(2, 2, lambda value, part: text_of(value).startswith(text_of(part))),
    "ends-with": Function(2, 2, lambda value, part: text_of(value).endswith(text_of(part))),
    "substring": Function(2, 3, _substring),
    "substr": Function(2, 3, _substr),
    "substring-before": Function(2, 2, _before),
    "substring-after": Function(2, 2, _after),
    "translate": Function(3, 3, _translate),
    "normalize-space": Function(1, 1, _normalise_space),
    "regex": Function(2, 2, lambda value, pattern: matches(text_of(pattern), text_of(value))),
    "selected": Function(2, 2, lambda value, word: text_of(word).strip(" \t\r\n") in words_of(value)),
    "selected-at": Function(2, 2, _selected_at),
    "count-selected": _numeric(1, 1, lambda value: float(len(words_of(value)))),
    "if": Function(3, 3, None),
    "coalesce": Function(2, _MANY, _coalesce),
    "once": Function(1, 1, None),
    "today": Function(0, 0, None),
    "now": Function(0, 0, None),
    "date": Function(1, 1, _date),
    "decimal-date-time": _numeric(1, 1, _days),
    "format-date": Function(2, 2, _format_date),
    "jr:choice-name": Function(2, 2, None),
}
