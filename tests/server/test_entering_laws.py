"""Whatever phones, desks and the merge job do, in whatever order: the views are what the log adds up to, and no phone
misses a record."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from server.actions import enrol
from server.actions.merge_received import decide_waiting, merge_received
from server.actions.settle import DeskError, erase, link, settle
from server.clock import now_ms
from server.store.streams import Streams
from tests.server.installation import Installation, copied
from tests.server.valley import FieldPhone, Stored, comparable
from tests.strategies import ILIR, SEBERANG, ULU, VILLAGES

OFFICERS = ((ULU,), (ILIR, SEBERANG), (ULU, SEBERANG))
FIELDS = {
    "full_name": st.sampled_from(["Siti", "Siti Rahmah", "Nur"]),
    "phone": st.sampled_from(["+6281200000001", "0812 0000 0002", None]),
    "village": st.sampled_from([*VILLAGES, None]),
    "programs": st.sampled_from([["JKK", "JKM"], ["JHT", "JKK", "JKM"]]),
    "status": st.sampled_from(["proposed", "withdrawn", "deceased", "moved_away", "verified"]),  # the last: desks only
}
one_field = st.sampled_from(sorted(FIELDS)).flatmap(lambda name: st.fixed_dictionaries({name: FIELDS[name]}))
fields = one_field | one_field | st.fixed_dictionaries({}, optional=FIELDS).filter(bool)
phones = st.integers(0, len(OFFICERS) - 1)
picks = st.sampled_from([0, 0, 0, 1, 1, 2, 2, 3, 4, 5])
MANNERS = ("at once", "at once", "at once", "later", "answer lost", "one by one", "page by page")


class Village(RuleBasedStateMachine):
    """`busy`: villages that another transaction holds, so that a sync's wait for them ends in vain."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="sambung-")
        self.server = Installation(copied(self.template, Path(self.folder.name) / "var"))
        self.clock = now_ms()
        with pytest.MonkeyPatch.context() as chance:  # what is drawn here depends on nothing but Hypothesis
            names = iter(["dodi55", "ani444", "budi77"])
            chance.setattr(enrol, "_new_id", lambda *_: next(names))
            self.phones = [FieldPhone(self.server.enrolled(*villages)) for villages in OFFICERS]
        self.ids: list[str] = []
        self.busy: set[str] = set()
        self.before: Stored | None = None
        self._wait_in_vain()

    def _wait_in_vain(self) -> None:
        self.lock = lock = Streams.lock

        def locked(streams, villages, wait_ms=None, are_enough=None):
            return lock(streams, villages if wait_ms is None else set(villages) - self.busy, wait_ms, are_enough)

        Streams.lock = locked

    def _moment(self) -> int:
        """No two desks act in the same millisecond."""
        self.clock += 1
        return self.clock

    def _some(self, pick: int) -> str:
        return self.ids[pick % len(self.ids)]

    def _done(self, act, *given) -> None:
        """A desk acts, if it may."""
        with self.server.app.app_context():
            try:
                act(*given)
            except DeskError:
                pass

    # Phones -----------------------------------------------------------------------------------------------------------

    @initialize(what=st.lists(fields, min_size=3, max_size=3))
    def everybody_has_registered_someone(self, what):
        for phone, more in zip(self.phones, what, strict=True):
            self.ids.append(phone.write(None, {"full_name": "Siti", **more}, phone.villages[-1]))
            phone.sync()
        for phone in self.phones:
            phone.sync()

    @rule(who=phones, what=fields, where=st.sampled_from(VILLAGES), how=st.sampled_from(MANNERS))
    def registers(self, who, what, where, how):
        phone = self.phones[who]
        where = where if where != self.phones[who].villages[0] else phone.villages[-1]
        self.ids.append(phone.write(None, {"full_name": "Siti", **what}, where))
        self._tells(phone, how)

    @rule(who=phones, pick=picks, what=fields, where=st.sampled_from(VILLAGES), how=st.sampled_from(MANNERS))
    def edits(self, who, pick, what, where, how):
        """What its phone shows, or (without ever having seen it) what somebody told it of."""
        phone, record = self.phones[who], self._some(pick)
        phone.write(record, what, phone.copy.get(record, {}).get("village", where))
        self._tells(phone, how)

    @rule(who=phones, pick=picks, what=fields, about=phones, upto=st.integers(1, 3), how=st.sampled_from(MANNERS))
    def claims(self, who, pick, what, about, upto, how):
        phone = self.phones[who]
        phone.write(self._some(pick), what, phone.villages[0], seen={self.phones[about].id: upto})
        self._tells(phone, how)

    def _tells(self, phone, how):
        if how == "only asks":
            phone.sync(0)
        elif how != "later":
            phone.sync(
                1 if how == "one by one" else 100, answer_is_lost=how == "answer lost", limit=int(how == "page by page")
            )

    @rule(who=phones, how=st.sampled_from([*MANNERS, "only asks"]))
    def syncs(self, who, how):
        self._tells(self.phones[who], how)

    # Desks, jobs, and what gets into the way --------------------------------------------------------------------------

    @rule(pick=picks, what=fields, page_of=phones, is_open=st.booleans())
    def settles(self, pick, what, page_of, is_open):
        record = self._some(pick)
        seen = self.phones[page_of].copy.get(record, {}).get("seen") if is_open else None
        self._done(settle, record, seen, what, None, self._moment())

    @rule(one=picks, other=picks, same=st.sampled_from([True, True, False]))
    def links(self, one, other, same):
        self._done(link, self._some(one), self._some(other), same, "same card", None, self._moment())

    @rule(pick=picks, sure=st.integers(0, 3))
    def erases(self, pick, sure):
        if not sure:
            self._done(erase, [self._some(pick)], "asked for", None, self.server.settings, self._moment())

    @rule(villages=st.sets(st.sampled_from(VILLAGES)))
    def villages_are_busy(self, villages):
        self.busy = villages

    @rule()
    def merges_what_waits(self):
        with self.server.app.app_context():
            merge_received(self.server.settings, self._moment())

    @rule(pick=picks, create=st.booleans())
    def decides_what_waits(self, pick, create):
        for device, seq in sorted(self.before.waiting)[pick : pick + 1]:
            self._done(decide_waiting, device, seq, create, None, self.server.settings, self._moment())

    # What always holds ------------------------------------------------------------------------------------------------

    @invariant()
    def the_views_are_what_the_log_adds_up_to(self):
        before, self.before = self.before, None  # nothing more is asked of a store that is broken already
        now = Stored(self.server)
        now.check()
        if before:
            assert all(now.rows[record].version >= row.version for record, row in before.rows.items())
            assert all(now.streams[village] >= position for village, position in before.streams.items())
            assert before.statuses.items() <= now.statuses.items(), "the log is only added to"
        self.before = now

    def teardown(self):
        try:
            if self.before is not None:
                self.busy.clear()
                self.nobody_misses_a_record()
        finally:
            Streams.lock = self.lock
            self.server.close()
            self.folder.cleanup()

    def nobody_misses_a_record(self):
        for phone in self.phones:
            phone.catch_up(limit=1)
        self.merges_what_waits()
        for phone in self.phones:
            phone.catch_up()
        Stored(self.server).check()
        waiting = Stored(self.server).waiting
        for phone in self.phones:
            anew = phone.told_anew()
            assert comparable(phone.copy) == anew == phone.told_anew(limit=1)
            received = {seq for seq, told in phone.told.items() if told["status"] == "received"}
            assert received == {seq for device, seq in waiting if device == phone.id}, "what became of it is told"
            assert phone.told.keys() == set(range(1, len(phone.written) + 1))


@pytest.mark.parametrize(("villages", "steps"), [(12, 40), pytest.param(600, 80, marks=pytest.mark.slow, id="many")])
def test_whatever_happens_the_views_are_what_the_log_adds_up_to_and_no_phone_misses_a_record(template, villages, steps):
    machine = type("Village", (Village,), {"template": template})
    run_state_machine_as_test(machine, settings=settings(max_examples=villages, stateful_step_count=steps, deadline=None))


def test_a_record_that_falls_back_to_a_village_of_long_ago_is_merged_by_the_next_run(server):
    """Two moved it side by side; a third takes back the move that stood, and had not seen the other."""
    phones = [FieldPhone(server.enrolled(*VILLAGES)) for _ in range(4)]
    maker, first, second, third = phones
    record = maker.write(None, {"full_name": "Siti"}, ULU)
    maker.sync()
    for phone in phones:
        phone.sync()
    first.write(record, {"village": ILIR}, ULU, at="2026-01-01T00:00:00.000Z")
    second.write(record, {"village": SEBERANG}, ULU, at="2026-01-02T00:00:00.000Z")
    for phone in (first, third, second):
        phone.sync()
    third.write(record, {"village": ULU}, ILIR, at="2026-01-03T00:00:00.000Z")
    assert third.sync()["results"][0]["status"] == "received"
    with server.app.app_context():
        assert merge_received(server.settings, now_ms()) == 1
    stored = Stored(server)
    stored.check()
    assert stored.rows[record].held.home == SEBERANG


def test_what_waits_behind_a_creation_enters_in_the_same_run(server, monkeypatch):
    phone, lock = FieldPhone(server.enrolled(ULU)), Streams.lock
    record = phone.write(None, {"full_name": "Siti"}, ULU)
    phone.write(record, {"full_name": "Siti Rahmah"}, ULU)
    with monkeypatch.context() as busy:
        busy.setattr(Streams, "lock", lambda streams, villages, *how: lock(streams, (), *how))
        assert [told["status"] for told in phone.sync()["results"]] == ["received", "received"]
    with server.app.app_context():
        assert merge_received(server.settings, now_ms()) == 2
    assert [told["version"] for told in phone.sync()["results"]] == [1, 2]


def test_what_was_not_merged_as_sent_is_told_back_though_more_of_the_phones_own_follows_in_the_batch(server):
    phone = FieldPhone(server.enrolled(ULU))
    record = phone.write(None, {"full_name": "Siti", "phone": "0812 0000 0002"}, ULU)
    phone.sync()
    phone.write(record, {"phone": "0812 0000 0003"}, ULU)
    phone.write(record, {"status": "withdrawn"}, ULU)
    phone.sync()
    assert comparable(phone.copy) == phone.told_anew()
    assert phone.copy[record]["fields"]["phone"] == "+6281200000003"
