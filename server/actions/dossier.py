"""One person's data as a file: everything that is held of him, what was made of it, and who has had it.

It is put together when it is asked for and handed over at once, so it rests nowhere in the clear.
"""

from __future__ import annotations

from typing import Any

from programme import months
from schemas.change import from_ms, loads
from schemas.files import files_in
from schemas.region import NATION
from server import audit
from server.actions.rankings import read_because
from server.actions.settle import NoSuchRecord
from server.actions.trail import names_of
from server.config import Settings
from server.db import Connection, snapshot
from server.store import contents, entries, records, regions
from server.store import rights as store
from server.store.desk_pages import entry_of
from server.store.rights import Request
from server.store.scoping import Scope, for_itself

MOST_LOOKS = 5000
_OF_DECREE = ("number", "title", "state", "funding", "first_month", "last_month", "signed_on", "revoked_on")
_BECAUSE = ("criterion", "value", "points")
MONTH_STATES = {
    "a": "active", "b": "awaiting_payment", "r": "in_arrears", "i": "inactive", "e": "ended", "p": "proposed",
    "w": "verified",
}  # fmt: skip
"""A month's letter (`programme.coverage`) -> its state. A capital letter: paid for, and not confirmed."""


def dossier(scope: Scope, request: Request, settings: Settings, now: int, form: str) -> dict[str, Any]:
    """All of it, as JSON values. form: html | json, for the audit log. Raises NoSuchRecord where it was erased."""
    with snapshot() as connection, for_itself():  # one person's file: also what lies where he lived before
        entry = entry_of(connection, scope, request.record)
        if entry is None:
            raise NoSuchRecord(request.record)
        told = _told(connection, entry, now)
    told["request"] = {"number": request.id, "kind": request.kind, "asked_at": from_ms(request.asked_at)}
    audit.look("download", region=entry.village, record=entry.record, what="person", request=request.id, format=form)
    return told


def photos_of(told: dict[str, Any], settings: Settings) -> dict[str, bytes]:
    """The contents of the photos that the file lists and that lie on the disk."""
    disk = contents.of(settings)
    found = {photo["sha256"]: disk.get(photo["sha256"]) for photo in told["photos"]}
    return {sha: content for sha, content in found.items() if content is not None}


def _told(connection: Connection, entry: Any, now: int) -> dict[str, Any]:
    ids = sorted(records.one_with(connection, [entry.record]))
    refers = store.referring(connection, ids)
    changes = store.sent_changes(connection, ids)
    about = store.sent_changes(connection, [row.id for row in refers])
    village = regions.names(connection, [entry.village]).get(entry.village, entry.village)
    return {
        "made_at": from_ms(now), "records": ids, "village": {"code": entry.village, "name": village},
        "fields": loads(entry.fields or "{}"), "waiting": loads(entry.conflicts) if entry.conflicts else {},
        "worked_out": loads(entry.derived) if entry.derived else {},
        "contributions": [_one(row) for row in refers if row.kind == "contribution"],
        "claims": [_one(row) for row in refers if row.kind == "claim"],
        "decrees": _decrees(connection, [row for row in refers if row.kind == "beneficiary"]),
        "funded_twice": [
            {"village": row.home, "first_month": months.text(row.first_month), "last_month": months.text(row.last_month)}
            for row in store.funded_twice(connection, ids)
        ],
        "to_follow_up": [
            {"village": row.village, "what": row.what, "since": row.since} for row in store.followed_up(connection, ids)
        ],
        "coverage": [_cover(row) for row in store.covered(connection, ids)],
        "photos": _photos(connection, ids, [*changes, *about]),
        "history": [_change(each) for each in changes], "history_of_the_rest": [_change(each) for each in about],
        "lists": [_listed(row) for row in store.list_rows(connection, ids)],
        "looked_at": _looks(connection, ids),
        "held_by_phones": [
            {"device": phone.id, "officer": phone.name, "last_heard": _time(phone.contact_at)}
            for phone in store.phones_of(connection, [entry.village])
        ],
        "requests": [_request(each) for each in store.of_record(connection, ids)],
        "restricted_since": _time(restricted.since) if (restricted := store.restriction(connection, ids)) else None,
        "breaches": [
            {"number": row.id, "noticed_at": _time(row.noticed_at), "what": row.what, "told_at": _time(row.people_told_at)}
            for row in store.breaches_of(connection, ids)
        ],
    }  # fmt: skip


def _one(row: Any) -> dict[str, Any]:
    return {"record": row.id, "village": row.home, "fields": loads(row.fields)}


def _decrees(connection: Connection, names: list[Any]) -> list[dict[str, Any]]:
    """His names on decrees: whose decree, for which months, by which money, and why he was chosen."""
    told = entries.these(connection, NATION, {loads(row.fields)["decree"] for row in names})
    found = []
    for row in names:
        said = loads(row.fields)
        decree = told.get(said["decree"])
        about = {name: decree.fields.get(name) for name in _OF_DECREE} if decree else {}
        because = [dict(zip(_BECAUSE, part, strict=True)) for part in read_because(said.get("because") or ())]
        found.append({"record": row.id, "region": row.home, "fields": said, "because": because, "decree": about})
    return found


def _listed(row: Any) -> dict[str, Any]:
    return row._asdict() | {"said": loads(row.said) if row.said else None}


def _cover(row: Any) -> dict[str, Any]:
    """A village's part of his months."""
    numbered = [(row.first_month + n, letter) for n, letter in enumerate(row.letters) if letter.lower() in MONTH_STATES]
    return {
        "village": row.village, "state": row.state,
        "months": [
            {"month": months.text(month), "state": MONTH_STATES[letter.lower()], "unconfirmed": letter.isupper()}
            for month, letter in numbered
        ],
    }  # fmt: skip


def _photos(connection: Connection, ids: list[str], changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Photos and signatures: those that are here, and those that were named and never came."""
    here = {row.sha256: row for row in store.files_named(connection, [*ids, *(each["record"] for each in changes)])}
    named = {file.sha256 for each in changes for file in files_in(each["fields"])}
    return [
        {"sha256": sha, "size": here[sha].size, "type": here[sha].type, "named_at": _time(here[sha].at), "here": True}
        if sha in here else {"sha256": sha, "size": None, "type": None, "named_at": None, "here": False}
        for sha in sorted(named | here.keys())
    ]  # fmt: skip


def _change(each: dict[str, Any]) -> dict[str, Any]:
    return each | {"at": _time(each["at"]), "received": _time(each["received"])}


def _looks(connection: Connection, ids: list[str]) -> list[dict[str, Any]]:
    """Who has looked at him or changed his data, by name; `among`: how many people that list showed."""
    rows = store.looked_at(connection, ids, MOST_LOOKS)
    names = names_of(connection, {row.who for row in rows})
    return [
        {
            "number": row.id, "at": _time(row.at), "who": row.who, "name": names.get(row.who), "act": row.act,
            "among": loads(row.about).get("people"),
        }
        for row in rows
    ]  # fmt: skip


def _request(each: Request) -> dict[str, Any]:
    return {
        "number": each.id, "kind": each.kind, "asked_at": _time(each.asked_at), "due_at": _time(each.due_at),
        "state": each.state, "closed_at": _time(each.closed_at), "answer": each.answer,
    }  # fmt: skip


def _time(moment: int | None) -> str | None:
    return None if moment is None else from_ms(moment)
