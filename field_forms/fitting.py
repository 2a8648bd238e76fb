"""Whether a question's answer can be the value of a field: asked once, when the form is published.

A form that asks a date as text would send days that nobody can read, months after it went out to the phones.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from marshmallow import ValidationError
from marshmallow.fields import Field

from schemas import fields
from schemas.kinds.parts import File, Version
from schemas.occupations import OCCUPATIONS
from schemas.problem import complain

_PLACES = {"lat", "lon", "accuracy"}


class Unfit(ValueError):
    """indonesian, english: why the answer can't be kept in the field."""

    def __init__(self, indonesian: str, english: str) -> None:
        super().__init__(f"{indonesian} / {english}")
        self.indonesian, self.english = indonesian, english


class Asked(NamedTuple):
    """How a field is asked: the question's type, and its list's name and values; no values where the phone fills it."""

    type: str
    list: str | None = None
    values: Collection[str] | None = None


def fit(told: Field[Any], asked: Asked) -> str | None:
    """What the answer must be read as to be kept in the field (`as` in the compiled form). Raises Unfit."""
    if told.metadata.get("desk_only"):
        raise Unfit("bagian ini hanya diisi operator; hapus pertanyaannya.", "only desks fill this in; remove the question.")
    wanted = _types(told)
    if asked.type not in wanted:
        raise Unfit(
            f'tipe "{asked.type}" tidak bisa disimpan di sini; pakai {" atau ".join(wanted)}.',
            f'an answer of type "{asked.type}" can\'t be kept here; ask {" or ".join(wanted)}.',
        )
    if asked.type in ("select_one", "select_multiple"):
        _check_choices(told, asked)
    return _as(told, asked)


def _types(told: Field[Any]) -> tuple[str, ...]:
    """The types of questions whose answers the field can hold."""
    if isinstance(told, fields.Thing):
        parts = told.table.fields.keys()
        return ("geopoint",) if parts == _PLACES else ("image",) if isinstance(told.table, File) else ("group",)
    if isinstance(told, fields.Things):
        return ("repeat",)
    if isinstance(told, fields.Members | fields.Words | fields.Months):
        return ("select_multiple", "calculate")
    if isinstance(told, fields.Day | fields.Moment):
        return ("date", "calculate")
    if isinstance(told, fields.Whole):
        return ("integer", "select_one", "calculate")
    if isinstance(told, fields.Real):
        return ("decimal", "integer", "calculate")
    if isinstance(told, fields.Choice | fields.Truth | fields.OneOfWhole | fields.VillageCode | fields.RegionCode):
        return ("select_one", "calculate")
    if isinstance(told, Version):
        return ("text", "calculate", "select_one")
    if isinstance(told, fields.Nik | fields.Kk | fields.Phone):
        return ("text", "calculate")
    if isinstance(told, fields.Pattern):
        return ("select_one", "calculate")
    return ("text", "select_one", "calculate", "month")


def _check_choices(told: Field[Any], asked: Asked) -> None:
    if asked.values is None:
        if not _fills(told, asked.list or ""):
            raise Unfit(f'daftar "{asked.list}" tidak cocok di sini.', f'the list "{asked.list}" does not fit here.')
        return
    for value in asked.values:
        if code := _fault(told, value):
            raise Unfit(f'pilihan "{value}": {complain(code, "id")}', f'the choice "{value}": {complain(code, "en")}')


def _fault(told: Field[Any], value: str) -> str | None:
    """Why the field does not take a choice, as a code of `schemas.problem.COMPLAINTS`."""
    if value in told.metadata.get("desk_values", ()):
        return f"desk-only-value:{value}"
    if isinstance(told, fields.Members):
        return None if value in told.words else "not-one-of:" + " | ".join(told.words)
    if isinstance(told, fields.OccupationCode):
        return None if value in OCCUPATIONS else "bad-occupation"
    if isinstance(told, fields.Truth):
        return None if value in ("true", "false") else "not-true-or-false"
    sent: Any = [value] if isinstance(told, fields.Words | fields.Months) else value
    if isinstance(told, fields.Whole | fields.OneOfWhole):
        sent = int(value) if value.isascii() and value.isdigit() else value
    try:
        told.deserialize(sent)
    except ValidationError as error:
        return str(error.messages[0])
    return None


def _fills(told: Field[Any], name: str) -> bool:
    """Whether a list that the phone fills holds values for the field."""
    if isinstance(told, fields.VillageCode | fields.RegionCode):
        return name in ("villages", "regions")
    if isinstance(told, fields.Pattern):
        return name == "workers" and not isinstance(told, fields.OccupationCode)
    return isinstance(told, fields.Text)


def _as(told: Field[Any], asked: Asked) -> str | None:
    number = isinstance(told, fields.Whole | fields.OneOfWhole | fields.Real)
    if number and asked.type in ("select_one", "calculate"):
        return "number"
    if isinstance(told, fields.Truth):
        return "boolean"
    if asked.type == "calculate" and isinstance(told, fields.Members | fields.Words | fields.Months):
        return "list"
    return None
