"""Villages that end, split or get another code: no worker, payment, phone or figure is left behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from schemas.change import from_ms, loads
from server.actions import regions, succession
from server.actions.digest import digest
from server.actions.replay import replay
from server.actions.settle import OutsideRegion, link
from server.actions.succession import RegionRefused
from server.store import tables as t
from server.store.accounts import Account
from tests.server.installation import NEIGHBOUR, VILLAGE, WORKER, Installation
from tests.server.village import Days, days_of

NEW, EAST = "64.02.11.2901", "64.02.11.2902"  # codes that no village had
ADMIN = Account(1, "admin", "-", "admin", "64.02")


@pytest.fixture
def days(server: Installation) -> Iterator[Days]:
    with days_of(server) as made:
        made.day("2026-03-10")
        with server.app.app_context():
            for code, name in ((NEW, "Muara Kaman Baru"), (EAST, "Muara Kaman Timur")):
                succession.add_region(code, name, ADMIN, made.now)
        yield made


@pytest.fixture
def either_days(either_server: Installation) -> Iterator[Days]:
    with days_of(either_server) as made:
        yield made


def follow(days: Days, old: str, *new: str, since: str = "2026-04-01", ends: bool = True) -> None:
    days.do(succession.succeed, old, new, since, "Permendagri uji", ends, ADMIN, days.now)


def hand_on(days: Days) -> int:
    return int(days.do(succession.move_on, days.settings, days.now))


def at_home(days: Days) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with days.server.reading() as connection:
        rows = connection.execute(select(t.record.c.home, t.record.c.id).where(t.record.c.kind == "worker"))
        for home, record in rows:
            found.setdefault(home, []).append(record)
    return {home: sorted(ids) for home, ids in found.items()}


def is_whole(days: Days) -> None:
    with days.server.app.app_context():
        assert replay(days.settings, days.now, check=True).differences == []


def test_a_village_with_another_code_takes_its_workers_along_on_the_day(days):
    workers = sorted(days.register() for _ in range(3))
    follow(days, VILLAGE, NEW)
    assert hand_on(days) == 0 and at_home(days) == {VILLAGE: workers}
    days.day("2026-04-01")
    assert hand_on(days) >= 3 and at_home(days) == {NEW: workers}
    assert hand_on(days) == 0
    is_whole(days)


def test_a_phone_that_was_offline_over_the_change_loses_nothing_and_is_told_where_all_are(days):
    phone = days.phone()
    first = days.register()
    follow(days, VILLAGE, NEW)
    days.day("2026-04-02")
    hand_on(days)
    late = phone.change(fields=WORKER | {"full_name": "Budi", "nik": "6402111503859003"}, village=VILLAGE)
    edit = phone.change(first, {"phone": "+6281200000001"}, village=VILLAGE)
    answer = phone.sync(late, edit)
    assert [each["status"] for each in answer["results"]] == ["merged", "merged"]
    hand_on(days)
    assert at_home(days) == {NEW: sorted([first, late["record"]])}
    told = {each["record"]: each for each in phone.sync()["records"]}
    assert {VILLAGE, NEW} <= phone.cursors.keys()
    assert told[late["record"]]["village"] == NEW and "gone" not in told[late["record"]]
    with days.server.reading() as connection:
        assert '"phone":"+6281200000001"' in connection.scalar(select(t.record.c.fields).where(t.record.c.id == first))
    is_whole(days)


def test_who_moved_a_worker_back_by_an_old_page_finds_him_moved_on_again(days):
    worker = days.register()
    follow(days, VILLAGE, NEW)
    days.day("2026-04-02")
    hand_on(days)
    days.desk(worker, village=VILLAGE)
    assert hand_on(days) == 1 and at_home(days) == {NEW: [worker]}


def test_of_whom_two_officers_said_two_villages_a_person_still_decides_after_the_move(days):
    worker = days.register()
    here, there = days.phone(), days.server.enrolled(VILLAGE, NEIGHBOUR)
    seen = days.seen(worker)
    here.sync(here.change(worker, {"village": VILLAGE}, village=VILLAGE))
    days.day("2026-03-11")
    there.sync(there.change(worker, {"village": NEIGHBOUR}, village=VILLAGE, seen=seen, at=from_ms(days.now)))
    assert at_home(days) == {VILLAGE: [worker]}
    follow(days, VILLAGE, NEW)
    days.day("2026-04-02")
    hand_on(days)
    assert at_home(days) == {NEW: [worker]}
    with days.server.reading() as connection:
        waits = loads(connection.scalar(select(t.record.c.conflicts).where(t.record.c.id == worker)) or "{}")
    assert [told["value"] for told in waits["village"]] == [NEW, NEIGHBOUR]
    assert hand_on(days) == 0
    is_whole(days)


def test_the_numbers_of_many_villages_that_become_one_are_written_once(days):
    with days.server.reading() as connection:
        olds = list(connection.scalars(select(t.region.c.code).where(t.region.c.code.like("64.02.11.20%")).limit(15)))
    phone = days.server.enrolled(*olds)
    phone.sync(*(phone.change(f"eligible:{old}:2026-01", {"workers": 10}, kind="eligible", village=old) for old in olds))
    for old in olds:
        follow(days, old, NEW)
    days.day("2026-04-01")
    hand_on(days)
    before = days.server.counts()["change"]
    hand_on(days)
    assert len(olds) == 15 and days.total(NEW, "2026-04")["eligible"]["count"] == 150
    assert days.server.counts()["change"] == before


def test_figures_go_on_without_a_gap_and_nobody_is_counted_twice(days):
    days.write("eligible", {"workers": 40}, f"eligible:{VILLAGE}:2026-01")
    worker = days.register()
    days.verify(worker)
    days.pay(worker, "2026-03", "2026-04", "2026-05")
    before = days.total("64.02.11", "2026-03")
    follow(days, VILLAGE, NEW)
    days.day("2026-04-01")
    hand_on(days)
    days.day("2026-05-02")
    hand_on(days)
    assert days.total("64.02.11", "2026-03") == before
    for month in ("2026-04", "2026-05"):
        now = days.total("64.02.11", month)
        assert now["active"] == 1 and now["eligible"]["count"] == 40 and now["rate"] == before["rate"]
    assert days.total(VILLAGE, "2026-05")["active"] == 0 and days.total(VILLAGE, "2026-05")["eligible"] is None
    assert days.total(NEW, "2026-05")["eligible"]["source"] == f"penerus {VILLAGE}"


def test_two_villages_that_become_one_bring_both_their_numbers(days):
    days.write("eligible", {"workers": 40}, f"eligible:{VILLAGE}:2026-01")
    days.write("eligible", {"workers": 25}, f"eligible:{NEIGHBOUR}:2026-02", NEIGHBOUR)
    both = sorted([days.register(), days.register(NEIGHBOUR)])
    for old in (VILLAGE, NEIGHBOUR):
        follow(days, old, NEW)
    days.day("2026-04-01")
    hand_on(days), hand_on(days)
    assert at_home(days) == {NEW: both} and days.total(NEW, "2026-04")["eligible"]["count"] == 65
    is_whole(days)


def test_a_number_that_a_person_entered_for_the_new_village_stands(days):
    days.write("eligible", {"workers": 40}, f"eligible:{VILLAGE}:2026-01")
    days.register()
    follow(days, VILLAGE, NEIGHBOUR)
    days.day("2026-04-01")
    days.write("eligible", {"workers": 99, "source": "pendataan"}, f"eligible:{NEIGHBOUR}:2026-04", NEIGHBOUR)
    hand_on(days)
    assert days.total(NEIGHBOUR, "2026-04")["eligible"]["count"] == 99


def test_a_village_that_splits_keeps_whoever_was_not_chosen(days):
    one, two, three = days.register(rt="001"), days.register(rt="002"), days.register(rt="002", rw="003")
    follow(days, VILLAGE, EAST, since="2026-03-10", ends=False)
    hand_on(days)
    assert at_home(days) == {VILLAGE: sorted([one, two, three])}
    assigned = days.do(succession.assign, VILLAGE, EAST, [("002", "")], [], ADMIN, days.now)
    assert assigned == (1, 2) and at_home(days)[EAST] == [two]
    assert days.do(succession.assign, VILLAGE, EAST, [], [three], ADMIN, days.now).moved == 1
    assert at_home(days) == {VILLAGE: [one], EAST: sorted([two, three])}
    assert {VILLAGE, EAST} <= days.phone().sync()["cursors"].keys()
    is_whole(days)


def test_a_village_that_ends_in_two_shows_who_is_still_to_be_assigned(days):
    worker = days.register(rt="001")
    follow(days, VILLAGE, NEW, EAST, since="2026-03-10")
    hand_on(days)
    assert days.do(succession.to_assign, "64.02", days.now) == [(VILLAGE, [NEW, EAST], 1)]
    assert days.do(succession.to_assign, "64.03", days.now) == []
    days.do(succession.assign, VILLAGE, NEW, [("001", "")], [], ADMIN, days.now)
    assert days.do(succession.to_assign, "64.02", days.now) == [] and at_home(days) == {NEW: [worker]}


def test_a_phone_enrolled_for_the_new_village_also_sees_what_was_paid_under_the_old_code(days):
    worker = days.register()
    days.verify(worker)
    paid = days.pay(worker, "2026-03")
    follow(days, VILLAGE, NEW)
    days.day("2026-04-01")
    hand_on(days)
    fresh = days.server.enrolled(NEW, officer="Joko")
    hand_on(days)
    assert paid in {each["record"] for each in fresh.sync()["records"]}


def test_accounts_of_a_village_that_ended_go_with_it(days):
    officer = days.server.person("officer", VILLAGE)
    follow(days, VILLAGE, NEW, since="2026-03-10")
    hand_on(days)
    with days.server.reading() as connection:
        assert connection.scalar(select(t.account.c.region).where(t.account.c.id == officer.id)) == NEW


def test_joined_workers_and_workers_with_a_conflict_move_too(days):
    a, b = sorted([days.register(), days.register(NEIGHBOUR)])
    days.do(link, a, b, True, "satu orang", None, days.now)
    phone, other = days.phone(), days.server.enrolled(VILLAGE, officer="Joko")
    worker = days.register(nik="6402111503859003", full_name="Budi")
    for each, name in ((phone, "Budi S"), (other, "Budi T")):
        each.sync(each.change(worker, {"full_name": name}, village=VILLAGE))
    follow(days, VILLAGE, NEW, since="2026-03-10")
    hand_on(days)
    days.do(link, a, b, False, "dua orang", None, days.now)
    hand_on(days)
    assert worker in at_home(days)[NEW] and VILLAGE not in at_home(days)
    is_whole(days)
    with days.server.app.app_context():
        before = digest()
        replay(days.settings, days.now, check=False)
        assert digest() == before


def test_a_large_village_is_moved_in_parts_and_a_kill_between_them_loses_nothing(days, monkeypatch):
    monkeypatch.setattr(succession, "AT_ONCE", 4)
    phone = days.phone()
    phone.sync(*[phone.change(fields=WORKER | {"full_name": f"Orang {n}"}) for n in range(11)])
    follow(days, VILLAGE, NEW, since="2026-03-10")
    real, moved = succession.move, []

    def dies_at_the_second(old, new, workers, account, now):
        if moved:
            raise KeyboardInterrupt
        moved.append(real(old, new, workers, account, now))
        return moved[-1]

    monkeypatch.setattr(succession, "move", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        hand_on(days)
    monkeypatch.setattr(succession, "move", real)
    assert moved == [4] and len(at_home(days)[NEW]) == 4
    assert hand_on(days) == 7 and len(at_home(days)[NEW]) == 11
    is_whole(days)


@pytest.mark.parametrize(
    ("old", "new", "since", "field"),
    [
        (VILLAGE, [VILLAGE], "2026-04-01", "new"), (VILLAGE, [], "2026-04-01", "new"),
        (VILLAGE, ["64.02.11.2999"], "2026-04-01", "new"), (VILLAGE, ["64.02.11"], "2026-04-01", "new"),
        (VILLAGE, [NEW], "2026-02-28", "since"), (VILLAGE, [NEW], "besok", "since"), (VILLAGE, [NEW], "2031-01-01", "since"),
        ("64.02.11", [NEW], "2026-04-01", "old"),
    ],
)  # fmt: skip
def test_what_can_not_follow_is_refused_and_says_what_to_do(days, old, new, since, field):
    with pytest.raises(RegionRefused) as refused:
        days.do(succession.succeed, old, new, since, "uji", True, ADMIN, days.now)
    assert refused.value.field == field and all(len(each) > 10 for each in refused.value.says)


def test_a_village_that_ended_can_not_be_followed_twice_nor_follow_another(days):
    follow(days, VILLAGE, NEW)
    for old, new in ((VILLAGE, EAST), (NEIGHBOUR, VILLAGE)):
        with pytest.raises(RegionRefused):
            follow(days, old, new)


def test_nobody_changes_regions_beyond_his_own(days):
    stranger = ADMIN._replace(region="64.03")
    with pytest.raises(OutsideRegion):
        days.do(succession.succeed, VILLAGE, [NEW], "2026-04-01", "uji", True, stranger, days.now)
    with pytest.raises(OutsideRegion):
        days.do(succession.add_region, "64.02.11.2903", "Baru", stranger, days.now)
    with pytest.raises(OutsideRegion):
        days.do(succession.rename_region, VILLAGE, "Baru", stranger)


def test_a_region_is_added_under_one_that_there_is_and_renamed_without_moving_anybody(days):
    for code, field in (("64.99.01.2001", "code"), ("6402", "code"), (VILLAGE, "code")):
        with pytest.raises(RegionRefused) as refused:
            days.do(succession.add_region, code, "Baru", Account(1, "a", "-", "admin", "id"), days.now)
        assert refused.value.field == field
    worker = days.register()
    days.do(succession.rename_region, VILLAGE, "  Muara   Kaman Hulu ", ADMIN)
    assert days.do(regions.region_names, [VILLAGE]) == {VILLAGE: "Muara Kaman Hulu"}
    assert at_home(days) == {VILLAGE: [worker]}


def test_on_either_engine_a_village_splits_ends_and_is_replayed(either_days):
    days = either_days.day("2026-03-10")
    for code in (NEW, EAST):
        days.do(succession.add_region, code, "Baru", ADMIN, days.now)
    one, two = days.register(rt="001"), days.register(rt="002")
    days.write("eligible", {"workers": 40}, f"eligible:{VILLAGE}:2026-01")
    follow(days, VILLAGE, EAST, since="2026-03-10", ends=False)
    hand_on(days)
    assert days.do(succession.assign, VILLAGE, EAST, [("002", "")], [], ADMIN, days.now) == (1, 1)
    with pytest.raises(RegionRefused):
        days.do(succession.assign, VILLAGE, NEW, [("001", "")], [], ADMIN, days.now)
    days.do(succession.move, VILLAGE, NEW, [one, two, "nobody-1"], None, days.now)
    assert at_home(days) == {NEW: [one], EAST: [two]} and days.do(succession.standing, VILLAGE).moved == {NEW: 1, EAST: 1}
    is_whole(days)


def test_a_district_that_comes_to_a_new_regency_takes_all_its_villages_along(days):
    nation = Account(1, "admin", "-", "admin", "id")
    days.do(succession.add_region, "64.98", "Kutai Baru", nation, days.now)
    workers = [days.register(), days.register(NEIGHBOUR)]
    with pytest.raises(OutsideRegion):
        days.do(succession.succeed_below, "64.02.11", "64.98.01", "2026-04-01", "UU uji", ADMIN, days.now)
    for new in ("64.98", "64.97.01", "64.02.11", "kode"):
        with pytest.raises(RegionRefused):
            days.do(succession.succeed_below, "64.02.11", new, "2026-04-01", "UU uji", nation, days.now)
    assert days.do(succession.succeed_below, "64.02.11", "64.98.01", "2026-04-01", "UU uji", nation, days.now) > 10
    days.day("2026-04-01")
    hand_on(days)
    assert at_home(days) == {"64.98.01" + VILLAGE[8:]: workers[:1], "64.98.01" + NEIGHBOUR[8:]: workers[1:]}
    names = days.do(regions.region_names, [VILLAGE, f"64.98.01{VILLAGE[8:]}"])
    assert len(set(names.values())) == 1 and len(names) == 2
    is_whole(days)
