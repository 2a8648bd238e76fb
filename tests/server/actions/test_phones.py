"""What is wrong with a phone follows from its row, from what it said, and from the time."""

from __future__ import annotations

import json
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.change import from_ms
from server.actions import people, phones
from server.actions.desk_pages import DAY_MS
from server.actions.fleet import NoSuchDevice
from server.actions.phones import CAUSES, Asked, Phone, Said, causes_of, is_older, said_of
from server.clock import now_ms
from server.config import Settings
from server.store import accounts
from server.store.phones import HandOver, PhoneRow, Some
from server.store.scoping import Scope, asking_within
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, WORKER, Installation

NOW = 1_764_200_000_000
SETTINGS = Settings()
FINE = {"app": "0.1.0", "queued": 0, "persisted": True, "free_bytes": 10**9}


def row(**values: Any) -> PhoneRow:
    known: dict[str, Any] = {
        "id": "k7f3q2", "officer": 1, "name": "A05", "platform": "Android", "enrolled_at": NOW - 90 * DAY_MS, "acked": 3,
        "offset_ms": 0, "contact_at": NOW - 1000, "status": "{}", "former": None, "successor": None, "forked_at": None,
        "revoked_at": None, "officer_name": "Siti",
    }  # fmt: skip
    return PhoneRow(**known | values)


def causes(said: dict[str, Any] | None = None, lost: Some | None = None, waits: Some | None = None,
           handing: HandOver | None = None, **values: Any) -> list[str]:  # fmt: skip
    told = row(**values)
    spoken = said_of(json.dumps(FINE | (said or {})), told.offset_ms)
    return [cause.code for cause in causes_of(told, spoken, lost, waits, handing, SETTINGS, NOW)]


def ago(days: float) -> str:
    return from_ms(NOW - int(days * DAY_MS))


def test_a_phone_that_sends_as_it_should_needs_nobody() -> None:
    assert causes() == []
    assert causes({"queued": 4, "oldest": ago(1), "drafts": 2, "files": 3}) == []


def test_each_trouble_is_seen_by_itself() -> None:
    assert causes(forked_at=NOW - 5) == ["forked"]
    assert causes(lost=Some(3, NOW - DAY_MS)) == ["lost"]
    assert causes({"broken": 1}) == ["broken"]
    assert causes(contact_at=NOW - 8 * DAY_MS) == ["silent"]
    assert causes(contact_at=None) == ["never"]
    assert causes({"queued": 4, "oldest": ago(4)}) == ["stuck"]
    assert causes({"free_bytes": 20_000_000}) == ["full"]
    assert causes({"persisted": False}) == ["unsafe"]
    assert causes(offset_ms=-3_600_000) == ["clock"] == causes(offset_ms=3_600_000)
    assert causes(waits=Some(2, NOW - 15 * DAY_MS)) == ["waits"]
    assert causes(handing=HandOver("k7f3q2", "Budi", NOW, None, None)) == ["handing"]
    assert causes({"app": "0.0.9"}) == ["old-app"]


def test_what_is_past_or_young_troubles_nobody() -> None:
    assert causes(lost=Some(3, NOW - 31 * DAY_MS)) == []
    assert causes(waits=Some(2, NOW - 13 * DAY_MS)) == []
    assert causes(contact_at=NOW - 6 * DAY_MS) == []
    assert causes(contact_at=None, enrolled_at=NOW - DAY_MS) == []
    assert causes({"persisted": None, "free_bytes": None, "app": "beta"}) == []


def test_a_phone_out_of_use_is_nobodys_trouble() -> None:
    assert causes({"broken": 4}, forked_at=1, revoked_at=NOW) == []
    assert causes({"broken": 4}, forked_at=1, successor="p2m8aa") == []


def test_the_worst_comes_first() -> None:
    found = causes(
        {"broken": 1, "queued": 9, "oldest": ago(9), "free_bytes": 1, "persisted": False, "app": "0.0.1"},
        lost=Some(1, NOW), waits=Some(1, 0), handing=HandOver("k7f3q2", None, 0, None, None), forked_at=1, offset_ms=10**7,
        contact_at=NOW - 9 * DAY_MS,
    )  # fmt: skip
    assert found == [code for code in CAUSES if code != "never"]


def test_what_is_left_is_what_was_not_taken_and_the_oldest_is_told_by_our_clock() -> None:
    assert said_of('{"queued": 31, "left": 2, "oldest": "2026-11-20T00:00:00.000Z"}', 5000) == Said(
        left=2, oldest=1_795_132_805_000
    )
    assert said_of('{"queued": 31, "left": 0, "oldest": "2026-11-20T00:00:00.000Z"}').oldest is None


words_said = st.sampled_from(["app", "queued", "left", "oldest", "persisted", "free_bytes", "broken", "x"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words_said, inner),
)


@given(anything)
@example({"queued": True, "oldest": 5, "persisted": 1, "app": "\x00", "free_bytes": -1})
@example({"queued": 10**30, "app": "a" * 10_000})
def test_whatever_an_app_says_of_itself_it_is_read(told: Any) -> None:
    said = said_of(json.dumps(told))
    assert causes_of(row(), said, None, None, None, SETTINGS, NOW) is not None
    assert said.left is None or 0 <= said.left <= 10**12


def test_versions_are_compared_as_numbers() -> None:
    assert is_older("0.9.0", "0.10.0") and is_older("0.1", "0.1.1") and is_older("0.1.0-beta", "0.1.1")
    assert not any(is_older(app, "0.1.0") for app in ("0.1.0", "0.1", "1.0", "beta", "", None, "9" * 50))


@st.composite
def some_phone(draw: st.DrawFn) -> PhoneRow:
    left = draw(st.integers(0, 9))
    return row(
        id=f"d{draw(st.integers(0, 10**6))}", contact_at=draw(st.none() | st.integers(NOW - 20 * DAY_MS, NOW)),
        forked_at=draw(st.none() | st.integers(1, 3)), status=json.dumps(FINE | {"queued": left, "oldest": ago(left)}),
    )  # fmt: skip


some_phones = st.lists(some_phone(), max_size=30, unique_by=lambda phone: phone.id)


@given(some_phones, st.integers(1, 7))
def test_page_by_page_every_phone_comes_once_and_the_worst_first(rows: list[PhoneRow], most: int) -> None:
    found = []
    for each in rows:
        said = said_of(each.status)
        found.append(Phone(each, said, causes_of(each, said, None, None, None, SETTINGS, NOW), None, None, None))
    whole = sorted(found, key=lambda phone: phone.place)
    seen: list[Phone] = []
    while len(seen) < len(whole):
        after = phones._place("~".join(map(str, seen[-1].place))) if seen else None
        seen += [phone for phone in whole if after is None or phone.place > after][:most]
    assert seen == whole
    ranks = [phone.place[0] for phone in whole]
    assert ranks == sorted(ranks)


# On both engines ------------------------------------------------------------------------------------------------------


def test_an_operator_is_shown_his_phones_alike_on_both_engines(either_server: Installation) -> None:
    server = either_server
    siti, budi = server.enrolled(VILLAGE), server.enrolled(VILLAGE, NEIGHBOUR, officer="Budi")
    far = server.enrolled(ELSEWHERE, officer="Jauh")
    siti.sync(siti.change(), siti.change(1, {"full_name": "Nurhayati"}, seq=2), status=FINE | {"queued": 2})
    budi.sync(
        budi.change(f"{siti.id}-1", {"full_name": "Nur Hayat"}, seen={siti.id: 1}), budi.change(fields={"sex": "?"}),
        budi.change(f"{siti.id}-77", {"notes": "x"}), status=FINE | {"queued": 5},
    )  # fmt: skip
    budi.sync(budi.change(fields=WORKER | {"nik": "6402115207909004", "full_name": "Galuh"}, seq=9), lost_to=8)
    now, settings = now_ms() + 10_000, server.settings
    with server.app.app_context(), asking_within(scope := Scope("64.02")):
        found = phones.fleet(scope, Asked(), None, 10, settings, now)
        assert {phone.row.id for phone in found.phones} == {siti.id, budi.id} and found.counts["lost"] == 1
        first = phones.fleet(scope, Asked(village="kaman ulu"), None, 1, settings, now)
        assert [phone.row.id for phone in first.phones] == [budi.id] and first.next
        whole = phones.phone_whole(scope, budi.id, None, 100, settings, now)
        became = {change.sent.seq: change.became for batch in whole.batches for change in batch.changes}
        assert became == {1: "conflict", 2: "quarantined", 3: "received", 9: "merged"}
        assert {change.whom for batch in whole.batches for change in batch.changes} == {None, "Nurhayati", "Galuh"}
        assert whole.lost_runs[0][:2] == (4, 8) and whole.days[-1][1] and whole.elsewhere == 0
        earlier = phones.phone_whole(scope, budi.id, 9, 2, settings, now).batches
        assert [change.sent.seq for batch in earlier for change in batch.changes] == [3, 2]
        with pytest.raises(NoSuchDevice):
            phones.phone_whole(scope, far.id, None, 10, settings, now)
        assert [name for _, name, _ in phones.officers_of(scope, "BUD")] == ["Budi"]
    with server.app.app_context():
        phones.hand_over(siti.id, "Bayu", None, settings, now)
        assert phones.being_handed_over(scope) == 1 and phones.being_handed_over(Scope("64.03")) == 0
        assert phones.phone_in(scope, siti.id, settings, now).hand_over.officer == "Bayu"
        phones.stay_with(siti.id, None)
        assert phones.being_handed_over(scope) == 0


def test_accounts_are_looked_after_alike_on_both_engines(either_server: Installation) -> None:
    with either_server.app.app_context(), asking_within(scope := Scope("64.02")):
        numbers = [people.add_user(name, "operator", "64.02.11", "kata sandi 1", 1) for name in ("b", "a", "c")]
        page = people.people_in(scope, True, "", "", None, 2, either_server.settings, 2)
        assert [each.listed.name for each in page.people] == ["a", "b"]
        rest = people.people_in(scope, True, "", "", page.next, 2, either_server.settings, 2)
        assert [each.listed.name for each in rest.people] == ["c"] and rest.next is None
        people.change_role(numbers[0], "admin", "64.02", None)
        by = accounts.Account(numbers[0], "b", "-", "admin", "64.02")
        people.close_account(numbers[1], by, 3)
        with pytest.raises(people.CannotManage, match="closed"):
            people.unlock(numbers[1], by)
        assert people.people_in(scope, False, "", "A", None, 2, either_server.settings, 4).people[0].listed.closed_at == 3
        assert [each.name for each in people.regions_like(scope, "muara kaman", 2)] == ["Muara Kaman", "Muara Kaman Ilir"]


@pytest.mark.postgres
def test_two_administrators_who_close_each_other_at_once_leave_one(postgres_settings: Settings) -> None:
    server = Installation(postgres_settings)
    with server.app.app_context():
        both = [people.add_user(name, "admin", "id", "kata sandi 1", 1) for name in ("a", "b")]
    refused, ready = [], Barrier(2)

    def close(other: int, by: int) -> None:
        with server.app.app_context():
            ready.wait()
            try:
                people.close_account(other, accounts.Account(by, "-", "-", "admin", "id"), 2)
            except people.CannotManage as wrong:
                refused.append(wrong.why)

    threads = [Thread(target=close, args=pair) for pair in (both, reversed(both))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with server.app.app_context():
        assert sum(each.closed_at is None for each in people.everybody()) == 1 and refused == ["last"]
    server.close()
