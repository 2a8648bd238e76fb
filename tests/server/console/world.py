"""Two regencies full of people whose every word is an attack, and somebody of each role at the console of one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as of_each
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Boolean, Float, Integer, LargeBinary, Table, or_, select

from schemas.change import dumps
from schemas.fields import OPEN, RegionCode, Text, Things, VillageCode
from schemas.kinds import REGIONAL, kind_of
from server.actions import entries
from server.actions.enrol import make_code
from server.auth import CONSOLE, ROLES
from server.clock import now_ms
from server.console.door import cookie_name
from server.db import transaction
from server.jobs.timetable import timetable
from server.sealing import hash_token, new_token
from server.store import accounts
from server.store import desk_tables as d
from server.store import tables as t
from tests.schemas.samples import GOOD
from tests.server.installation import DAY_MS, VILLAGE, WORKER, Installation, Phone

HOME, FAR = "64.02", "64.03"
FAR_VILLAGE = "64.03.05.1003"
MARK, FAR_MARK = "Tandasini", "Rahasiasana"
OPEN_MARK = "Terbukasini"
"""Stands in what desks enter at home and says nothing of a person: who sees sums only may read it."""
NASTY = '"\'><img src=x onerror=alert(1)></textarea>{{7*7}}\u202e=1+1'
"""What would run, break out, be worked out, turn text round, or be a formula, if a page or a file let it."""
TABLES_OF_DESKS = ("list_file", "list_row", "export", "rights_request", "restriction", "breach", "breach_person")
NIK = {HOME: "6402115207909001", FAR: "6403055207909002"}


@dataclass
class Side:
    """One regency: its village, its phones, and ids of what there is, by the name that a rule's part has."""

    region: str
    village: str
    mark: str
    phones: list[Phone] = of_each(default_factory=list)
    parts: dict[str, Any] = of_each(default_factory=dict)


class Sitting:
    """Somebody at the console with a session of his own."""

    def __init__(self, server: Installation, role: str, region: str) -> None:
        self.server, self.role, self.region = server, role, region
        self.client: FlaskClient = server.app.test_client()
        self.token = new_token()
        with server.app.app_context(), transaction() as connection:
            name = f"{role} {region} {self.token[:6]}"
            self.account = accounts.add_account(connection, name, "-", role, region, now_ms())
            accounts.add_session(connection, hash_token(self.token), self.account, CONSOLE, now_ms() + DAY_MS, now_ms())
        with server.app.test_request_context():
            self.client.set_cookie(cookie_name(), self.token)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query_string=query or None)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        from server.console.door import csrf_of

        return self.client.post(path, data={"csrf": csrf_of(self.token)} | (data or {}), **more)


@dataclass
class World:
    server: Installation
    home: Side
    far: Side
    people: dict[str, Sitting]


def attack(fields: dict[str, Any], mark: str) -> dict[str, Any]:
    """The fields with every text that a phone can send made nasty."""
    texts = {
        "full_name": f"{mark} {NASTY}"[:100], "birth_place": NASTY, "mother_name": f"{mark} {NASTY}",
        "address": NASTY, "rt": "=1+1", "rw": "<b>1</b>", "postcode": "<i>", "work_place": NASTY,
        "email": "javascript:alert(1)",
        "occupation_text": NASTY, "kpj": "<s>9</s>", "notes": f"{mark} {NASTY}", "extra.lain": NASTY,
        "extra.<b>x</b>": NASTY,
        "heirs": [{"name": f"{mark} {NASTY}"[:100], "relation": NASTY[:50]}],
        "consent": WORKER["consent"] | {"witness": NASTY},
    }  # fmt: skip
    return fields | texts


def build(server: Installation) -> World:
    home = _side(server, HOME, VILLAGE, MARK)
    far = _side(server, FAR, FAR_VILLAGE, FAR_MARK)
    with server.app.app_context():
        for job in timetable(server.settings).values():
            if job.name not in ("backup", "tidy", "drill", "linkage", "retention"):
                job.action(server.settings, now_ms())
        for side in (home, far):
            _plant(side)
            _enter(side)
    return World(server, home, far, {role: Sitting(server, role, HOME) for role in ROLES})


def _side(server: Installation, region: str, village: str, mark: str) -> Side:
    side = Side(region, village, mark)
    for number in (1, 2):
        with server.app.app_context():
            code = make_code(f"{mark} {NASTY}"[:100], [village], server.settings, now_ms()).code
        asked = {"code": code, "name": f"{mark} {NASTY}"[:100], "platform": NASTY}
        answer = server.client.post("/api/v1/enrol", json=asked)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        phone = Phone(server.client, answer.json)
        status = {"app": NASTY, "queued": 12, "oldest": "2026-11-18T01:00:00.000Z", "persisted": False, "free_bytes": 1}
        fields = attack(WORKER | {"nik": NIK[region], "birth_date": f"1990-07-1{number}"}, mark)
        phone.sync(phone.change(None, fields), phone.change(None, {"nik": f"{mark} {NASTY}"}), status=status)
        side.phones.append(phone)
    first, second = side.phones
    record = f"{first.id}-1"
    seen = {first.id: 1}
    for phone in side.phones:
        phone.sync(phone.change(record, {"full_name": f"{mark} {phone.id} {NASTY}"[:100]}, seen=seen, village=village))
    paid = {
        "worker": record, "months": ["2026-11"], "programs": ["JKK", "JKM"], "amount": 16800, "funding": "self",
        "paid_on": "2026-11-02", "receipt": f"{mark} {NASTY}"[:100], "collected_by": f"{mark} {NASTY}"[:100],
    }  # fmt: skip
    claim = {
        "worker": record, "program": "JKK", "event": "accident", "event_date": "2026-11-02",
        "event_place": NASTY, "chronology": f"{mark} {NASTY}",
    }  # fmt: skip
    visit = {"village": village, "date": "2026-11-02", "purpose": "feedback", "text": f"{mark} {NASTY}", "theme": NASTY}
    for kind, fields in (("contribution", paid), ("claim", claim), ("visit", visit)):
        assert kind_of(kind)
        first.sync(first.change(None, fields, kind=kind))
    second.sync(second.change(f"{first.id}-999", {"notes": f"{mark} menunggu"}, village=village))
    side.parts = {
        "claim": f"{first.id}-5", "visit": f"{first.id}-6", "contribution": f"{first.id}-4",
        "device": second.id, "seq": 2, "record": record, "village": village, "region": region, "code": village,
        "a": record, "b": f"{second.id}-1", "other": f"{second.id}-1", "kind": "workers", "field": "full_name",
        "sha256": "a" * 64, "job": "merge", "form": "worker", "version": 1, "number": 1, "verdict": "likely",
        "year": 2026, "day": "2026-11-26", "format": "csv", "what": "workers", "engine": "duckdb",
    }  # fmt: skip
    return side


def _plant(side: Side) -> None:
    """One row of each table that only desks fill, so that every page has something to give away."""
    with transaction() as connection:
        for name in TABLES_OF_DESKS:
            table = t.metadata.tables[name]
            row = _row(table, side)
            made = connection.execute(table.insert().values(row))
            if "id" in table.c:
                side.parts[name] = made.inserted_primary_key[0]
        side.parts["listed"] = side.parts["list_file"]
        side.parts["account"] = accounts.add_account(
            connection, f"{side.mark} {side.region}", "-", "operator", side.region, now_ms()
        )


def _enter(side: Side) -> None:
    """One record of each kind that desks enter about a region; every text in it an attack."""
    ids = {
        name: kind.id_of(side.village if name == "profile" else side.region, KEYS.get(name, "walk1"))
        for name, kind in REGIONAL.items()
    }  # fmt: skip
    for name, kind in REGIONAL.items():
        fields = dict(GOOD[name])
        for field, told in kind.schema.fields.items():
            if isinstance(told, Text):
                mark = OPEN_MARK if side.mark == MARK and kind.privacy(field) == OPEN else side.mark
                mark = OPEN_MARK if name == "solution" else mark  # published: shown to every region
                fields[field] = f"{mark} {NASTY}"[: told.longest]
            elif isinstance(told, RegionCode | VillageCode):
                fields[field] = side.village
            elif isinstance(told, Things) and name == "meeting":
                fields[field] = [{"name": f"{side.mark} {NASTY}"[:100], "office": NASTY}]
            elif field in ids and field not in ("target", name) and isinstance(fields.get(field), str):
                fields[field] = ids[field]
        fields |= {"worker": side.parts["record"]} if name == "beneficiary" else {}
        given = {field: value for field, value in fields.items() if value is not None}
        entries.begin(name, ids[name].split(":")[1], ids[name].split(":")[2], given, None, now_ms())
    side.parts |= {name: record for name, record in ids.items() if name != "target"}


KEYS = {"target": "2026", "profile": "2026", "beneficiary": "walk1." + "0" * 20}


def _list_of_members() -> dict[str, Any]:
    """What a list that was matched keeps of its file."""
    columns = {
        "format": "csv", "sheet": None, "row": 1, "headings": ["NIK", NASTY], "separator": ";", "encoding": "utf-8",
        "sample": [[2, NASTY, NASTY]],
    }  # fmt: skip
    totals = {"rows": {"likely": {"open": 1}}, "months": ["2026-11"], "only_here": 1}
    return {
        "columns": dumps(columns), "mapping": dumps({"columns": {"1": "full_name"}}), "state": "ready",
        "totals": dumps(totals), "as_of": "2026-11-20",
    }  # fmt: skip


def _row(table: Table, side: Side) -> dict[str, Any]:
    given = {
        "region": side.region, "home_a": side.village, "home_b": side.village, "village": side.village,
        "record": side.parts["record"], "a": side.parts["a"], "b": side.parts["b"], "state": "open",
        "purpose": "members", "kind": "access", "what": "workers", "format": "csv", "verdict": "likely", "account": 1,
        "list": side.parts.get("list_file"), "breach": side.parts.get("breach"), "comparisons": "[]", "asked": "{}",
        "columns": '["nama"]', "mapping": "{}", "about": "{}", "said": "{}",
        "source": "device" if table is d.breach else None, "source_id": side.phones[0].id,
    }  # fmt: skip
    if table is d.list_file:
        given |= _list_of_members()
    elif table is d.list_row:
        given |= {"decision": "open", "said": dumps({"full_name": f"{side.mark} {NASTY}"}), "number": 2}
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name == "id" or (column.name in given and given[column.name] is None):
            continue
        if column.name in given:
            row[column.name] = given[column.name]
        elif not column.nullable:
            row[column.name] = _some(column.type, column.name, side)
    return row


def _some(kind: Any, name: str, side: Side) -> Any:
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Float):
        return 0.9
    if isinstance(kind, Integer):
        return now_ms() if name.endswith("_at") or name == "since" else 1
    return b"x" if isinstance(kind, LargeBinary) else f"{side.mark} {NASTY}"


PART = re.compile(r"<(?:[a-z]+(?:\([^)]*\))?:)?(\w+)>")


def filled(rule: str, name: str, side: Side) -> str | None:
    """The rule's path with what there is on a side; None where the walk does not know a part."""
    path = rule
    for part in PART.findall(rule):
        value = side.parts.get(SAID.get((name, part), part), side.parts.get(part))
        if value is None:
            return None
        path = re.sub(rf"<[^>]*\b{part}>", str(value), path, count=1)
    return path


SAID: dict[tuple[str, str], str] = {}
"""(page, part of its rule) -> what it is called in `Side.parts`, where the part's own name does not say it."""


def contents(server: Installation, but: frozenset[str]) -> dict[str, list[Any]]:
    """Everything that is stored, table by table; of the country's regions those that a desk touched."""
    with server.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(_all_of(table)))) for table in t.metadata.sorted_tables
            if table.name not in but
        }  # fmt: skip


def _all_of(table: Table) -> Any:
    if table is not t.region:
        return select(table)
    touched = or_(table.c.added_at.is_not(None), table.c.ended_on.is_not(None), table.c.code == FAR_VILLAGE)
    return select(table).where(touched)


def pages(world: World) -> Iterator[str]:
    """Every rule under the console that the application has, whoever offered it."""
    for rule in world.server.app.url_map.iter_rules():
        if rule.rule.startswith("/console"):
            yield rule.rule
