"""Parts that several kinds share."""

from __future__ import annotations

from typing import Any

from marshmallow import fields as plain

from schemas.fields import Pattern, Table, Told, Tools, Whole
from schemas.fields.numbers import whole_of
from schemas.fields.told import refuse, text_of
from schemas.storable import MAX_NUMBER

PROGRAMS = ("JKK", "JKM", "JHT")
FUNDING = ("self", "apbd_province", "apbd_regency", "apbdes", "dana_desa", "dbh_sawit", "sertakan", "other")


class File(Table):
    """A photo or a signature, which travels apart from its record (protocol section 5); size in bytes."""

    sha256 = Pattern("[0-9a-f]{64}", "bad-sha256", 64, required=True)
    size = Whole(0, 2**53 - 1, required=True)
    type = Pattern("[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,60}", "bad-file-type", 101, required=True)


class Version(Told, plain.Raw):
    """Which version of a text was read out: a name, or a number."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str | int:
        if type(value) is int or type(value) is float:
            return whole_of(value, 0, MAX_NUMBER - 1)
        text = text_of(value, 100)
        if not text:
            raise refuse("empty")
        return text

    def unchanged(self, value: str, tools: Tools) -> str:
        return f"0 < len({value}) <= 100 and {value}.isalnum() and {value}.isascii()"
