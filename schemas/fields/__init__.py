"""The types that a kind's table is written in.

Each is a marshmallow field that says two things of a value: `_deserialize` gives it normalised, or refuses it with a
code of `schemas.problem.COMPLAINTS`; `unchanged` gives a Python expression that is true only where `_deserialize`
would give the very same value back. The second is what makes judging cheap (see `schemas/fast.py`); it may be false
of a good value, never true of a bad one.

What a field means beyond its type stands in its `metadata`: `policy`, `privacy`, `needed` (a record without it is
incomplete, and null is refused), `desk_only`, `desk_values`, `no_future`; the rest is for OpenAPI.
"""

from __future__ import annotations

from schemas.fields.days import Day, Moment, Months, day_of
from schemas.fields.lists import Members, Words
from schemas.fields.numbers import OneOfWhole, Real, Truth, Whole, rupiah
from schemas.fields.objects import Thing, Things, same_parts
from schemas.fields.texts import (
    Choice,
    Kk,
    Nik,
    OccupationCode,
    Pattern,
    Phone,
    RegionCode,
    Text,
    VillageCode,
    record_id,
)
from schemas.fields.told import OPEN, PERSONAL, SENSITIVE, Table, Told, Tools

__all__ = [
    "OPEN",
    "PERSONAL",
    "SENSITIVE",
    "Choice",
    "Day",
    "Kk",
    "Members",
    "Moment",
    "Months",
    "Nik",
    "OccupationCode",
    "OneOfWhole",
    "Pattern",
    "Phone",
    "Real",
    "RegionCode",
    "Table",
    "Text",
    "Thing",
    "Things",
    "Told",
    "Tools",
    "Truth",
    "VillageCode",
    "Whole",
    "Words",
    "day_of",
    "record_id",
    "rupiah",
    "same_parts",
]
