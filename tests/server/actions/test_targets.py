"""What a region wants to reach by the end of a year: who may set it, how it is measured; no phone hears of it."""

from __future__ import annotations

import pytest

from server.actions import targets
from server.actions.digest import digest
from server.actions.replay import replay
from server.actions.settle import BadFields, NotSeen, OutsideRegion
from server.actions.succession import RegionRefused
from server.clock import now_ms
from server.store.accounts import Account
from tests.server.installation import VILLAGE

STAFF = Account(7, "staf", "-", "staff", "64")


def put(server, code: str, seen=None, year: int = 2027, account: Account | None = STAFF, **fields) -> str:
    with server.app.app_context():
        return targets.set_target(code, year, seen, fields, account, now_ms())


def known(server, code: str) -> dict:
    with server.app.app_context():
        return targets.targets_of(code)


@pytest.mark.parametrize("code", ["64.02", VILLAGE])
def test_a_region_of_any_level_has_its_target_and_a_replay_says_the_same(either_server, code):
    put(either_server, code, workers=1200, source="RKPD 2027")
    put(either_server, code, workers=1300)
    (said,) = known(either_server, code).values()
    assert (said["workers"], said["source"]) == (1300, "RKPD 2027")
    with either_server.app.app_context():
        before = digest()
        assert replay(either_server.settings, now_ms(), check=True).differences == []
        replay(either_server.settings, now_ms(), check=False)
        assert digest() == before


def test_the_nation_has_a_target_too_and_none_but_its_own_people_set_it(server):
    put(server, "id", account=None, rate=60)
    assert known(server, "id")[2027]["rate"] == 60
    with pytest.raises(OutsideRegion):
        put(server, "id", workers=5)
    with pytest.raises(OutsideRegion):
        put(server, "63.01", workers=5)


def test_who_had_the_page_open_while_another_wrote_is_told_so(server):
    put(server, "64.02", workers=100)
    seen = known(server, "64.02")[2027]["seen"]
    put(server, "64.02", seen, workers=120)
    with pytest.raises(NotSeen):
        put(server, "64.02", seen, workers=90)
    assert known(server, "64.02")[2027]["workers"] == 120


def test_a_target_says_a_number_or_a_share_and_both_can_be_read(server):
    with pytest.raises(RegionRefused):
        put(server, "64.02", source="RKPD")
    with pytest.raises(BadFields) as bad:
        put(server, "64.02", rate=140)
    assert "rate" in bad.value.errors
    with pytest.raises(BadFields):
        put(server, "64.99", account=None, workers=4)
    with pytest.raises(BadFields):
        put(server, "64.02", year=1999, workers=4)


def test_progress_is_measured_by_workers_where_they_are_said_else_by_coverage():
    assert targets.progress_of(2027, {"workers": 200, "rate": 10}, 50, 0.5).share == 0.25
    assert targets.progress_of(2027, {"rate": 40}, 50, 0.1).share == pytest.approx(0.25)
    assert targets.progress_of(2027, {"rate": 40}, 50, None).share is None


def test_phones_are_never_told_of_a_target_nor_may_they_write_one(server):
    phone = server.enrolled(VILLAGE)
    put(server, VILLAGE, workers=30)
    assert [each for each in phone.sync()["records"] if each["record"].startswith("target:")] == []
    answer = phone.sync(phone.change(f"target:{VILLAGE}:2028", {"workers": 1}, kind="target"))
    assert answer["results"][0]["status"] == "quarantined" and "kind" in answer["results"][0]["errors"]
