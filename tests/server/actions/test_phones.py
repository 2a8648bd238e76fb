"""What is wrong with a phone follows from its row, from what it said, and from the time."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from server.actions import phones
from server.actions.desk_pages import DAY_MS
from server.actions.phones import CAUSES, Phone, Said, causes_of, is_older, said_of
from server.config import Settings
from server.store.phones import HandOver, PhoneRow, Some

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
    from schemas.change import from_ms

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
