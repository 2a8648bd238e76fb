"""Region codes: the dotted codes of the Ministry of Home Affairs, `64.02.01.2001`; `id` is the nation.

Bare digits are refused: the statistics office numbers the same regencies otherwise (its 6402 is Kutai Barat, the
ministry's 64.02 Kutai Kartanegara), so without the dots nobody can tell whose code it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from pathlib import Path

NATION = "id"
CODE = re.compile(r"[0-9]{2}(?:\.[0-9]{2}(?:\.[0-9]{2}(?:\.[0-9]{4})?)?)?")
VILLAGE = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}")
_LEVELS = {2: "province", 5: "regency", 8: "district", 13: "village"}
_DEFAULT_ZONE = "Asia/Jakarta"
_ZONES = {
    province: zone
    for zone, provinces in tomllib.loads((Path(__file__).parent / "zones.toml").read_text("utf-8")).items()
    for province in provinces
}


def is_shape(code: object) -> bool:
    """Whether `code` is written as a region code is. Whether there is such a region the store knows."""
    return isinstance(code, str) and (code == NATION or CODE.fullmatch(code) is not None)


def is_village(code: object) -> bool:
    """Whether `code` is written as a village's (desa, kelurahan or desa adat)."""
    return isinstance(code, str) and VILLAGE.fullmatch(code) is not None


def level(code: str) -> str:
    """nation, province, regency, district (kecamatan) or village. Raises ValueError for what is no code."""
    if not is_shape(code):
        raise ValueError(f"no region code: {code!r}")
    return "nation" if code == NATION else _LEVELS[len(code)]


def parent(code: str) -> str | None:
    """The region one level up; None for the nation."""
    return None if code == NATION else code.rpartition(".")[0] or NATION


def within(code: str, scope: str) -> bool:
    """Whether `code` is `scope` or lies inside it; everything lies inside the nation."""
    return scope == NATION or code == scope or code.startswith(scope + ".")


def common(codes: Collection[str]) -> str | None:
    """The smallest region that all of these lie in; None of none."""
    shared = min(codes, default=None)
    while shared is not None and not all(within(code, shared) for code in codes):
        shared = parent(shared)
    return shared


def zone(code: str) -> str:
    """Name of the time zone that a region keeps; western time where the region does not say (the nation)."""
    return _ZONES.get(code[:2], _DEFAULT_ZONE)
