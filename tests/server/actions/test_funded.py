"""What came out of which money: drawn step by step it is the same as at once, and a region is the sum of its villages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from programme import months
from server.actions import decrees, entries, funded, settle
from server.clock import day_at, now_ms
from server.db import reading, transaction
from server.store import funded as store
from tests.server.installation import NEIGHBOUR, VILLAGE, Installation, copied
from tests.server.planning import REGENCY, Office

NOV, DEC = months.number("2026-11"), months.number("2026-12")


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    server = Installation(copied(template, tmp_path_factory.mktemp("funded") / "var"))
    with server.app.app_context():
        yield server
    server.close()


@pytest.fixture(scope="module")
def office(house: Installation) -> Office:
    return Office(house)


def drawn() -> Any:
    with reading() as connection:
        return store.all_rows(connection)


def sums(region: str = REGENCY) -> dict[tuple[int, str, str], tuple[int, int]]:
    with reading() as connection:
        rows = store.summed(connection, region, NOV - 12, DEC + 12)
    return {(row.month, row.funding, row.budget): (row.people, row.amount) for row in rows}


def follow(office: Office) -> None:
    funded.follow(office.server.settings, now_ms())


def test_only_what_is_confirmed_counts_and_of_several_months_each_has_its_share(office: Office) -> None:
    worker = office.worker()
    paid = office.pays(worker, ["2026-11", "2026-12"], "dana_desa", amount=33_601, confirmed=False)
    follow(office)
    assert (NOV, "dana_desa", "") not in sums()
    settle.settle(paid, None, {"confirmed": True}, None, now_ms())
    follow(office)
    told = sums()
    assert (told[NOV, "dana_desa", ""], told[DEC, "dana_desa", ""]) == ((1, 16_800), (1, 16_801))


def test_two_payments_for_one_man_and_month_are_one_person_and_both_sums(office: Office) -> None:
    worker = office.worker()
    for _ in (1, 2):
        office.pays(worker, ["2026-10"], "dana_desa")
    follow(office)
    assert sums()[NOV - 1, "dana_desa", ""] == (1, 33_600)


def test_two_records_that_are_joined_are_one_person_and_parted_two_again(office: Office) -> None:
    one, other = office.worker(), office.worker(NEIGHBOUR)
    for worker in (one, other):
        office.pays(worker, ["2026-09"], "dana_desa")
    follow(office)
    assert sums()[NOV - 2, "dana_desa", ""] == (2, 33_600)
    settle.link(one, other, True, "sama", None, now_ms())
    follow(office)
    assert sums()[NOV - 2, "dana_desa", ""] == (1, 33_600)
    settle.link(one, other, False, "beda", None, now_ms())
    follow(office)
    assert sums()[NOV - 2, "dana_desa", ""] == (2, 33_600)


def test_a_payment_that_was_said_of_the_wrong_man_leaves_nothing_with_him(office: Office) -> None:
    wrong, right = office.worker(), office.worker()
    office.pays(wrong, ["2026-11"], "self")
    paid = office.pays(wrong, ["2026-11"], "sertakan")
    follow(office)
    assert wrong in {row[0] for row in drawn()[1]}
    settle.settle(paid, None, {"worker": right}, None, now_ms())
    follow(office)
    assert wrong not in {row[0] for row in drawn()[1]}


def test_who_is_erased_by_law_is_told_nowhere(office: Office) -> None:
    worker = office.worker()
    for payer in ("self", "sertakan"):
        office.pays(worker, ["2026-11"], payer)
    follow(office)
    assert worker in {row[0] for row in drawn()[1]}
    settle.erase([worker], "hak penghapusan", None, office.server.settings, now_ms())
    follow(office)
    assert worker not in {row[0] for row in drawn()[1]}


STEPS = st.lists(
    st.tuples(
        st.sampled_from("pay confirm move join part list off sign revoke follow whose erase".split()),
        st.integers(0, 3), st.integers(0, 3),
    ),
    min_size=3, max_size=14,
)  # fmt: skip


class History:
    """Four people of two villages and two decrees, and whatever becomes of them."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.people = [office.worker(VILLAGE if n < 2 else NEIGHBOUR) for n in range(4)]
        self.paid: list[str] = []
        scenario = office.scenario()
        self.lines = [office.line(scenario), office.line(scenario, funding="apbd_province")]
        self.decrees = [office.decree(self.lines[0]), office.decree(self.lines[1], funding="apbd_province")]
        self.gone: set[str] = set()

    def does(self, what: str, a: int, b: int) -> None:
        one, other = self.people[a], self.people[b]
        decree = self.decrees[a % 2]
        if what == "pay" and one not in self.gone:
            funding = ("apbd_regency", "apbd_province", "self", "apbdes")[b]
            village = VILLAGE if (a + b) % 2 else NEIGHBOUR
            named = {"budget": self.lines[1]} if b == 3 else {}
            over = ["2026-11", "2026-12"][: 1 + b % 2]
            self.paid.append(self.office.pays(one, over, funding, village, bool(a % 2), **named))
        elif what == "confirm" and self.paid:
            settle.settle(self.paid[a % len(self.paid)], None, {"confirmed": True}, None, now_ms())
        elif what == "whose" and self.paid:
            settle.settle(self.paid[b % len(self.paid)], None, {"worker": one}, None, now_ms())
        elif what == "move" and one not in self.gone:
            settle.settle(one, None, {"village": VILLAGE if b % 2 else NEIGHBOUR}, None, now_ms())
        elif what in ("join", "part") and a != b and not {one, other} & self.gone:
            settle.link(one, other, what == "join", "uji", None, now_ms())
        elif what == "erase" and a == b == 3 and one not in self.gone:
            self.gone |= set(settle.erase([one], "uji", None, self.office.server.settings, now_ms()))
        elif what == "list":
            entries.begin("beneficiary", REGENCY, decrees.name_of(decree, other).split(":")[2],
                          {"worker": other, "decree": decree}, self.office.dewi, now_ms(), "decree")  # fmt: skip
        elif what == "off":
            name = decrees.name_of(decree, other)
            if entries.find(self.office.scope, "beneficiary", name) is not None:
                day = day_at(now_ms(), REGENCY).isoformat()
                entries.change("beneficiary", name, None, {"removed_on": day}, self.office.dewi, now_ms(), "decree")
        elif what in ("sign", "revoke"):
            said: dict[str, Any] = {"state": "signed"}
            if what == "revoke":
                said = {"state": "revoked", "revoked_on": "2026-12-01"}
            entries.change("decree", decree, None, said, self.office.dewi, now_ms(), "decree")
        elif what == "follow":
            follow(self.office)


@settings(max_examples=15)
@given(STEPS)
def test_followed_step_by_step_it_is_what_it_is_drawn_at_once(office: Office, steps: list[tuple[str, int, int]]) -> None:
    history = History(office)
    for step in steps:
        history.does(*step)
    follow(office)
    step_by_step = drawn()
    funded.draw_anew(office.server.settings, now_ms())
    assert drawn() == step_by_step
    whole, parts = sums("64"), [sums(village) for village in (VILLAGE, NEIGHBOUR)]
    for key, (people, amount) in whole.items():
        assert (people, amount) == tuple(sum(part.get(key, (0, 0))[n] for part in parts) for n in (0, 1))


def test_a_region_that_fails_leaves_the_others_drawn(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = office.worker()
    office.pays(worker, ["2026-08"], "other")
    real = funded.follow_region
    with transaction() as connection:
        store.forget_all(connection)

    def follow_region(region: str) -> int:
        if region == NEIGHBOUR:
            raise RuntimeError
        return real(region)

    monkeypatch.setattr(funded, "follow_region", follow_region)
    with pytest.raises(RuntimeError):
        follow(office)
    assert sums()[NOV - 3, "other", ""] == (1, 16_800)
    monkeypatch.setattr(funded, "follow_region", real)
    follow(office)


@pytest.mark.postgres
def test_on_postgresql_it_is_the_same(postgres_settings: Any) -> None:
    made = Installation(postgres_settings)
    with made.app.app_context():
        office = Office(made)
        history = History(office)
        for what in ("list 0 0", "list 1 0", "sign 0 0", "sign 1 0", "pay 1 0", "pay 1 2", "follow 0 0", "join 0 1",
                     "move 1 0",
                     "off 1 0"):  # fmt: skip
            step, a, b = what.split()
            history.does(step, int(a), int(b))
        follow(office)
        step_by_step = drawn()
        funded.draw_anew(office.server.settings, now_ms())
        assert drawn() == step_by_step and len(step_by_step[0]) == 2 and len(step_by_step[1]) == 1
    made.close()
