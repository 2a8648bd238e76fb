"""What desks decide, take back and send back, on both engines; and what is worked out of a record's changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from server.actions import deciding, returning, settle
from server.actions.replay import replay
from server.actions.settle import OutsideRegion, OwnEntry, WrittenSince
from server.clock import now_ms
from server.db import reading, transaction
from server.store import accounts
from server.store import tables as t
from server.store.accounts import Account
from server.store.deciding import Filter
from server.store.scoping import Scope, asking_within
from tests.server.console.desk import OTHER_REGENCY, REGENCY, Village
from tests.server.installation import VILLAGE, Installation

HERE = Scope(REGENCY)


@pytest.fixture
def village(either_server: Installation) -> Village:
    return Village(either_server)


def account(village: Village, region: str = REGENCY, officer_of: str | None = None) -> Account:
    """Somebody at a desk; officer_of: the phone whose officer he is as well."""
    with village.server.app.app_context(), transaction() as connection:
        number = accounts.add_account(connection, f"meja {region} {officer_of}", "-", "operator", region, now_ms())
        officer = connection.scalar(select(t.device.c.officer).where(t.device.c.id == officer_of)) if officer_of else None
        connection.execute(update(t.account).where(t.account.c.id == number).values(officer=officer))
        return Account(number, "meja", "-", "operator", region, officer=officer)


def waiting(village: Village, **chosen: str) -> list[str]:
    with village.server.app.app_context(), asking_within(HERE):
        return [row.waits.record for row in deciding.waiting_list(HERE, Filter(**chosen), None, 50).rows]


def case(village: Village, record: str, who: Account) -> deciding.Case:
    with village.server.app.app_context(), asking_within(HERE):
        found = deciding.look(HERE, record, who)
    assert found is not None
    return found


def test_a_decision_and_its_undoing_are_changes_and_a_replay_says_the_same(village: Village) -> None:
    record, who = village.registered(), account(village)
    village.differ(record, {"kpj": "11", "full_name": "Satu"}, {"kpj": "12", "full_name": "Dua"})
    assert waiting(village) == [record] and waiting(village, field="kpj", kind="worker") == [record]
    assert waiting(village, field="nik") == waiting(village, kind="claim") == []
    with village.server.app.app_context():
        settle.settle(record, None, {"kpj": "12", "full_name": "Tiga"}, who, now_ms())
    assert waiting(village) == []
    (decision,) = case(village, record, who).decisions
    assert decision.may_undo and decision.before == {"full_name": ["Satu", "Dua"], "kpj": ["11", "12"]}
    with village.server.app.app_context():
        settle.undo(record, decision.device, decision.seq, who, now_ms())
        assert replay(village.server.settings, now_ms(), check=True).differences == []
        with pytest.raises(WrittenSince):
            settle.undo(record, decision.device, decision.seq, who, now_ms())
    now = case(village, record, who)
    assert now.fields["kpj"] == "11" and now.fields["full_name"] == "Satu"
    assert [(each.field, each.waits) for each in now.questions] == [("full_name", False), ("kpj", False)]
    assert now.decisions[0].undone and not now.decisions[0].may_undo


def test_nobody_settles_or_takes_back_where_one_of_the_values_is_his_own(village: Village) -> None:
    record = village.registered()
    himself, other = account(village, officer_of=village.siti.id), account(village)
    village.differ(record, {"kpj": "11", "phone": "+628125550001"}, {"kpj": "12"})
    with village.server.app.app_context():
        with pytest.raises(OwnEntry):
            settle.settle(record, None, {"kpj": "12"}, himself, now_ms())
        settle.settle(record, None, {"notes": "lain"}, himself, now_ms())  # what does not differ he may write
        settle.settle(record, None, {"kpj": "12"}, other, now_ms())
    decision = case(village, record, himself).decisions[0]
    assert decision.is_own and not case(village, record, other).decisions[0].is_own
    with village.server.app.app_context():
        with pytest.raises(OwnEntry):
            settle.undo(record, decision.device, decision.seq, himself, now_ms())
        settle.undo(record, decision.device, decision.seq, other, now_ms())
    again = case(village, record, himself)
    with village.server.app.app_context(), pytest.raises(OwnEntry):
        deciding.decide(again, again.seen, {"kpj": "11"}, himself, now_ms())


def test_what_an_account_wrote_at_a_desk_is_his_own_as_well(village: Village) -> None:
    record, who, other = village.registered(), account(village), account(village, "64")
    with village.server.app.app_context():
        settle.settle(record, None, {"kpj": "10"}, who, now_ms())
    village.siti.sync(village.siti.change(record, {"kpj": "11"}, seen={}))  # before it was told of the desk's
    assert waiting(village) == [record]
    with village.server.app.app_context():
        with pytest.raises(OwnEntry):
            settle.settle(record, None, {"kpj": "11"}, who, now_ms())
        settle.settle(record, None, {"kpj": "11"}, other, now_ms())


def test_a_decision_elsewhere_is_not_taken_back_from_here(village: Village) -> None:
    record, who = village.registered(), account(village)
    village.differ(record, {"kpj": "11"}, {"kpj": "12"})
    with village.server.app.app_context():
        settle.settle(record, None, {"kpj": "12"}, who, now_ms())
    decision = case(village, record, who).decisions[0]
    with village.server.app.app_context(), pytest.raises(OutsideRegion):
        settle.undo(record, decision.device, decision.seq, account(village, OTHER_REGENCY), now_ms())


def test_of_joined_records_it_is_one_that_is_decided_and_taken_back(village: Village) -> None:
    one, two, who = village.registered(kpj="11"), village.registered(kpj="12"), account(village)
    with village.server.app.app_context():
        settle.link(one, two, True, "satu orang", who, now_ms())
    carrier = min(one, two)
    assert waiting(village) == [carrier]
    found = case(village, two, who)
    (numbers,) = [{head.value for head in each.heads} for each in found.questions if each.field == "kpj"]
    assert found.record == carrier and numbers == {"11", "12"}
    fields = {question.field: question.heads[-1].value for question in found.questions}
    with village.server.app.app_context():
        deciding.decide(found, found.seen, fields, who, now_ms())
    assert waiting(village) == []
    decision = case(village, two, who).decisions[0]
    with village.server.app.app_context():
        settle.undo(two, decision.device, decision.seq, who, now_ms())
    now = case(village, two, who)
    assert {each.field for each in now.questions} == fields.keys() and now.fields["kpj"] == found.fields["kpj"]


def test_the_list_of_what_is_to_be_corrected_is_the_same_in_every_order(village: Village) -> None:
    made = [village.wrong(phone, nik="64021") for phone in (village.siti, village.budi, village.siti)]
    mended = village.wrong(village.budi, nik="64021")
    with village.server.app.app_context():
        settle.accept_quarantined(*mended, {"full_name": "Dibetulkan"}, None, now_ms())
    who = account(village)

    def all_of(order: str, **more: Any) -> list[tuple[str, int]]:
        found, cursor = [], None
        with village.server.app.app_context(), asking_within(HERE):
            for _ in range(9):
                page = returning.to_mend(HERE, order, None, cursor, 1, **more)
                found += [(row.kept.device, row.kept.seq) for row in page.rows]
                cursor = page.next
                if cursor is None:
                    return found
        raise AssertionError("the list has no end")

    assert all_of("old") == made and all_of("new") == made[::-1] and all_of("phone") == sorted(made)
    with village.server.app.app_context():
        returning.answer(*made[0], True, who, now_ms())
    assert all_of("old") == made[1:] and all_of("old", answered=True) == made[:1]
    with village.server.app.app_context(), asking_within(HERE):
        assert returning.how_many(HERE) == 2
    with village.server.app.app_context():
        assert [returning.mark_mended(now_ms()) for _ in range(2)] == [1, 0]
        found = returning.look(HERE, *mended)
    assert found is not None and not found.is_open and found.row.returned is None
    assert all_of("old") == made[1:] and all_of("old", answered=True) == made[:1]
    elsewhere = Scope(OTHER_REGENCY)
    with village.server.app.app_context(), asking_within(elsewhere):
        assert returning.to_mend(elsewhere, "old", None, None, 9).rows == [] and returning.how_many(elsewhere) == 0


def test_a_record_goes_back_to_the_phone_that_wrote_it_last_or_to_all_that_serve_its_village(village: Village) -> None:
    record, who = village.registered(), account(village)
    village.budi.sync(village.budi.change(record, {"notes": "x"}, seen={village.siti.id: 1}))

    def told(note: str) -> set[str]:
        with village.server.app.app_context():
            returning.return_record(HERE, record, note, who, now_ms())
        with village.server.app.app_context(), reading() as connection:
            return set(connection.scalars(select(t.mail.c.device).where(t.mail.c.note == note)))

    assert told("satu") == {village.budi.id}
    with village.server.app.app_context(), transaction() as connection:
        connection.execute(update(t.device).where(t.device.c.id == village.budi.id).values(revoked_at=now_ms()))
    assert told("dua") == {village.siti.id}
    with village.server.app.app_context(), transaction() as connection:
        connection.execute(update(t.device).where(t.device.c.id == village.siti.id).values(revoked_at=now_ms()))
    new = village.server.enrolled(VILLAGE, officer="Wati")
    assert told("tiga") == {new.id}


# What helps to compare ------------------------------------------------------------------------------------------------

texts = st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=4)


@given(texts, st.booleans())
def test_marks_never_change_a_text_and_texts_that_agree_bear_none(values: list[str], by_word: bool) -> None:
    found = deciding.marked(values, by_word)
    assert ["".join(text for text, _ in runs) for runs in found] == values
    if len(set(values)) == 1:
        assert not any(differs for runs in found for _, differs in runs)


@given(texts)
def test_two_that_differ_show_it_in_one_of_them_at_least(values: list[str]) -> None:
    pairs = [(a, b) for a in values for b in values if a != b]
    for pair in pairs[:3]:
        assert any(differs for runs in deciding.marked(list(pair)) for _, differs in runs), pair


def test_digits_are_held_against_the_digit_in_their_place() -> None:
    one, other = deciding.marked(["640211 120790 9001", "640211 520790 9011"])
    assert [text for text, differs in one if differs] == ["1", "0"]
    assert [text for text, differs in other if differs] == ["5", "1"]


def test_capital_letters_count_only_where_nothing_else_differs() -> None:
    one, other = deciding.marked(["Nurhayati binti Galuh", "NUR HAYATI"])
    assert [text for text, differs in one if differs] == [" binti Galuh"]
    assert [text for text, differs in other if differs] == [" "]
    assert any(differs for _, differs in deciding.marked(["siti", "SITI"])[0])
