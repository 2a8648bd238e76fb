"""What camat and village heads say is one list, goes up desk by desk, and is answered where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.actions import clocks, feedback
from server.actions.entries import new_key
from server.actions.settle import BadFields, NoSuchRecord, NotSeen, OutsideRegion
from server.clock import now_ms
from server.store.accounts import Account
from server.store.scoping import Scope
from tests.server.actions.test_evaluation import account, ago, asked, follows, visits
from tests.server.installation import ELSEWHERE, VILLAGE, Installation, Phone, copied

REGENCY, DISTRICT, OTHER = "64.02", "64.02.11", "64.03"


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(copied(template, tmp_path_factory.mktemp("feedback") / "var"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def operator(server: Installation) -> Account:
    return account(server, "operator", REGENCY)


@pytest.fixture(scope="module")
def phone(server: Installation) -> Phone:
    return server.enrolled(VILLAGE)


def said(server: Installation, phone: Phone, days: int = 3, **fields: Any) -> str:
    told = {"by": "kades", "theme": "Sinyal", "text": "Sinyal hilang.", "state": "open"} | fields
    record = visits(phone, "feedback", days, **told)
    follows(server)
    return record


def noted(server: Installation, operator: Account, days: int = 3, region: str = DISTRICT, **fields: Any) -> str:
    told = {"by": "camat", "date": ago(days), "theme": "kartu", "text": "Kartu tertahan."} | fields
    with server.app.app_context():
        return feedback.begin(region, new_key(), told, operator, now_ms())


def look(server: Installation, record: str, region: str = REGENCY) -> feedback.Look:
    with asked(server, region) as scope:
        found = feedback.look(scope, record, now_ms())
    assert found is not None
    return found


def answers(server: Installation, record: str, operator: Account, text: str | None, solution: str | None = None) -> None:
    known = look(server, record)
    with asked(server, REGENCY) as scope:
        feedback.answer(scope, record, known.entry.seen, text, solution, operator, now_ms())


def shown(server: Installation, region: str = REGENCY, **how: Any) -> list[str]:
    with asked(server, region) as scope:
        return [each.row.record for each in feedback.heard(scope, now_ms(), most=1000, **how).voices]


def test_the_answer_to_a_phones_feedback_goes_back_to_that_phone(
    server: Installation, phone: Phone, operator: Account
) -> None:
    record = said(server, phone)
    phone.sync()
    answers(server, record, operator, "Menara dibangun bulan depan.")
    told = next(each for each in phone.sync()["records"] if each["record"] == record)
    assert told["fields"]["answer"] == "Menara dibangun bulan depan." and told["fields"]["state"] == "answered"
    assert told["fields"]["answered_on"] == ago(0)
    assert [hand.name for hand in look(server, record).answered] == [operator.name]
    assert record not in shown(server) and record in shown(server, only="answered")


def test_phones_and_desks_stand_in_one_list_the_oldest_first(server: Installation, phone: Phone, operator: Account) -> None:
    older, newer = said(server, phone, 50), noted(server, operator, 49)
    found = shown(server)
    assert found.index(older) < found.index(newer)
    assert shown(server, theme="kartu").count(newer) == 1 and older not in shown(server, theme="kartu")


def test_feedback_goes_up_desk_by_desk_and_says_who_has_it_since_when(
    server: Installation, phone: Phone, operator: Account
) -> None:
    record = said(server, phone, 9, theme="anggaran")
    assert (look(server, record).voice.holder, look(server, record).voice.since) == (VILLAGE, ago(9))
    for holder in (DISTRICT, REGENCY, "64"):
        known = look(server, record)
        with asked(server, REGENCY) as scope:
            assert feedback.escalate(scope, record, known.entry.seen, operator, now_ms()) == holder
        assert (look(server, record).voice.holder, look(server, record).voice.since) == (holder, ago(0))
    assert [hand.value for hand in look(server, record).escalated] == [DISTRICT, REGENCY, "64"]
    assert record in shown(server, "64", here=True) and record not in shown(server, REGENCY, here=True)


def test_above_the_nation_there_is_nobody(server: Installation) -> None:
    admin = account(server, "admin", "id")
    record = noted(server, admin, region="id")
    with asked(server, "id") as scope, pytest.raises(feedback.NobodyAbove):
        feedback.escalate(scope, record, look(server, record, "id").entry.seen, admin, now_ms())


def test_an_answer_that_points_to_a_solution_has_its_words(server: Installation, phone: Phone, operator: Account) -> None:
    record, staff = said(server, phone, theme="iuran"), account(server, "staff", OTHER)
    solution = solved(server, staff, OTHER, published=True)
    answers(server, record, operator, "Lihat ini:", solution)
    assert look(server, record).entry.fields["answer"] == "Lihat ini:\n\nKolektor dusun: Dikumpulkan waktu posyandu."


def solved(server: Installation, staff: Account, region: str, **fields: Any) -> str:
    told = {"title": "Kolektor dusun", "theme": "Iuran", "challenge": "Jauh.", "what_worked": "Dikumpulkan waktu posyandu."}
    with server.app.app_context():
        return feedback.keep_solution(region, new_key(), None, told | fields, staff, now_ms())


def test_an_empty_answer_or_one_to_a_draft_of_elsewhere_is_sent_back(
    server: Installation, phone: Phone, operator: Account
) -> None:
    record, staff = said(server, phone), account(server, "staff", OTHER)
    draft = solved(server, staff, OTHER, published=False)
    for text, solution in (("", None), ("  ", None), ("Ya", draft), ("x" * 4001, None)):
        with pytest.raises(BadFields):
            answers(server, record, operator, text, solution)
    assert "answer" not in look(server, record).entry.fields


def test_who_answers_what_somebody_has_just_answered_is_told_to_look_again(
    server: Installation, operator: Account
) -> None:
    record = noted(server, operator)
    old = look(server, record).entry.seen
    answers(server, record, operator, "Sudah.")
    with asked(server, REGENCY) as scope, pytest.raises(NotSeen):
        feedback.answer(scope, record, old, "Belum.", None, operator, now_ms())


def test_a_foreign_regions_feedback_is_neither_seen_nor_answered(server: Installation, operator: Account) -> None:
    far = server.enrolled(ELSEWHERE)
    record = said(server, far)
    with asked(server, REGENCY) as scope:
        assert feedback.look(scope, record, now_ms()) is None
        with pytest.raises(NoSuchRecord):
            feedback.answer(scope, record, {}, "Halo.", None, operator, now_ms())
    assert record not in shown(server)
    with server.app.app_context(), pytest.raises(OutsideRegion):  # and not by saying another region either
        feedback.answer(Scope(OTHER), record, {}, "Halo.", None, operator, now_ms())


def test_feedback_that_waits_beyond_the_rules_days_is_found_by_the_clock(server: Installation, operator: Account) -> None:
    late, young = noted(server, operator, 15), noted(server, operator, 14)

    def over() -> dict[str, bool]:
        with server.app.app_context():
            clocks.run(server.settings, now_ms())
            return {term.record: term.due_at < now_ms() for term in clocks.soonest(Scope(REGENCY), "feedback", 1000)}

    assert over()[late] is True and over()[young] is False
    assert look(server, late).voice.late is True and look(server, young).voice.late is False
    answers(server, late, operator, "Sudah dikirim.")
    assert late not in over()


def test_a_published_solution_is_every_regions_and_a_draft_its_own(server: Installation) -> None:
    staff = account(server, "staff", OTHER)
    shared = solved(server, staff, OTHER, published=True)
    draft = solved(server, staff, OTHER, title="Konsep", published=False)
    with asked(server, REGENCY) as scope:
        found = {each.record for each in feedback.solutions(scope)}
        assert shared in found and draft not in found
        assert feedback.find_solution(scope, shared) is not None and feedback.find_solution(scope, draft) is None
        assert shared in {each.record for each in feedback.solutions(scope, "posyandu KOLEKTOR")}
        assert shared in {each.record for each in feedback.solutions(scope, theme="iuran")}
        assert feedback.solutions(scope, "kapal") == []
    with asked(server, OTHER) as scope:
        assert draft in {each.record for each in feedback.solutions(scope)}
    with server.app.app_context(), pytest.raises(OutsideRegion):
        feedback.keep_solution(OTHER, shared.split(":")[2], {}, {"title": "Milik kami"},
                               account(server, "staff", REGENCY), now_ms())  # fmt: skip
