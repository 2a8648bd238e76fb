"""What BPJS has confirmed stays confirmed, and no phone makes cover out of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from schemas.change import Change
from server.actions import confirmations, cover
from server.actions.confirmations import as_confirmed
from server.actions.settle import OwnEntry, erase
from server.db import transaction
from server.store import tables as t
from server.store.accounts import Account
from server.store.programme_tables import held_payment
from server.store.scoping import Scope
from tests.server.installation import NEIGHBOUR, VILLAGE, Installation, copied
from tests.server.village import Days, days_of

HERE = Scope(VILLAGE)


@pytest.fixture(scope="module")
def made(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    it = Installation(copied(template, tmp_path_factory.mktemp("confirmed") / "var"))
    yield it
    it.close()


@pytest.fixture
def days(made: Installation) -> Iterator[Days]:
    with days_of(made) as known:
        yield known.day("2026-03-01")


def account(days: Days) -> Account:
    """Somebody at the desk."""
    number = days.server.person("operator", VILLAGE).id
    return Account(number, f"operator {number}", "-", "operator", VILLAGE)


def letters(days: Days, worker: str, village: str = VILLAGE) -> str:
    days.refresh()
    return days.drawn(worker, village)[1] or ""


def waiting(days: Days) -> dict[str, list[str]]:
    days.refresh()
    told, _ = days.do(confirmations.waiting, HERE, None, 50)
    return {each.record: [field for field, _, _ in each.differs] for each in told}


def test_months_that_a_phone_adds_to_a_confirmed_payment_are_paid_and_not_confirmed(days):
    worker = days.register(registered_at="2026-01-05")
    payment = days.pay(worker, "2026-01")
    days.day("2026-03-10")
    assert letters(days, worker) == "arr"
    days.write("contribution", {"months": ["2026-01", "2026-02", "2026-03"]}, payment)
    assert letters(days, worker) == "aRR"
    assert waiting(days) == {payment: ["months"]}


def test_a_month_that_a_phone_takes_away_stays_covered(days):
    worker = days.register(registered_at="2026-01-05")
    payment = days.pay(worker, "2026-01", "2026-02", "2026-03")
    days.write("contribution", {"months": ["2026-01"], "amount": 5000}, payment)
    assert letters(days, worker) == "aaa" and waiting(days)[payment] == ["months", "amount"]


def test_a_confirmed_payment_that_a_phone_gives_to_another_covers_whom_bpjs_confirmed(days):
    one, other = days.register(registered_at="2026-03-01"), days.register(registered_at="2026-03-01", village=NEIGHBOUR)
    payment = days.pay(one, "2026-03")
    days.write("contribution", {"worker": other}, payment)
    assert (letters(days, one), letters(days, other, NEIGHBOUR)) == ("a", "P")
    assert waiting(days)[payment] == ["worker"]
    days.do(confirmations.decide, payment, None, True, HERE, account(days), days.now)
    assert (letters(days, one), letters(days, other, NEIGHBOUR)) == ("p", "a") and payment not in waiting(days)


def test_money_is_added_up_as_it_was_confirmed(days):
    worker = days.register(registered_at="2026-01-05")
    payment = days.pay(worker, "2026-03", amount=16800)
    days.write("contribution", {"months": ["2026-03", "2026-04"], "amount": 99000, "funding": "apbd_regency"}, payment)
    with days.server.reading() as connection:
        (told,) = [said for who, said in confirmations.confirmed_in(connection, VILLAGE) if who == worker]
    assert (told["months"], told["amount"], told["funding"]) == (["2026-03"], 16800, "self")
    days.do(confirmations.decide, payment, None, False, HERE, account(days), days.now)


def test_the_desk_puts_back_what_was_confirmed(days):
    worker = days.register(registered_at="2026-01-05")
    payment = days.pay(worker, "2026-03")
    days.write("contribution", {"months": ["2026-02", "2026-03"]}, payment)
    assert payment in waiting(days)
    told, _ = days.do(confirmations.waiting, HERE, None, 50)
    seen = next(each.seen for each in told if each.record == payment)
    days.do(confirmations.decide, payment, seen, False, HERE, account(days), days.now)
    assert payment not in waiting(days) and letters(days, worker)[-2:] == "pa"


def test_what_was_paid_before_the_confirmation_is_confirmed_as_it_stood(days):
    worker = days.register(registered_at="2026-01-05")
    payment = days.pay(worker, "2026-02", confirm=False)
    days.write("contribution", {"months": ["2026-02", "2026-03"]}, payment)
    days.desk(payment, confirmed=True)
    assert letters(days, worker)[-2:] == "aa" and payment not in waiting(days)


def test_drawn_from_scratch_it_is_the_same(days):
    before = days.everything()
    days.forget()
    days.do(cover.cover_all, days.settings, days.now)
    assert days.everything() == before


def test_an_erased_payment_waits_for_nobody(days):
    worker = days.register(registered_at="2026-01-05")
    payment = days.pay(worker, "2026-03")
    days.write("contribution", {"months": ["2026-02"]}, payment)
    assert payment in waiting(days)
    days.do(erase, [payment], "-", None, days.settings, days.now)
    assert payment not in waiting(days) and letters(days, worker)[-1] == "p"


# The law --------------------------------------------------------------------------------------------------------------

a_month = st.sampled_from(["2026-01", "2026-02", "2026-03"])


@st.composite
def lives(draw):
    """A payment's changes: its phone's, another phone's, and the desk's, each with something of the others seen."""
    found: list[Change] = []
    seqs = {"ab12cd": 0, "ef34gh": 0, "hq640211-1": 0}
    for n in range(draw(st.integers(1, 8))):
        device = "ab12cd" if n == 0 else draw(st.sampled_from(sorted(seqs)))
        seqs[device] += 1
        seen = {each: draw(st.integers(0, last)) for each, last in seqs.items() if each != device and last}
        if device.startswith("hq"):
            seen[device] = draw(st.integers(0, seqs[device] - 1))
            fields = draw(st.sampled_from([{"confirmed": True}, {"confirmed": True}, {"amount": 7}]))
        else:
            fields = {"months": draw(st.lists(a_month, min_size=1, max_size=2, unique=True).map(sorted))}
        if n == 0:
            fields = {"worker": "w", "programs": ["JKK", "JKM"], "amount": 1, "funding": "self", "months": ["2026-01"]}
        found.append(Change(device, seqs[device], "contribution", "ab12cd-1", VILLAGE, seen, None, n, n, fields))
    return found


@given(lives(), st.randoms())
def test_what_was_confirmed_is_the_same_in_any_order_and_no_later_change_of_a_phone_moves_it(history, chance):
    held = as_confirmed(history)
    shuffled = list(history)
    chance.shuffle(shuffled)
    assert as_confirmed([*shuffled, *shuffled]) == held
    later = Change(
        "ab12cd", 99, "contribution", "ab12cd-1", VILLAGE, {"ef34gh": 99, "hq640211-1": 99}, None, 99, 99,
        {"months": ["2026-12"], "worker": "somebody", "amount": 0},
    )  # fmt: skip
    assert as_confirmed([*history, later]) == held
    if held is not None:
        confirmed = confirmations.confirming(history)
        allowed = [c for c in history if c.device.startswith("hq") or any(by.has_seen(c) for by in confirmed)]
        said = [c.fields["months"] for c in allowed if "months" in c.fields]
        assert "months" not in held and not said or held["months"] in said


def lose(days: Days, **stream: None) -> None:
    """No row of `held_payment` is there any more, as in a database of before there were any."""
    with days.server.app.app_context(), transaction() as connection:
        connection.execute(held_payment.delete())
        connection.execute(t.stream.update().values(covered=t.stream.c.position, **stream))


def given_to_another(days: Days) -> tuple[str, str, str]:
    """A confirmed payment that a phone gave to a worker of another village: for whom it was, who has it, the payment."""
    one, other = days.register(registered_at="2026-03-01"), days.register(registered_at="2026-03-01", village=NEIGHBOUR)
    payment = days.pay(one, "2026-03")
    days.write("contribution", {"worker": other}, payment)
    assert (letters(days, one), letters(days, other, NEIGHBOUR)) == ("a", "P")
    return one, other, payment


def test_what_phones_changed_before_an_upgrade_is_held_after_it(days):
    one, other, payment = given_to_another(days)
    lose(days, covered_on=None)  # as the migration leaves it
    assert payment in waiting(days)
    assert (letters(days, one), letters(days, other, NEIGHBOUR)) == ("a", "P")


def test_the_nightly_check_finds_a_confirmation_that_was_not_held(days):
    one, other, payment = given_to_another(days)
    lose(days)
    with pytest.raises(cover.Differs):
        days.do(cover.cover_all, days.settings, days.now)
    assert payment in waiting(days)
    assert (letters(days, one), letters(days, other, NEIGHBOUR)) == ("a", "P")
    days.do(cover.cover_all, days.settings, days.now)


def test_nobody_accepts_what_he_wrote_on_a_phone_himself(days):
    worker = days.register(registered_at="2026-03-01")
    payment = days.pay(worker, "2026-02")
    days.write("contribution", {"months": ["2026-02", "2026-03"]}, payment)
    with days.server.reading() as connection:
        officer = connection.scalar(select(t.device.c.officer).where(t.device.c.id == days.phone().id))
    himself = account(days)._replace(officer=officer)
    with pytest.raises(OwnEntry):
        days.do(confirmations.decide, payment, None, True, HERE, himself, days.now)
    days.do(confirmations.decide, payment, None, False, HERE, himself, days.now)
    assert payment not in waiting(days)
