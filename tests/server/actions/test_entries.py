"""What desks enter about regions: begun once, changed by who had seen it, approved by somebody else, inside the region."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.kinds import REGIONAL
from server.actions import entries, settle
from server.actions.entries import Entry
from server.actions.replay import replay
from server.actions.settle import BadFields, NoSuchRecord, NotSeen, OutsideRegion, OwnEntry
from server.auth import Scope
from server.clock import now_ms
from server.store.accounts import Account
from sync.accept import RECORD_ID
from tests.schemas.samples import GOOD
from tests.server.console.world import KEYS
from tests.server.installation import ELSEWHERE, VILLAGE, Installation, copied

REGENCY = "64.02"
SCENARIO = {"title": "APBD 2027, nelayan dulu", "year": 2027, "state": "draft"}


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    server = Installation(copied(template, tmp_path_factory.mktemp("entries") / "var"))
    yield server
    server.close()


class Office:
    """Two staff of a regency and what they do; every record gets a key of its own."""

    def __init__(self, server: Installation) -> None:
        self.server = server
        self.dewi, self.bayu = self.staff(REGENCY), self.staff(REGENCY)
        self.central = self.staff("id")

    def staff(self, region: str) -> Account:
        person = self.server.person("staff", region)
        return Account(person.id, f"staf {person.id}", "-", "staff", region)

    def begin(
        self, desk: Account | None, kind: str = "scenario", region: str = REGENCY, key: str | None = None, **said: Any
    ) -> str:
        with self.server.app.app_context():
            return entries.begin(kind, region, key or entries.new_key(), said or SCENARIO, desk, now_ms(), "plan")

    def change(
        self, desk: Account | None, record: str, seen: Any = None, how: dict[str, Any] | None = None, **said: Any
    ) -> str:
        with self.server.app.app_context():
            seen = self.entry(record).seen if seen is None else seen
            return entries.change(record.split(":")[0], record, seen, said, desk, now_ms(), "plan", **(how or {}))

    def approve(self, who: Account, record: str, seen: Any = None) -> str:
        return self.change(who, record, seen, {"others": ("state",), "whole": True}, state="adopted")

    def entry(self, record: str) -> Entry:
        with self.server.app.app_context():
            return entries.one(Scope("id"), record.split(":")[0], record)

    def hands(self, record: str, field: str = "title") -> list[Any]:
        with self.server.app.app_context():
            return [(hand.name, hand.value) for hand in entries.written_by(Scope("id"), record, field)]

    def is_by(self, who: Account, record: str) -> bool:
        with self.server.app.app_context():
            return entries.is_by(who, record, ("state",))


@pytest.fixture(scope="module")
def office(house: Installation) -> Office:
    return Office(house)


def test_a_form_that_staff_send_twice_makes_one_record(office: Office) -> None:
    key = entries.new_key()
    first = office.begin(office.dewi, key=key)
    spaced = SCENARIO | {"title": "  APBD 2027,  nelayan dulu "}
    assert office.begin(office.dewi, key=key, **SCENARIO) == first == f"scenario:{REGENCY}:{key}"
    assert office.begin(office.dewi, key=key, **SCENARIO | {"title": " APBD 2027, nelayan dulu "}) == first
    assert len(office.hands(first)) == 1
    with pytest.raises(NotSeen):
        office.begin(office.dewi, key=key, **spaced | {"title": "Yang lain"})


def test_two_clicks_in_one_moment_make_one_record_too(office: Office) -> None:
    key, ends = entries.new_key(), []
    barrier = threading.Barrier(2)

    def click() -> None:
        barrier.wait()
        try:
            ends.append(office.begin(office.dewi, key=key))
        except Exception as error:
            ends.append(error)

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert ends == [f"scenario:{REGENCY}:{key}"] * 2
    assert len(office.hands(ends[0])) == 1


def test_a_record_without_required_fields_is_not_begun_over_quietly(office: Office) -> None:
    """A year's target and profile need no field, so a second beginning may have none in common with what is there."""
    office.begin(office.dewi, "target", key="2031", workers=100)
    with pytest.raises(NotSeen):
        office.begin(office.bayu, "target", key="2031", rate=40)
    assert "rate" not in office.entry(f"target:{REGENCY}:2031").fields


def test_of_two_desks_at_one_record_the_later_one_is_told_of_the_first(office: Office) -> None:
    record = office.begin(office.dewi)
    seen = office.entry(record).seen
    office.change(office.dewi, record, seen, title="Petani dulu")
    with pytest.raises(NotSeen):
        office.change(office.bayu, record, seen, title="Perahu dulu")
    office.change(office.bayu, record, seen, notes="Menunggu KUA-PPAS")  # a field that nobody else touched
    assert office.entry(record).fields["title"] == "Petani dulu"
    with pytest.raises(NotSeen):
        office.change(office.bayu, record, seen, {"whole": True}, notes="Sudah terbit")
    with pytest.raises(NotSeen):
        office.change(office.bayu, record, {}, title="Tanpa melihat")


def test_what_is_typed_otherwise_and_says_the_same_is_no_change(office: Office) -> None:
    record = office.begin(office.dewi)
    office.change(office.bayu, record, title=f" {SCENARIO['title']} ", state="draft")
    assert [name for name, _ in office.hands(record)] == [name for name, _ in office.hands(record, "state")]
    assert len(office.hands(record)) == 1 and not office.is_by(office.bayu, record)


def test_what_one_proposed_another_approves_who_saw_all_of_it(office: Office) -> None:
    record = office.begin(office.dewi)
    office.change(office.dewi, record, state="proposed")
    assert office.is_by(office.dewi, record) and not office.is_by(office.bayu, record)
    with pytest.raises(OwnEntry):
        office.approve(office.dewi, record)
    seen = office.entry(record).seen
    office.change(office.dewi, record, notes="Sumur tambahan")
    with pytest.raises(NotSeen):
        office.approve(office.bayu, record, seen)
    office.approve(office.bayu, record)
    assert office.entry(record).fields["state"] == "adopted"


def test_nobody_approves_what_he_changed_himself_after_it_was_proposed(office: Office) -> None:
    record = office.begin(office.bayu)  # what he wrote before is proposed with the rest
    office.change(office.dewi, record, state="proposed")
    office.change(office.bayu, record, year=2028)
    assert office.is_by(office.bayu, record)
    with pytest.raises(OwnEntry):
        office.approve(office.bayu, record)
    office.change(office.bayu, record, year=2027)  # put back: it is his handwriting still
    with pytest.raises(OwnEntry):
        office.approve(office.bayu, record)
    office.change(office.dewi, record, state="draft")
    office.change(office.dewi, record, state="proposed")
    office.approve(office.bayu, record)


def test_a_second_writing_of_the_same_word_makes_nobody_its_author(office: Office) -> None:
    record = office.begin(office.dewi)
    office.change(office.dewi, record, state="proposed")
    office.change(office.bayu, record, state="proposed", notes="disimpan ulang")
    with pytest.raises(OwnEntry):
        office.approve(office.dewi, record)


def test_what_took_two_is_not_brought_back_by_one_who_undoes(office: Office) -> None:
    record = office.begin(office.dewi)
    office.change(office.dewi, record, state="proposed")
    office.approve(office.bayu, record)
    office.change(office.dewi, record, state="dropped")
    device, seq = max(office.entry(record).seen.items(), key=lambda item: item[1])
    with office.server.app.app_context(), pytest.raises(NoSuchRecord):
        settle.undo(record, device, seq, office.dewi, now_ms())
    with office.server.app.app_context(), pytest.raises(BadFields):
        settle.settle(record, office.entry(record).seen, {"state": "adopted"}, office.dewi, now_ms())
    assert office.entry(record).fields["state"] == "dropped"


def test_what_must_not_change_meanwhile_is_looked_up_under_the_lock(office: Office) -> None:
    record, told = office.begin(office.dewi), []

    def check(connection: Any, fields: Any) -> None:
        told.append(dict(fields))
        if fields["state"] != "draft":
            raise BadFields({"state": ["not-one-of:draft"]})

    office.change(office.dewi, record, how={"check": check}, title="Boleh")
    office.change(office.dewi, record, state="proposed")
    with pytest.raises(BadFields):
        office.change(office.dewi, record, how={"check": check}, title="Tidak boleh")
    assert [each["state"] for each in told] == ["draft", "proposed"]
    assert office.entry(record).fields["title"] == "Boleh"


def test_staff_write_inside_their_region_and_the_nations_records_are_the_nations(office: Office) -> None:
    for region in ("64", "id", "64.03", ELSEWHERE):
        with pytest.raises(OutsideRegion):
            office.begin(office.dewi, region=region)
    nation = office.begin(office.central, region="id")
    village = office.begin(office.dewi, region=VILLAGE)
    with pytest.raises(OutsideRegion):
        office.change(office.dewi, nation, title="Bukan milik saya")
    with pytest.raises(OutsideRegion):  # nor is he told that it says this already
        office.change(office.dewi, nation, title=SCENARIO["title"])
    with pytest.raises(OutsideRegion):
        office.begin(office.dewi, region="id", key=nation.split(":")[2])
    with office.server.app.app_context():
        here = Scope(REGENCY)
        assert entries.find(here, "scenario", nation) is None
        with pytest.raises(NoSuchRecord):
            entries.written_by(here, nation, "title")
        found = {each.record for each in entries.all_of(here, "scenario")}
        assert village in found and nation not in found
        assert {each.record for each in entries.all_of(here, "scenario", VILLAGE)} == {village}
        assert entries.these(here, [nation, village]).keys() == {village}
        assert nation in {each.record for each in entries.all_of(Scope("id"), "scenario")}


def test_a_region_or_a_key_that_is_none_is_refused_with_a_word_to_each(office: Office) -> None:
    for region, key in (("64.99", "a1"), (REGENCY, "A B"), (REGENCY, "a:b"), ("6402", "a1"), (REGENCY, "x" * 36)):
        with pytest.raises(BadFields) as bad:
            office.begin(None, region=region, key=key)
        assert bad.value.errors.keys() <= {"record", "region"}
    with pytest.raises(BadFields):
        office.begin(office.dewi, "target", key="1999", workers=4)
    with pytest.raises(BadFields) as lacks:
        office.begin(office.dewi, "duty", half="2026-3")
    assert lacks.value.errors.keys() == {"duty", "institution", "half", "state"}


def test_a_record_of_another_kind_is_not_changed_under_its_id(office: Office) -> None:
    record = office.begin(office.dewi)
    with office.server.app.app_context():
        for kind in ("budget", "target", "duty"):
            with pytest.raises(NoSuchRecord):
                entries.change(kind, record, {}, {"title": "x"}, office.dewi, now_ms())
            with pytest.raises(BadFields):
                settle.enter(kind, record, {}, {"title": "x"}, office.dewi, now_ms())
            with pytest.raises(NoSuchRecord):
                entries.one(Scope("id"), kind, record)
        with pytest.raises(BadFields):
            settle.enter("worker", "worker:64.02:a1", {}, {"full_name": "x"}, office.dewi, now_ms())


@pytest.mark.parametrize("kind", sorted(REGIONAL))
def test_each_kind_is_begun_changed_and_told_in_the_longest_id_that_it_has(office: Office, kind: str) -> None:
    key = KEYS.get(kind, "k" * 12 if kind == "decree" else "k" * 35)
    record = office.begin(office.dewi, kind, VILLAGE, key, **GOOD[kind])
    assert RECORD_ID.fullmatch(record) and len(record) <= 64
    office.change(office.bayu, record, **{"extra.catatan": "tambahan"})
    assert office.entry(record).fields["extra.catatan"] == "tambahan"
    assert office.entry(record).key == key and office.entry(record).home == VILLAGE


def test_who_wrote_a_field_is_told_in_order_with_the_machine_as_nobody(office: Office) -> None:
    record = office.begin(None)
    office.change(office.dewi, record, title="Dewi")
    office.change(office.bayu, record, title="Bayu")
    told = office.hands(record)
    assert [value for _, value in told] == [SCENARIO["title"], "Dewi", "Bayu"]
    assert told[0][0] is None and told[1][0] != told[2][0] and told[1][0] is not None


def test_lists_go_on_where_they_ended_on_either_database(either_server: Installation) -> None:
    office = Office(either_server)
    places = [REGENCY, "64.02.11", VILLAGE, "64.03", "64", "id"]
    made = sorted(office.begin(office.central, "agreement", region, f"k{n}", **GOOD["agreement"])
                  for region in places for n in range(2))  # fmt: skip
    with either_server.app.app_context():
        for scope in ("id", "64", REGENCY, "64.02.11", VILLAGE):
            told, after = [], ""
            while some := entries.all_of(Scope(scope), "agreement", after=after, most=3):
                told += [each.record for each in some]
                after = told[-1]
            expected = [each for each in made if scope == "id" or each.split(":")[1].startswith(scope)]
            assert sorted(told) == expected and told == sorted(told), scope
        assert replay(either_server.settings, now_ms(), check=True).differences == []
