"""How often one phone may call."""

from __future__ import annotations

from typing import Any

import pytest

from server import limits
from server.limits import Shares
from server.problems import Refusal
from server.store.accounts import Account

MINUTE = 60_000
SITI, RUSDI = (Account(number, name, "-", "staff", "id") for number, name in enumerate(["Siti", "Rusdi"], 1))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    time = {"now": 1_000 * MINUTE}
    monkeypatch.setattr(limits, "now_ms", lambda: time["now"])
    return time


def refused(shares: Shares, who: Any, calls: int) -> int:
    """How many of so many calls are refused."""
    count = 0
    for _ in range(calls):
        try:
            shares.take(who)
        except Refusal:
            count += 1
    return count


def test_who_calls_too_often_is_told_how_long_to_wait(clock: dict[str, int]):
    shares = Shares(3)
    clock["now"] += MINUTE // 4
    assert refused(shares, SITI, 3) == 0
    with pytest.raises(Refusal) as refusal:
        shares.take(SITI)
    assert refusal.value.headers["Retry-After"] == "45"


def test_one_who_calls_too_often_takes_nothing_from_another(clock: dict[str, int]):
    shares = Shares(3)
    assert refused(shares, SITI, 10) == 7
    assert refused(shares, RUSDI, 3) == 0


def test_the_turn_of_a_minute_doubles_nobodys_share(clock: dict[str, int]):
    shares = Shares(60)
    clock["now"] += MINUTE - 1
    assert refused(shares, SITI, 60) == 0
    clock["now"] += 1
    assert refused(shares, SITI, 60) == 60
    clock["now"] += MINUTE // 2  # half of the calls before are more than a minute ago
    assert refused(shares, SITI, 60) == 30


def test_who_was_quiet_for_long_has_his_whole_share(clock: dict[str, int]):
    shares = Shares(60)
    refused(shares, SITI, 60)
    clock["now"] += 5 * MINUTE
    assert refused(shares, SITI, 60) == 0
