"""What is past its time goes by itself where a rule says so; nobody with a claim or a confirmed contribution ever does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from programme.rules import load_data_law
from server.actions import people_index, retention
from server.actions.auditing import verify
from server.actions.settle import erase, settle
from server.clock import now_ms
from server.db import reading, transaction
from server.store import desk_tables as d
from server.store import scoping
from server.store import tables as t
from server.store.accounts import Account
from server.store.scoping import Scope
from tests.server.installation import DAY_MS, VILLAGE, WORKER, Installation

REGENCY = Scope("64.02")
YEARS = 3 * 365 * DAY_MS
ADMIN = Account(1, "admin", "-", "admin", "id")


def withdrawn(server: Installation, phone: Any, nik: str, *more: dict[str, Any]) -> str:
    """A worker who withdrew, with what was paid or claimed for him."""
    phone.sync(phone.change(None, WORKER | {"nik": nik, "status": "withdrawn"}))
    record = f"{phone.id}-{phone.seq}"
    for each in more:
        phone.sync(phone.change(None, {key: value for key, value in each.items() if key != "kind"} | {"worker": record},
                                kind=each["kind"]))  # fmt: skip
    return record


PAID = {
    "kind": "contribution", "months": ["2026-11"], "programs": ["JKK", "JKM"], "amount": 16800, "funding": "self",
    "paid_on": "2026-11-02",
}  # fmt: skip
CLAIMED = {"kind": "claim", "program": "JKK", "event": "accident", "event_date": "2026-11-02"}


def later(server: Installation, days: int) -> int:
    """The nightly job, so many days from now."""
    people_index.follow(server.settings, now_ms())
    return retention.run(server.settings, now_ms() + days * DAY_MS)


def test_every_kind_of_thing_has_its_days_a_source_and_who_lets_it_go():
    for rule in retention.schedule():
        assert rule.value["by"] in ("job", "person", "never") and rule.source
    assert {rule.name for rule in load_data_law() if rule.name.startswith("keep_")} == set(retention.NAMES)
    assert load_data_law().latest("keep_audit").value["by"] == "never"


def test_a_withdrawn_registration_is_put_before_a_person_and_never_one_with_a_claim_or_confirmed_contribution(server):
    phone = server.enrolled(VILLAGE)
    plain = withdrawn(server, phone, "6402115207909301")
    withdrawn(server, phone, "6402115207909302", CLAIMED)
    paid_unconfirmed = withdrawn(server, phone, "6402115207909303", PAID)
    confirmed = withdrawn(server, phone, "6402115207909304", PAID)
    contribution = f"{phone.id}-{phone.seq}"
    with server.app.app_context():
        settle(contribution, None, {"confirmed": True, "confirmed_on": "2026-11-20"}, None, now_ms())
        later(server, 100)
        with scoping.asking_within(REGENCY):
            assert retention.waiting(REGENCY, None).due == [], "its time has not run out"
        later(server, 200)
        with scoping.asking_within(REGENCY):
            waiting = retention.waiting(REGENCY, None)
        assert [each.record for each, _ in waiting.due] == sorted([plain, paid_unconfirmed])
        with reading() as connection:
            there = {row.id for row in connection.execute(select(t.record.c.id).where(t.record.c.erased.is_(False)))}
        assert {plain, confirmed} <= there, "the job itself erases nobody"


def test_what_an_admin_agrees_to_goes_and_a_claim_of_this_morning_still_saves_the_record(server):
    phone = server.enrolled(VILLAGE)
    first, second = (withdrawn(server, phone, f"640211520790931{n}") for n in (1, 2))
    with server.app.app_context():
        later(server, 200)
        phone.sync(phone.change(None, {key: value for key, value in CLAIMED.items() if key != "kind"} | {"worker": second},
                                kind="claim"))  # fmt: skip
        with scoping.asking_within(REGENCY):
            gone = retention.let_go(REGENCY, [first, second, "nobody-1"], ADMIN, server.settings, now_ms())
            assert gone == 1 and retention.how_many(REGENCY) == 0
        with reading() as connection:
            erased = dict(connection.execute(select(t.record.c.id, t.record.c.erased)).all())
    assert erased[first] and not erased[second]


def test_somebody_of_another_region_lets_nobody_go(server):
    phone = server.enrolled(VILLAGE)
    record = withdrawn(server, phone, "6402115207909321")
    with server.app.app_context():
        later(server, 200)
        far = Scope("64.03")
        with scoping.asking_within(far):
            assert retention.let_go(far, [record], replace_region("64.03"), server.settings, now_ms()) == 0


def replace_region(region: str) -> Account:
    return ADMIN._replace(region=region)


def test_the_content_of_what_was_set_aside_goes_after_its_time_and_the_audit_log_still_holds(server):
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change(), phone.change(None, {"nik": "12", "full_name": "Rahasia"}))
    with server.app.app_context():
        later(server, 100)
        assert sent(phone.id, 2) is not None
        assert later(server, 400) >= 1
        assert sent(phone.id, 2) is None and sent(phone.id, 1) is not None
        found = verify(server.settings)
        assert found.holds, found.broken and found.broken.said()
        assert later(server, 400) == 0, "run again it finds nothing"


def sent(device: str, seq: int) -> str | None:
    with reading() as connection:
        row = connection.execute(select(t.change).where(t.change.c.device == device, t.change.c.seq == seq)).one()
    return row.sent or row.fields


def test_values_that_went_without_a_note_of_the_schedule_are_found(server):
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change(None, {"nik": "12"}))
    with server.app.app_context():
        with transaction() as connection:
            connection.execute(update(t.change).values(fields=None, sent=None, errors=None))
        found = verify(server.settings)
    assert found.broken is not None and found.broken.why == "blank"


def test_old_evidence_lists_notes_and_exports_go_and_young_ones_stay(server):
    now = now_ms()
    with server.app.app_context():
        with transaction() as connection:
            for name, at in (("old", now - 400 * DAY_MS), ("new", now - DAY_MS)):
                connection.execute(insert(t.evidence).values(device=name, seq=1, hash=b"x", record="r", sent="{}", at=at))
                connection.execute(insert(t.mail).values(device=name, record="r", note="tolong", at=at))
                connection.execute(insert(d.rights_request).values(
                    kind="access", record=name, region=VILLAGE, asked_by="person", proven_by="card", rule="x", asked_at=at,
                    due_at=at, state="done", note="kata", answer="ya", closed_at=at - (YEARS if name == "old" else 0) * 2,
                ))  # fmt: skip
        retention.run(server.settings, now)
        with reading() as connection:
            assert list(connection.scalars(select(t.evidence.c.device))) == ["new"]
            assert list(connection.scalars(select(t.mail.c.device))) == ["new"]
            notes = dict(connection.execute(select(d.rights_request.c.record, d.rights_request.c.note)).all())
            (entry,) = connection.execute(select(d.audit.c.about).where(d.audit.c.act == "retention")).all()
    assert notes == {"old": "", "new": "kata"} and '"keep_evidence":1' in entry.about


def test_a_candidate_of_years_ago_with_any_contribution_at_all_stays(server):
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change(None, WORKER | {"nik": "6402115207909331"}))
    alone = f"{phone.id}-{phone.seq}"
    phone.sync(phone.change(None, WORKER | {"nik": "6402115207909332"}))
    paid = {key: value for key, value in PAID.items() if key != "kind"} | {"worker": f"{phone.id}-{phone.seq}"}
    phone.sync(phone.change(None, paid, kind="contribution"))
    with server.app.app_context():
        later(server, 800)
        with reading() as connection:
            assert list(connection.scalars(select(d.retention_due.c.record))) == [alone]
        erase([alone], "permintaan", None, server.settings, now_ms())
        with reading() as connection:
            assert list(connection.scalars(select(d.retention_due.c.record))) == []


@pytest.mark.postgres
def test_the_schedule_says_the_same_on_postgresql(postgres_settings):
    server = Installation(replace(postgres_settings))
    phone = server.enrolled(VILLAGE)
    plain = withdrawn(server, phone, "6402115207909341")
    phone.sync(phone.change(None, {"nik": "12"}))
    with server.app.app_context():
        assert later(server, 400) == 2
        with reading() as connection:
            assert list(connection.scalars(select(d.retention_due.c.record))) == [plain]
        assert verify(server.settings).holds
        with transaction() as connection:
            connection.execute(text("SELECT 1"))
    server.close()
