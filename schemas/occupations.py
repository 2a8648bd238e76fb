"""The occupation list: what a villager does for a living, by the words he has for it.

The sector of the main occupation decides the discount of PP 50/2025, so it is asked before a price is named.
The list is short on purpose: KBJI 2014 is no list to pick from on a phone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

FILE = Path(__file__).parent / "occupations.toml"
TRANSPORT, OTHER = "transport", "other"


@dataclass(frozen=True, slots=True)
class Group:
    code: str
    id: str
    en: str


@dataclass(frozen=True, slots=True)
class Occupation:
    """id, en: its name in both languages. words: what else people call it, in lower case."""

    code: str
    id: str
    en: str
    group: Group
    sector: str
    words: tuple[str, ...]

    def label(self, lang: str) -> str:
        return self.en if lang == "en" else self.id


def _read(path: Path) -> dict[str, Occupation]:
    found = {}
    for code, told in tomllib.loads(path.read_text("utf-8")).items():
        group = Group(code, told["id"], told["en"])
        for job in told["jobs"]:
            words = tuple(job.get("words", "").split(", ")) if job.get("words") else ()
            sector = job.get("sector", told["sector"])
            found[job["code"]] = Occupation(job["code"], job["id"], job["en"], group, sector, words)
    return found


OCCUPATIONS: Mapping[str, Occupation] = MappingProxyType(_read(FILE))


def sector_of(code: str | None) -> str:
    """`transport` or `other`; a code that only a newer list has counts as `other` until the server has that list."""
    found = OCCUPATIONS.get(code) if code else None
    return found.sector if found else OTHER
