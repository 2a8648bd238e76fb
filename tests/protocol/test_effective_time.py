"""Section 4: phones have wrong clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.protocol.world import Phone, moment, read_moment


def effective(siti: Phone, budi: Phone, record: str, field: str = "full_name") -> dict[str, datetime]:
    """Who wrote each head, and when after the server; arrange a conflict first."""
    told = budi.told(record)
    return {head["by"]: read_moment(head["at"]) for head in told["conflicts"][field]}


def apart(first: datetime, second: datetime) -> float:
    return abs((first - second).total_seconds())


def wrong_clock(phone: Phone, record: str, off: timedelta, ago: timedelta, sent_at: bool = True) -> None:
    """An edit `ago` before now by a phone whose clock is `off`."""
    now = datetime.now(UTC) + off
    at = (now - ago).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    phone.send(phone.edit(record, full_name=f"Nur {phone.id}") | {"at": at}, sent_at=told if sent_at else None)


@pytest.mark.parametrize("years", [-30, -4, 4, 50])
def test_a_clock_that_is_years_off_is_put_right_by_sent_at(siti: Phone, budi: Phone, shared: str, years: int) -> None:
    siti.send(siti.edit(shared, full_name="Pertama") | {"at": moment(hours=2)})
    wrong_clock(budi, shared, timedelta(days=365 * years), timedelta(minutes=30))
    assert apart(effective(siti, budi, shared)[budi.id], datetime.now(UTC) - timedelta(minutes=30)) < 30


def test_the_offset_is_measured_anew_for_each_attempt(siti: Phone, budi: Phone, shared: str) -> None:
    siti.send(siti.edit(shared, full_name="Pertama") | {"at": moment(hours=2)})
    budi.send(sent_at=moment(days=400))
    wrong_clock(budi, shared, timedelta(0), timedelta(minutes=30))
    assert apart(effective(siti, budi, shared)[budi.id], datetime.now(UTC) - timedelta(minutes=30)) < 30


@pytest.mark.parametrize(("seconds", "counts"), [(60, False), (115, False), (240, True), (-60, False), (-240, True)])
def test_only_more_than_two_minutes_count(siti: Phone, budi: Phone, shared: str, seconds: int, counts: bool) -> None:
    siti.send(siti.edit(shared, full_name="Pertama") | {"at": moment(hours=2)})
    said = datetime.now(UTC) + timedelta(seconds=seconds) - timedelta(minutes=30)
    wrong_clock(budi, shared, timedelta(seconds=seconds), timedelta(minutes=30))
    off = apart(effective(siti, budi, shared)[budi.id], said)
    assert (off > 200) if counts else (off < 1)


def test_without_sent_at_the_time_that_the_phone_said_counts(siti: Phone, budi: Phone, shared: str) -> None:
    siti.send(siti.edit(shared, full_name="Pertama") | {"at": moment(hours=2)})
    wrong_clock(budi, shared, timedelta(days=-400), timedelta(minutes=30), sent_at=False)
    assert apart(effective(siti, budi, shared)[budi.id], datetime.now(UTC) - timedelta(days=400, minutes=30)) < 30


@pytest.mark.parametrize("sent_at", ["yesterday", "", "2026-11-22T03:04:05"])
def test_a_sent_at_that_is_text_but_no_time_measures_nothing(
    siti: Phone, budi: Phone, shared: str, sent_at: str
) -> None:
    siti.send(siti.edit(shared, full_name="Pertama") | {"at": moment(hours=2)})
    budi.send(budi.edit(shared, full_name="Kedua") | {"at": moment(minutes=30)}, sent_at=sent_at)
    assert apart(effective(siti, budi, shared)[budi.id], datetime.now(UTC) - timedelta(minutes=30)) < 30


def test_no_effective_time_lies_after_the_receipt(siti: Phone, budi: Phone, shared: str) -> None:
    siti.send(siti.edit(shared, full_name="Pertama") | {"at": moment(hours=2)})
    wrong_clock(budi, shared, timedelta(0), timedelta(days=-400))
    assert apart(effective(siti, budi, shared)[budi.id], datetime.now(UTC)) < 30


def test_no_effective_time_lies_before_that_of_the_devices_change_before_it(
    siti: Phone, budi: Phone, shared: str
) -> None:
    siti.send(siti.edit(shared, full_name="Pertama") | {"at": moment(hours=2)})
    before = moment(hours=1)
    budi.send(
        budi.edit(shared, notes="x") | {"at": before}, budi.edit(shared, full_name="Mundur") | {"at": moment(days=9)}
    )
    assert apart(effective(siti, budi, shared)[budi.id], read_moment(before)) < 0.01


def test_the_effective_time_is_reckoned_once_at_first_receipt(siti: Phone, budi: Phone, shared: str) -> None:
    siti.send(siti.edit(shared, full_name="Pertama") | {"at": moment(hours=2)})
    change = budi.edit(shared, full_name="Sekali") | {"at": moment(minutes=30)}
    budi.send(change)
    first = effective(siti, budi, shared)
    budi.send(change, sent_at=moment(days=700))
    assert effective(siti, budi, shared) == first


def test_latest_follows_the_effective_time_not_what_the_phone_said(siti: Phone, budi: Phone, shared: str) -> None:
    siti.send(siti.edit(shared, notes="dini") | {"at": moment(minutes=50)})
    slow = timedelta(days=3000)
    at = (datetime.now(UTC) - slow - timedelta(minutes=5)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    budi.send(budi.edit(shared, notes="akhir") | {"at": at}, sent_at=moment(days=3000))
    assert budi.told(shared)["fields"]["notes"] == "akhir"


@pytest.mark.parametrize("at", ["2026-11-20T16:11:12.003+08:00", "2026-11-20T08:11:12Z", "2026-11-20T08:11:12.003456Z"])
def test_rfc_3339_has_more_than_one_way_to_write_a_time(siti: Phone, at: str) -> None:
    assert siti.status_of(siti.change(at=at)) == ["merged"]
