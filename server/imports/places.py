"""Villages as lists name them: by code, or by name with the kecamatan beside it where several bear one name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from schemas.region import VILLAGE, within
from server.imports.cells import plain
from server.imports.faults import BadCell

_SORTS = re.compile(r"^(?:desa|ds|kelurahan|kel|kampung|kp|kecamatan|kec|nagari|gampong|pekon) (?=.)")
_BARE = re.compile(r"[0-9]{10}")


class Places:
    """The villages of one region. names: code -> name, of its villages and of the kecamatan that they lie in."""

    def __init__(self, region: str, names: Mapping[str, str]) -> None:
        self.region = region
        self._villages: dict[str, list[str]] = {}
        self._districts: dict[str, str] = {}
        for code, name in names.items():
            if VILLAGE.fullmatch(code):
                self._villages.setdefault(_key(name), []).append(code)
            else:
                self._districts[code] = _key(name)
        self._codes = {code for codes in self._villages.values() for code in codes}
        self._find = lru_cache(maxsize=20_000)(self._look_up)

    def find(self, written: str, district: str = "") -> str | None:
        """The village's code; None where it lies outside the region. Raises BadCell where it can't be told."""
        return self._find(written, district)

    def _look_up(self, written: str, district: str) -> str | None:
        if VILLAGE.fullmatch(written):
            if not within(written, self.region):
                return None
            if written not in self._codes:
                raise BadCell("village-unknown")
            return written
        if _BARE.fullmatch(written):
            raise BadCell("village-digits")
        found = self._villages.get(_key(written), [])
        if district and found:
            there = [code for code in found if self._districts.get(code[:8]) == _key(district)]
            found = there or self._spelt(found, district)
        if not found:
            raise BadCell("village-unknown")
        if len(found) > 1:
            raise BadCell("village-many")
        return found[0]

    def _spelt(self, found: Iterable[str], district: str) -> list[str]:
        """A kecamatan that is not known by that name says nothing; one that is known says that this is another village."""
        return [] if _key(district) in self._districts.values() else list(found)


def _key(name: str) -> str:
    flat = plain(name)
    return _SORTS.sub("", flat).replace(" ", "")
