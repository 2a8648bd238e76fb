"""A field's value as a form asks for it, and as it is read back: by the type that the kind's own table gives the field.

What is typed wrongly is given back as it was typed, so that the kind's own judgement says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

from marshmallow.fields import Field

from schemas import fields as types
from schemas.kinds import Kind
from schemas.kinds.parts import File
from schemas.occupations import OCCUPATIONS
from server.console.words import Words
from server.vocabulary import VALUES

MOST_ROWS = 20
KNOWN = {"purposes": ("registration", "funding", "claims", "messages")}
"""Of a list of free texts those that are offered by name; what it holds besides can be kept as well."""
LONG_TEXT = 300  # characters; what may be longer is typed in a box of several lines
_WHOLE = re.compile(r"(?:Rp\.? *)?([0-9]{1,3}(?:[.,  ][0-9]{3})+|[0-9]+)\Z")
_REAL = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?\Z")
_BETWEEN = re.compile(r"\s*[,;\n]\s*")
Options = tuple[tuple[str, str], ...]


class Filled(Protocol):
    """A form that was sent: what `werkzeug.MultiDict` offers."""

    def get(self, name: str, /) -> Any: ...
    def getlist(self, name: str, /) -> list[str]: ...


class Input(NamedTuple):
    """What asks for one value.

    shape: text, long, number, decimal, month, day, choice, many, parts, rows; kept: can't be typed.

    value: as it stands in the control; of `many` a list. options: (value, what it is called). parts: of an object its
    inputs, of a list of objects an input of `parts` a row.
    """

    name: str
    label: str
    shape: str
    value: Any = ""
    options: Options = ()
    parts: tuple[Input, ...] = ()


def asked(kind: Kind, field: str, value: Any, name: str, words: Words) -> Input:
    """The input for a field of a record, filled with `value`. name: of its control."""
    told = kind.schema.fields.get(field)
    if told is None:
        return _open(field, value, name, words)
    return _asked(told, field, value, name, words)


def answered(kind: Kind, field: str, form: Filled, name: str) -> Any:
    """What was typed for a field; None where nothing was."""
    told = kind.schema.fields.get(field)
    return _text(form, name) if told is None else _answered(told, form, name)


def can_be_typed(kind: Kind, field: str, value: Any) -> bool:
    """Photos, places and what only a newer form knows are taken as they were sent, or left out."""
    told = kind.schema.fields.get(field)
    return isinstance(value, str) if told is None else not _is_kept(told)


# Asking ---------------------------------------------------------------------------------------------------------------


def _open(field: str, value: Any, name: str, words: Words) -> Input:
    is_text = isinstance(value, str)
    return Input(name, words.field(field), "text" if is_text else "kept", value if is_text else words.value(field, value))


def _asked(told: Field[Any], field: str, value: Any, name: str, words: Words) -> Input:
    label = words.field(field)
    if _is_kept(told):
        return Input(name, label, "kept", words.value(field, value))
    if isinstance(told, types.Things):
        return Input(name, label, "rows", parts=_rows(told, field, value, name, words))
    if isinstance(told, types.Thing):
        return Input(name, label, "parts", parts=_parts(told, value, name, words))
    if isinstance(told, types.Members):
        chosen = [str(each) for each in value] if isinstance(value, list) else []
        return Input(name, label, "many", chosen, tuple((each, words.value(field, each)) for each in told.words))
    if isinstance(told, types.Words) and field in KNOWN:
        chosen = [str(each) for each in value] if isinstance(value, list) else []
        offered = dict.fromkeys((*chosen, *KNOWN[field]))  # in the order it has: what nobody touched is no change
        return Input(name, label, "many", chosen, tuple((each, words.value(field, each)) for each in offered))
    options = _options(told, words)
    if options:
        return Input(name, label, "choice", _shown(value), with_chosen(options, _shown(value)))
    return Input(name, label, _shape(told, value), _shown(value))


def _is_kept(told: Field[Any]) -> bool:
    """A file, and where a phone was: nobody types them."""
    if isinstance(told, types.Thing):
        return isinstance(told.table, File) or any(isinstance(part, types.Real) for part in told.table.fields.values())
    return False


def _shape(told: Field[Any], value: Any) -> str:
    if isinstance(told, types.Day):
        return "day" if value in (None, "") or _is_day(value) else "text"  # a browser would show a wrong day as none
    if isinstance(told, types.Real):
        return "decimal"
    if isinstance(told, types.Pattern) and told.code == "bad-month":
        return "month"
    if isinstance(told, types.Whole | types.Nik | types.Kk | types.Phone):
        return "number"
    return "long" if isinstance(told, types.Text) and told.longest > LONG_TEXT else "text"


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _options(told: Field[Any], words: Words) -> Options:
    if isinstance(told, types.Choice):
        return tuple((each, words.pick(VALUES[each]) if each in VALUES else each) for each in told.words)
    if isinstance(told, types.Truth):
        return ("yes", words.pick(("Ya", "Yes"))), ("no", words.pick(("Tidak", "No")))
    if isinstance(told, types.OneOfWhole):
        return tuple((str(each), str(each)) for each in told.numbers)
    if isinstance(told, types.OccupationCode):
        return tuple((code, each.label(words.lang)) for code, each in OCCUPATIONS.items())
    return ()


def with_chosen(options: Options, value: str) -> Options:
    """Also what is not in the list can be seen, and left as it is."""
    return options if not value or value in dict(options) else (*options, (value, value))


def _parts(told: types.Thing, value: Any, name: str, words: Words) -> tuple[Input, ...]:
    has = value if isinstance(value, Mapping) else {}
    return tuple(
        _asked(part, each, has.get(each), f"{name}.{each}", words) for each, part in told.table.fields.items()
    )


def _rows(told: types.Things, field: str, value: Any, name: str, words: Words) -> tuple[Input, ...]:
    """Those that there are, and an empty one for one more."""
    rows: Sequence[Any] = [*value, {}] if isinstance(value, list) else [{}]
    return tuple(
        Input(f"{name}.{n}", f"{words.field(field)} {n + 1}", "parts", parts=_parts(told.thing, row, f"{name}.{n}", words))
        for n, row in enumerate(rows[:MOST_ROWS])
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return "" if value is None else str(value)


# Reading --------------------------------------------------------------------------------------------------------------


def _answered(told: Field[Any], form: Filled, name: str) -> Any:
    if isinstance(told, types.Things):
        rows = (_thing(told.thing, form, f"{name}.{n}") for n in range(MOST_ROWS))
        return [row for row in rows if row]
    if isinstance(told, types.Thing):
        return _thing(told, form, name) or None
    if isinstance(told, types.Members):
        return form.getlist(name)
    if isinstance(told, types.Words | types.Months):
        return [each for text in form.getlist(name) for each in _BETWEEN.split(text.strip()) if each]
    text = _text(form, name)
    if text is None:
        return None
    if isinstance(told, types.Truth):
        return {"yes": True, "no": False}.get(text, text)
    if isinstance(told, types.Whole | types.OneOfWhole):
        return _whole(text)
    return _real(text) if isinstance(told, types.Real) else text


def _thing(told: types.Thing, form: Filled, name: str) -> dict[str, Any]:
    parts = {each: _answered(part, form, f"{name}.{each}") for each, part in told.table.fields.items()}
    return {each: value for each, value in parts.items() if value not in (None, [])}


def _text(form: Filled, name: str) -> str | None:
    return (form.get(name) or "").strip() or None


def _real(text: str) -> float | str:
    """12,5 and 12.5 % are what people write."""
    plain = text.replace("%", "").strip().replace(",", ".")
    return float(plain) if _REAL.match(plain) else text


def _whole(text: str) -> int | str:
    """50.000 and Rp50.000 are what people write."""
    found = _WHOLE.match(text)
    return int(re.sub(r"\D", "", found[1])) if found and len(text) < 30 else text
