"""What things are called on the desks' screens, in Indonesian and English: fields, kinds, states, roles, times, money."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from schemas.change import to_ms
from schemas.occupations import OCCUPATIONS
from schemas.problem import ENGLISH, Both
from schemas.region import zone
from server.actions.regions import region_names
from server.vocabulary import FIELDS, KINDS, VALUES

ROLES: dict[str, Both] = {
    "officer": ("Petugas desa", "Village officer"), "operator": ("Operator", "Operator"),
    "staff": ("Staf pusat", "Central staff"),
    "viewer": ("Pemantau", "Viewer"), "auditor": ("Auditor", "Auditor"), "admin": ("Admin", "Administrator"),
}

_MONTHS: Both = ("Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
_ZONE_NAMES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT", "Asia/Pontianak": "WIB"}
_UNITS = (
    (365 * 86_400, ("tahun", "years")), (30 * 86_400, ("bulan", "months")), (86_400, ("hari", "days")),
    (3_600, ("jam", "hours")), (60, ("menit", "minutes")),
)  # fmt: skip
MASKED_DIGITS = 8


@lru_cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


class Words:
    """How things are said in one language: `words` in every template."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._n = 1 if lang == ENGLISH else 0

    def pick(self, both: Both) -> str:
        return both[self._n]

    def field(self, name: str) -> str:
        """A field's label; a question that a form added by itself goes by its own name."""
        return self._of(FIELDS, name.removeprefix("extra."))

    def kind(self, name: str) -> str:
        return self._of(KINDS, name)

    def role(self, name: str) -> str:
        return self._of(ROLES, name)

    def _of(self, words: Mapping[str, Both], name: str) -> str:
        return words[name][self._n] if name in words else name.replace("_", " ")

    def value(self, field: str, value: Any, masked: bool = False) -> str:
        """A field's value as a person reads it. masked: of a NIK or card number only where it is from."""
        if value is None or value == "" or value == []:
            return "–"
        if field in ("nik", "kk_number") and masked:
            return self.mask(str(value))
        if isinstance(value, bool):
            return self.pick(("Ya", "Yes") if value else ("Tidak", "No"))
        if field in ("amount", "monthly_income") and isinstance(value, int):
            return self.rupiah(value)
        if field in ("occupation", "second_occupation") and value in OCCUPATIONS:
            return OCCUPATIONS[value].label(self.lang)
        if field in ("village", "work_village"):
            return region_names([str(value)]).get(str(value), str(value))
        if isinstance(value, str):
            day = _day(value)
            if day is None and len(value) > 19 and to_ms(value) is not None:
                return self.when(value)
            return self.day(day) if day else self._of(VALUES, value) if value in VALUES else value
        if isinstance(value, list):
            return ", ".join(self.value(field, each, masked) for each in value)
        if isinstance(value, dict):
            return self._thing(value, masked)
        return self.number(value) if isinstance(value, int) else str(value)

    def _thing(self, value: Mapping[str, Any], masked: bool) -> str:
        if "sha256" in value:
            return self.pick(("berkas", "file")) + f", {self.number(round(value.get('size', 0) / 1024))} kB"
        if "lat" in value:
            return f"{value['lat']:.5f}, {value.get('lon', 0):.5f}"
        told = ((key, each) for key, each in value.items() if each is not None)
        return "; ".join(f"{self.field(key)}: {self.value(key, each, masked)}" for key, each in told)

    @staticmethod
    def mask(nik: str) -> str:
        """The region and nothing that names the person: 640211**********."""
        return nik[: len(nik) - MASKED_DIGITS - 2] + "•" * min(MASKED_DIGITS + 2, len(nik))

    def rupiah(self, amount: int) -> str:
        return "Rp" + self.number(amount)

    def number(self, number: int) -> str:
        return f"{number:,}".replace(",", "." if self._n == 0 else ",")

    def counted(self, number: int, indonesian: str, one: str, several: str) -> str:
        """3 isian / 1 change, 3 changes: Indonesian has no plural, and English may not go without."""
        return self.number(number) + " " + (indonesian if self._n == 0 else one if number == 1 else several)

    def phone(self, name: str) -> str:
        """A phone by its name or number. Most names begin with "HP" already, since the app offers "HP Siti"."""
        return name if name.split(" ")[0].casefold() == "hp" else self.pick(("HP ", "phone ")) + name

    def time_zone(self, name: str) -> str:
        """Asia/Makassar -> WITA."""
        return _ZONE_NAMES.get(name, name)

    def percent(self, share: float | None) -> str:
        """0.084 -> 8,4 % (Indonesian) or 8.4%."""
        if share is None:
            return "–"
        return f"{share * 100:.1f}".replace(".", ",") + " %" if self._n == 0 else f"{share * 100:.1f}%"

    def decimal(self, number: float | None, digits: int = 1) -> str:
        """81.25 -> 81,25 (Indonesian) or 81.25, without zeros that say nothing."""
        if number is None:
            return "–"
        plain = f"{number:,.{digits}f}"
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return plain.translate(str.maketrans(",.", ".,")) if self._n == 0 else plain

    def day(self, day: date | str | None) -> str:
        if day is None:
            return "–"
        day = date.fromisoformat(day) if isinstance(day, str) else day
        return f"{day.day} {_MONTHS[self._n].split()[day.month - 1]} {day.year}"

    def month(self, text: str) -> str:
        """2026-11 -> Nov 2026."""
        year, month = text.split("-")
        return f"{_MONTHS[self._n].split()[int(month) - 1]} {year}"

    def when(self, moment: int | str | None, region: str = "64") -> str:
        """A moment (milliseconds, or as the wire has it) in the region's own time: 22 Nov 2026 11.04 WITA."""
        if moment is None:
            return "–"
        name = zone(region)
        at = datetime.fromtimestamp((to_ms(moment) if isinstance(moment, str) else moment) / 1000, _zone(name))
        return f"{self.day(at.date())} {at:%H}.{at:%M} {_ZONE_NAMES.get(name, name)}"

    def ago(self, moment: int | str | None, now: int) -> str:
        """How long ago: 3 hari / 3 days; under a minute: baru saja / just now."""
        if moment is None:
            return self.pick(("belum pernah", "never"))
        return self.lasting(now - (to_ms(moment) if isinstance(moment, str) else moment))

    def lasting(self, ms: int) -> str:
        seconds = abs(ms) // 1000
        for size, names in _UNITS:
            if seconds >= size:
                count = seconds // size
                name = names[self._n]
                return f"{count} {name[:-1] if self._n and count == 1 else name}"
        return self.pick(("baru saja", "just now"))


def _day(text: str) -> date | None:
    if len(text) != 10 or text[4] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
