"""Text, free or of one form, and what people type in many ways and we keep in one."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import fields

from schemas import kk, nik, phone, region, storable
from schemas.fields.told import Told, Tools, refuse, text_of
from schemas.occupations import OCCUPATIONS

LONGEST_NUMBER = 100  # characters that a typed number may have, spaces and all


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
        some = f"{value} and " if self.shortest else ""
        # Nearly all text here is plain ASCII, which is NFC as it stands.
        plain = f"{value}.isascii() and '\\0' not in {value} and {value}.strip() == {value}"
        return f"{some}({plain} or is_neat({value})) and len({value}) <= {self.longest}"


class Pattern(Told, fields.String):
    """Text of one form only, said as a regular expression; `code` is the complaint."""

    def __init__(self, pattern: str, code: str, longest: int, **told: Any) -> None:
        super().__init__(shape={"pattern": f"^(?:{pattern})$"}, **told)
        self.pattern, self.code, self.longest = re.compile(pattern), code, longest

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = text_of(value, self.longest)
        if not self.pattern.fullmatch(text):
            raise refuse(self.code)
        return text

    def unchanged(self, value: str, tools: Tools) -> str:
        return matching(self.pattern, value, tools)


def matching(pattern: re.Pattern[str], value: str, tools: Tools) -> str:
    """An expression that is true of a text that is all as `pattern` says, and that raises for what is no text."""
    name = f"matches_{len(tools)}"
    tools[name] = pattern.fullmatch
    return f"{name}({value})"


def record_id(**told: Any) -> Pattern:
    return Pattern("[A-Za-z0-9:_.-]{1,64}", "bad-record-id", 64, **told)


class OccupationCode(Pattern):
    """A code of the occupation list. One that only a newer phone's list has is kept like any other."""

    def __init__(self, **told: Any) -> None:
        super().__init__("[a-z_]{1,40}", "bad-occupation", 40, **told)

    def unchanged(self, value: str, tools: Tools) -> str:
        tools["occupations"] = OCCUPATIONS
        return f"{value} in occupations or {super().unchanged(value, tools)}"


class Nik(Told, fields.String):
    """A NIK, typed in any way. One of another shape is refused here; a reason beside it excuses it in `worker`."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        number = nik.normalise(text_of(value, LONGEST_NUMBER))
        if code := nik.fault(number):
            raise refuse(code)
        return number

    def unchanged(self, value: str, tools: Tools) -> str:
        return matching(nik.USUAL, value, tools)


class Kk(Told, fields.String):
    """A family card number, typed in any way."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        number = kk.normalise(text_of(value, LONGEST_NUMBER))
        if not kk.is_kk(number):
            raise refuse("bad-kk")
        return number

    def unchanged(self, value: str, tools: Tools) -> str:
        return f"len({value}) == 16 and {value}.isdigit() and {value}.isascii()"


class Phone(Told, fields.String):
    """A mobile number, typed in any usual way, kept as E.164."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        number = phone.normalise(text_of(value, LONGEST_NUMBER))
        if number is None:
            raise refuse("bad-phone")
        return number

    def unchanged(self, value: str, tools: Tools) -> str:
        return matching(phone.E164, value, tools)


class RegionCode(Pattern):
    """A region of any level."""

    def __init__(self, **told: Any) -> None:
        super().__init__(f"{region.CODE.pattern}|{region.NATION}", "bad-region", 20, **told)


class VillageCode(Pattern):
    """A village (desa, kelurahan, desa adat)."""

    def __init__(self, **told: Any) -> None:
        super().__init__(region.VILLAGE.pattern, "bad-village", 20, **told)


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
