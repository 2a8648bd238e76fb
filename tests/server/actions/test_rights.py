"""What people ask about their own data is done in the law's time, and everything held of one person fits in one file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from schemas.change import loads
from server.actions import decrees, entries, people_index, rights
from server.actions.auditing import verify
from server.actions.dossier import dossier
from server.actions.rights import Clash, Wrong
from server.actions.settle import NoSuchRecord, OutsideRegion, link
from server.clock import now_ms
from server.db import reading
from server.store import scoping
from server.store import desk_tables as d
from server.store import tables as t
from server.store.accounts import Account
from server.store.scoping import Scope
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, WORKER, Installation, Phone, copied

HOURS = 60 * 60 * 1000
REGENCY, FAR = Scope("64.02"), Scope("64.03")


class Desk:
    """One installation for the module, with somebody at a desk of each of two regencies."""

    def __init__(self, server: Installation) -> None:
        self.server = server
        self.siti: Phone = server.enrolled(VILLAGE)
        self.niks = iter(range(9100, 9999))
        self.near, self.far = self.somebody("operator", "64.02"), self.somebody("operator", "64.03")

    def somebody(self, role: str, region: str) -> Account:
        made = self.server.person(role, region)
        return Account(made.id, role, "-", role, region)

    def worker(self, **more: Any) -> str:
        nik = f"640211520790{next(self.niks)}"
        self.siti.sync(self.siti.change(None, WORKER | {"nik": nik} | more))
        return f"{self.siti.id}-{self.siti.seq}"

    def asked(self, kind: str, record: str, **more: Any) -> int:
        given = {"asked_by": "person", "proven_by": "card", "note": "kata-katanya", "asked_at": now_ms()} | more
        return rights.ask(REGENCY, record, kind, account=self.near, now=now_ms(), **given)

    def done(self, number: int, **more: Any) -> None:
        rights.carry_out(REGENCY, number, "", self.near, self.server.settings, now_ms(), **more)

    def fields(self, record: str) -> dict[str, Any]:
        with reading() as connection:
            return loads(connection.scalar(select(t.record.c.fields).where(t.record.c.id == record)))

    def row(self, number: int) -> Any:
        with reading() as connection:
            return connection.execute(select(d.rights_request).where(d.rights_request.c.id == number)).one()


@pytest.fixture(scope="module")
def desk(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    server = Installation(copied(template, tmp_path_factory.mktemp("rights") / "var"))
    with server.app.app_context():
        yield Desk(server)
    server.close()


@pytest.mark.parametrize("kind", rights.KINDS)
def test_every_right_has_its_clock_with_a_source(desk, kind):
    rule = rights.rule_of(kind, now_ms(), VILLAGE)
    assert rule.value["hours"] == 72 and rule.source and rule.value["article"]
    number = desk.asked(kind, desk.worker(), asked_at=now_ms() - 10 * HOURS)
    assert desk.row(number).due_at - desk.row(number).asked_at == 72 * HOURS and desk.row(number).rule == rule.id


def test_a_request_that_was_not_answered_in_time_is_shown_as_overdue(desk):
    before = rights.how_many(Scope("64.02.11"), now_ms())
    desk.asked("access", desk.worker(), asked_at=now_ms() - 80 * HOURS)
    desk.asked("access", desk.worker())
    after = rights.how_many(Scope("64.02.11"), now_ms())
    assert (after[0] - before[0], after[1] - before[1]) == (2, 1)
    first = rights.list_requests(REGENCY, True, None).requests[0]
    assert first.due_at < now_ms(), "what is due first stands first"


def test_somebody_else_must_bring_a_letter(desk):
    record = desk.worker()
    with pytest.raises(Wrong) as wrong:
        desk.asked("access", record, asked_by="heir")
    assert "proven_by" in wrong.value.errors
    desk.asked("access", record, asked_by="heir", proven_by="paper")
    with pytest.raises(Wrong):
        desk.asked("access", record, asked_at=now_ms() + HOURS)
    with pytest.raises(Wrong):
        desk.asked("everything", record)


def test_a_desk_of_another_regency_neither_finds_the_person_nor_the_request(desk):
    record = desk.worker()
    number = desk.asked("restriction", record)
    with scoping.asking_within(FAR):
        assert rights.find_people(FAR, record) == [] and rights.person_of(FAR, record) is None
        assert rights.look(FAR, number) is None
        with pytest.raises(NoSuchRecord):
            rights.carry_out(FAR, number, "", desk.far, desk.server.settings, now_ms())
    with pytest.raises(OutsideRegion):
        rights.carry_out(REGENCY, number, "", desk.far, desk.server.settings, now_ms())


def test_a_person_is_found_by_nik_however_it_is_typed_and_by_number_of_record(desk):
    record = desk.worker()
    nik = desk.fields(record)["nik"]
    with scoping.asking_within(REGENCY):
        for typed in (nik, f"{nik[:6]} {nik[6:12]} {nik[12:]}", record):
            assert [person.record for person in rights.find_people(REGENCY, typed)] == [record]


def test_a_withdrawal_stops_the_processing_and_is_told_to_the_phones(desk):
    record = desk.worker()
    number = desk.asked("withdrawal", record)
    desk.done(number)
    fields = desk.fields(record)
    assert fields["status"] == "withdrawn" and fields["consent"]["purposes"] == []
    assert fields["full_name"] == WORKER["full_name"], "nothing else is lost"
    told = {each["record"]: each for each in desk.siti.sync()["records"]}
    assert told[record]["fields"]["status"] == "withdrawn"
    assert desk.row(number).state == "done"
    with pytest.raises(Clash):
        desk.done(number)


def test_a_withdrawal_that_was_cut_before_it_was_closed_can_be_done_again(desk, monkeypatch):
    record = desk.worker()
    number = desk.asked("withdrawal", record)
    with monkeypatch.context() as broken:
        broken.setattr(rights, "_close", lambda *_: (_ for _ in ()).throw(RuntimeError))
        with pytest.raises(RuntimeError):
            desk.done(number)
    assert desk.row(number).state == "open" and desk.fields(record)["status"] == "withdrawn"
    with reading() as connection:
        before = len(connection.execute(select(t.change).where(t.change.c.record == record)).all())
    desk.done(number)
    with reading() as connection:
        assert len(connection.execute(select(t.change).where(t.change.c.record == record)).all()) == before


def test_a_restriction_stands_until_it_is_lifted_and_officers_are_told_both_times(desk):
    record = desk.worker()
    desk.siti.sync()
    desk.done(desk.asked("restriction", record))
    with scoping.asking_within(REGENCY):
        assert record in [row.record for row in rights.list_restricted(REGENCY, None).rows]
    assert "dibatasi" in json.dumps(desk.siti.sync())
    desk.done(desk.asked("lifting", record))
    with reading() as connection:
        assert connection.scalar(select(d.restriction.c.record).where(d.restriction.c.record == record)) is None
    assert "dicabut" in json.dumps(desk.siti.sync())


def test_a_restriction_follows_the_person_when_his_records_are_joined(desk):
    carrier, other = sorted((desk.worker(), desk.worker()))
    number = desk.asked("restriction", other)
    desk.done(number)
    link(carrier, other, True, "orang yang sama", None, now_ms())
    people_index.follow(desk.server.settings, now_ms())
    with scoping.asking_within(REGENCY):
        assert rights.look(REGENCY, number).restricted
    with reading() as connection:
        marked = connection.scalar(select(d.person.c.restricted).where(d.person.c.record == carrier))
    assert marked
    desk.done(desk.asked("lifting", carrier))
    with reading() as connection:
        named = connection.execute(select(d.restriction.c.record).where(d.restriction.c.record.in_([carrier, other])))
        assert named.all() == []
        assert not connection.scalar(select(d.person.c.restricted).where(d.person.c.record == carrier))


def test_a_correction_is_a_change_of_the_desks(desk):
    record = desk.worker()
    desk.done(desk.asked("correction", record), fields={"full_name": "Nur Hayati Baru"})
    assert desk.fields(record)["full_name"] == "Nur Hayati Baru"


def test_before_an_erasure_is_shown_what_the_law_may_want_kept(desk):
    record = desk.worker()
    paid = {
        "worker": record, "months": ["2026-11"], "programs": ["JKK", "JKM"], "amount": 16800, "funding": "self",
        "paid_on": "2026-11-02",
    }  # fmt: skip
    desk.siti.sync(desk.siti.change(None, paid, kind="contribution"))
    before = desk.asked("correction", record)
    rights.refuse(REGENCY, before, "Nur Hayati memang namanya.", desk.near, now_ms())
    number = desk.asked("erasure", record)
    with scoping.asking_within(REGENCY):
        seen = rights.look(REGENCY, number)
    assert [(kind, fields["months"]) for kind, _, fields in seen.owed] == [("contribution", ["2026-11"])]
    desk.done(number)
    with scoping.asking_within(REGENCY):
        assert rights.look(REGENCY, number).person is None
    assert desk.row(number).note == desk.row(before).answer == "", "what was written of him goes too"


def test_a_refusal_needs_a_reason(desk):
    number = desk.asked("access", desk.worker())
    with pytest.raises(Wrong):
        rights.refuse(REGENCY, number, "  ", desk.near, now_ms())
    rights.refuse(REGENCY, number, "Bukan orangnya yang meminta.", desk.near, now_ms())
    assert (desk.row(number).state, desk.row(number).answer) == ("refused", "Bukan orangnya yang meminta.")


def test_one_persons_file_holds_all_that_is_held_of_him_and_who_has_seen_it(desk):
    record = desk.worker(notes="catatan petugas", photo_person={"sha256": "ab" * 32, "size": 1000, "type": "image/webp"})
    desk.siti.sync(desk.siti.change(record, {"phone": "+628125550009"}, seen={desk.siti.id: desk.siti.seq}))
    claim = {"worker": record, "program": "JKK", "event": "accident", "event_date": "2026-11-02", "event_place": "kebun"}
    desk.siti.sync(desk.siti.change(None, claim, kind="claim"), desk.siti.change(record, {"sex": "?"}))
    desk.server.person("operator", "64.02").get("/api/v1/quarantine")
    number = desk.asked("access", record)
    with scoping.asking_within(REGENCY):
        seen = rights.look(REGENCY, number)
        told = dossier(REGENCY, seen.request, desk.server.settings, now_ms(), "json")
    assert json.loads(json.dumps(told)) == told, "plain JSON"
    assert told["fields"]["notes"] == "catatan petugas" and told["fields"]["phone"] == "+628125550009"
    assert [each["became"] for each in told["history"]] == ["merged", "merged", "quarantined"]
    assert told["history"][2]["fields"] == {"sex": "?"}, "also what was set aside is data about him"
    assert [each["fields"]["event_place"] for each in told["claims"]] == ["kebun"]
    assert [photo["sha256"] for photo in told["photos"]] == ["ab" * 32] and told["photos"][0]["here"] is False
    assert {look["act"] for look in told["looked_at"]} >= {"list", "rights", "open"}
    assert desk.siti.id in [phone["device"] for phone in told["held_by_phones"]]
    assert [each["kind"] for each in told["requests"]] == ["access"]


def test_the_file_tells_on_which_decree_he_stands_and_why(desk):
    record = desk.worker()
    decree = entries.begin("decree", "64.02", "uji4", {
        "title": "Penerima 2026", "state": "draft", "funding": "apbd_regency", "first_month": "2026-11",
        "last_month": "2026-12", "programs": ["JKK", "JKM"],
    }, desk.near, now_ms())  # fmt: skip
    name = decrees.name_of(decree, record)
    because = ["decile:2:31.11", "risk:5:10"]
    entries.begin("beneficiary", "64.02", name.split(":")[2], {
        "worker": record, "decree": decree, "rank": 3, "score": 41.11, "because": because}, desk.near, now_ms())  # fmt: skip
    number = desk.asked("access", record)
    district = Scope("64.02.11")  # the decree is of the regency above, the file is his
    with scoping.asking_within(district):
        told = dossier(district, rights.look(district, number).request, desk.server.settings, now_ms(), "json")
    (one,) = told["decrees"]
    assert one["record"] == name and one["decree"]["title"] == "Penerima 2026" and one["fields"]["score"] == 41.11
    assert one["because"][0] == {"criterion": "decile", "value": "2", "points": "31.11"}
    assert told["funded_twice"] == [] and json.loads(json.dumps(told)) == told


def test_a_person_who_moved_takes_his_file_along(desk):
    both = desk.server.enrolled(VILLAGE, NEIGHBOUR)
    record = desk.worker()
    both.sync(both.change(record, {"village": NEIGHBOUR}, seen={desk.siti.id: desk.siti.seq}, village=VILLAGE))
    number = desk.asked("access", record)
    assert desk.row(number).region == NEIGHBOUR != ELSEWHERE
    with scoping.asking_within(REGENCY):
        told = dossier(REGENCY, rights.look(REGENCY, number).request, desk.server.settings, now_ms(), "html")
    assert told["village"]["code"] == NEIGHBOUR and len(told["history"]) == 2


def test_all_of_it_stands_in_an_audit_log_that_holds(desk):
    found = verify(desk.server.settings)
    assert found.holds, found.broken and found.broken.said()
    with reading() as connection:
        acts = set(connection.scalars(select(d.audit.c.act)))
    assert {"rights", "restrict", "erase", "download", "write"} <= acts
