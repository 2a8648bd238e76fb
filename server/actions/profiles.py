"""What villages are like in a year: how far away, with which signal, with how many staff. Rankings and awards ask for it.

What lies in the land (remoteness, signal, electricity, hours, the number of staff) holds until a later year says
otherwise. What the village's budget sets aside is of its own year alone: last year's money pays for nobody now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from schemas.kinds.planning import YEAR
from schemas.region import NATION, is_village, level, within
from server.actions import entries
from server.actions.entries import Entry
from server.db import Connection, reading
from server.store import entries as store
from server.store import regions
from server.store.accounts import Account
from server.store.regions import Region
from server.store.scoping import Scope

PROFILE = "profile"
FIELDS = (
    "remoteness", "signal", "electricity", "travel_hours", "apparatus", "village_budget", "source", "as_of", "notes",
)  # fmt: skip
LASTING = ("remoteness", "signal", "electricity", "travel_hours", "apparatus")
OF_THE_YEAR = ("village_budget",)
TOLD = (*LASTING, *OF_THE_YEAR, "source", "as_of")


def latest(where: Connection | Scope, year: int, region: str | None = None) -> dict[str, dict[str, Any]]:
    """Village -> what its profiles say by a year: `LASTING` of the newest that says it, `OF_THE_YEAR` of that year's own.

    where: a scope, or a connection of an action that checks itself whom it tells; region: what to cut it down to.
    `source` and `as_of` are those of the newest profile, whose year is `year`. A field that nobody entered is not there.
    """
    if isinstance(where, Scope):
        with reading() as connection:
            found = store.within(connection, where, PROFILE, region)
    else:
        found = store.within(where, region or NATION, PROFILE)
    return said_by(found, year)


def said_by(found: list[Entry], year: int) -> dict[str, dict[str, Any]]:
    """As `latest`, of profiles in the order of their ids."""
    told: dict[str, dict[str, Any]] = {}
    for each in found:
        of = int(each.key)
        if of > year:
            continue
        known = {name: each.fields[name] for name in TOLD if each.fields.get(name) is not None}
        if of != year:
            known = {name: value for name, value in known.items() if name not in OF_THE_YEAR}
        told[each.home] = told.get(each.home, {}) | known | {"year": of}
    return told


class Row(NamedTuple):
    """A village with what is known of it by a year; own: the record of that very year, if there is one."""

    village: Region
    said: Mapping[str, Any]
    own: Entry | None


class Part(NamedTuple):
    """A region below, of how many villages, and how many of them say how remote they are."""

    region: Region
    villages: int
    known: int


def rows_of(scope: Scope, year: int) -> list[Row]:
    """The villages of a kecamatan, or the one village that is looked at."""
    with reading() as connection:
        found = store.within(connection, scope, PROFILE)
        villages = regions.children(connection, scope) if level(scope) == "district" else _itself(connection, scope)
    said = said_by(found, year)
    own = {each.home: each for each in found if each.key == str(year)}
    return [Row(village, said.get(village.code, {}), own.get(village.code)) for village in villages]


def _itself(connection: Connection, code: str) -> list[Region]:
    return [Region(code, name) for code, name in regions.names(connection, [code]).items()]


def parts_of(scope: Scope, year: int) -> list[Part]:
    """The regions one level below the scope, where that is above a kecamatan."""
    with reading() as connection:
        found = store.within(connection, scope, PROFILE)
        children = regions.children(connection, scope)
        villages = [each.code for each in regions.below(connection, scope, DEEP[level(scope)]) if len(each.code) == VILLAGE]
    known = {village for village, said in said_by(found, year).items() if said.get("remoteness")}
    return [
        Part(child, sum(within(code, child.code) for code in villages), sum(within(code, child.code) for code in known))
        for child in children
    ]


VILLAGE = 13  # characters of a village's code
DEEP = {"province": 3, "regency": 2, "nation": 1}  # levels down to the villages; of a nation nobody waits for them


def of_village(scope: Scope, village: str) -> list[Entry]:
    """A village's profiles, the oldest first."""
    with reading() as connection:
        return store.of_region(connection, scope, PROFILE, village)


def village_and_year(record: str) -> tuple[str, int] | None:
    """Of which village and year a profile is; None for what is no profile's id."""
    kind, _, rest = record.partition(":")
    village, _, year = rest.partition(":")
    return (village, int(year)) if kind == PROFILE and is_village(village) and YEAR.fullmatch(year) else None


def keep(record: str, seen: Mapping[str, int], fields: Mapping[str, Any], account: Account | None, now: int) -> str:
    """Enter a village's profile of a year, or change it. Raises as `entries.begin` and `entries.change`."""
    named = village_and_year(record)
    if named is None:
        raise entries.settle.BadFields({"record": ["bad-record-id"]})
    try:
        return entries.change(PROFILE, record, seen, fields, account, now, act="profile")
    except entries.settle.NoSuchRecord:
        return entries.begin(PROFILE, named[0], str(named[1]), fields, account, now, act="profile")
