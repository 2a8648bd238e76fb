"""`/api/v1/entries`: what desks enter about regions (targets, budget lines, duties …), read and written by programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response
from marshmallow import fields

from schemas import problem
from schemas.change import from_ms
from schemas.kinds import REGIONAL
from schemas.problem import Problem
from server import auth
from server.actions import entries_api as acts
from server.actions.entries import Entry
from server.actions.regions import region_exists
from server.api import door, messages
from server.api.conflicts import PAGED, desk_refusals
from server.api.messages import Message
from server.api.routes import call
from server.clock import now_ms
from server.problems import Refusal
from server.store.accounts import Account
from server.store.scoping import Scope

WRITE = "write entries"
WRITING: tuple[Problem, ...] = (
    problem.OUTSIDE_REGION, problem.NOT_FOUND, problem.NOT_SEEN, problem.AT_DESK, problem.ENTRY_CLOSED, problem.INVALID,
)  # fmt: skip


class Asked(messages.Page):
    kind = messages.choice(*REGIONAL, required=True)


class Written(Message):
    """seen: as the record was told; `{}` begins one. fields: those to be set, after `kind.<kind>`; the others stay."""

    seen = messages.seen(required=True)
    fields_ = messages.record_fields(required=True)


class EntryTold(Message):
    """fields: after `kind.<kind>`. withheld: names of fields that are there and not for whoever asks."""

    record = fields.String(required=True)
    kind = fields.String(required=True)
    region = fields.String(required=True)
    fields_ = fields.Dict(required=True, data_key="fields")
    withheld = fields.List(fields.String(), required=True)
    seen = fields.Dict(fields.String(), fields.Integer(), required=True)
    conflicts = fields.List(fields.String(), required=True)
    created = fields.String(required=True)
    version = fields.Integer(required=True)


class Entries(Message):
    entries = fields.List(fields.Nested(EntryTold), required=True)
    next = fields.String(required=True, allow_none=True)


@call(
    "GET", "/entries",
    ("Catatan satu jenis yang dibuat meja tentang wilayah: target, anggaran, SK, siklus, tugas, perjanjian, dan lainnya.",
     "Records of one kind that desks enter about regions: targets, budget lines, decrees, cycles, duties, agreements …"),
    who="person", act="see figures", query=Asked(), answers=Entries(), problems=(problem.FORBIDDEN, *PAGED),
)  # fmt: skip
def entries_within() -> Response:
    asked = door.query(Asked())
    account, scope = door.scope("see figures", asked["within"])
    kind, cursor = asked["kind"], asked["cursor"]
    auth.allow(account, acts.WAYS[kind].see, scope)
    if cursor is not None and REGIONAL[kind].fixed_id(cursor) is None:
        raise door.invalid({"cursor": ["bad-cursor"]})
    page = acts.page(scope, kind, cursor or "", asked["limit"])
    acts.note_people(scope, kind, page.entries, is_list=True)
    return door.answer({"entries": [_told(account, each) for each in page.entries], "next": page.next})


@call(
    "GET", "/entries/<record>",
    ("Satu catatan yang dibuat meja, `jenis:wilayah:kunci`.",
     "One record that a desk entered, `kind:region:key`."),
    who="person", act="see figures", answers=EntryTold(), cached=True,
    problems=(problem.OUTSIDE_REGION, problem.NOT_FOUND),
)  # fmt: skip
def entry(record: str) -> Response:
    account, scope = _scope("see figures", record, "see")
    found = acts.find(scope, record)
    if found is None:
        raise Refusal(problem.NOT_FOUND)
    acts.note_people(scope, found.kind, [found], is_list=False)
    return door.answer_cached(_told(account, found))


@call(
    "PUT", "/entries/<record>",
    ("Buat atau ubah satu catatan meja; jawabannya catatan itu sekarang. Keadaan yang harus disetujui dua orang, dan yang "
     "dibekukan atau disegel server, hanya bisa ditetapkan di konsol (`at-desk`).",
     "Begin or change one of these records; answers it as it now is. States that two people must agree on, and what the "
     "server freezes or seals, are set in the console alone (`at-desk`)."),
    who="person", act=WRITE, body=Written(), answers=EntryTold(), problems=WRITING,
)  # fmt: skip
def put_entry(record: str) -> Response:
    account, scope = _scope(WRITE, record, "act")
    asked = door.load(Written())
    with _refusals(account, scope, record):
        found = acts.put(scope, record, asked["seen"], asked["fields_"], account, now_ms())
    return door.answer(_told(account, found))


def _scope(act: str, record: str, way: str) -> tuple[Account, Scope]:
    """The person who calls and his region, which holds the record's; Refusal else. way: which act of the kind he needs."""
    known = auth.allow(door.who(), act)
    kind = REGIONAL.get(record.partition(":")[0])
    region = kind.fixed_id(record) if kind else None
    if kind is None or region is None:
        raise Refusal(problem.NOT_FOUND)
    auth.allow(known, getattr(acts.WAYS[kind.name], way), region)
    if not region_exists(region):
        raise Refusal(problem.NOT_FOUND)
    return auth.scope_of(known, act)


@contextmanager
def _refusals(account: Account, scope: Scope, record: str) -> Iterator[None]:
    try:
        with desk_refusals(scope):
            yield
    except acts.AtDesk as at_desk:
        raise Refusal(problem.AT_DESK, fields=at_desk.fields) from None
    except acts.Closed as closed:
        raise Refusal(problem.ENTRY_CLOSED, record=closed.record, state=closed.state) from None
    except Refusal as refusal:
        if refusal.what is not problem.NOT_SEEN:
            raise
        found = acts.find(scope, record)
        raise Refusal(problem.NOT_SEEN, record=_told(account, found) if found else None) from None


def _told(account: Account, entry: Entry) -> dict[str, Any]:
    said, withheld = acts.told_to(account, entry)
    return {
        "record": entry.record, "kind": entry.kind, "region": entry.home, "fields": said, "withheld": withheld,
        "seen": entry.seen, "conflicts": [name for name in entry.conflicts if name not in withheld],
        "created": from_ms(entry.created_at), "version": entry.version,
    }  # fmt: skip
