"""Lists that leave the house: what may be in them, for whom, how long, and what the log says of it."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from schemas.change import loads
from schemas.kinds import REGIONAL
from server.actions import exporting, exports
from server.actions.entries import begin, change
from server.actions.entries_api import WAYS
from server.actions.settle import erase, link
from server.auth import Scope
from server.clock import day_at, now_ms
from server.db import reading, transaction
from server.export.kept import Kept
from server.export.lists import LISTS
from server.problems import Refusal
from server.store import desk_tables as d
from server.store import exports as store
from server.store import tables as t
from server.store.accounts import Account
from tests.schemas.samples import GOOD
from tests.server.installation import DAY_MS, ELSEWHERE, VILLAGE, WORKER, Installation

NIK = WORKER["nik"]
FOR = "rapat cakupan kabupaten"
HERE = "64.02"


def account(server: Installation, role: str, region: str = HERE) -> Account:
    person = server.person(role, region)
    with server.app.app_context(), reading() as connection:
        found = store.account_of(connection, person.id)
    assert found is not None
    return found


def ask(server: Installation, who: Account, what: str = "workers", within: str = HERE, **given: Any) -> int:
    asked = {"what": what, "format": "csv", "purpose": FOR, **given}
    with server.app.app_context():
        wanted = exports.read_wanted(who, Scope(within), asked, "en", now_ms())
        return exports.ask(who, Scope(within), wanted, now_ms())


def make(server: Installation) -> int:
    with server.app.app_context():
        return exporting.make_waiting(server.settings, now_ms())


def fetch(server: Installation, who: Account, number: int, within: str = HERE, now: int | None = None) -> bytes | None:
    with server.app.app_context():
        file = exports.fetch(who, Scope(within), number, server.settings, now or now_ms())
        return None if file is None else b"".join(file.pieces)


def rows(content: bytes | None) -> list[dict[str, str]]:
    assert content is not None
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def taken_out(
    server: Installation, who: Account, what: str = "workers", within: str = HERE, **given: Any
) -> list[dict[str, str]]:
    number = ask(server, who, what, within, **given)
    make(server)
    return rows(fetch(server, who, number, within))


def told_of(server: Installation, who: Account, number: int) -> store.Export:
    with server.app.app_context():
        return next(each for each in exports.mine(who, Scope(who.region)) if each.id == number)


def entries(server: Installation, act: str) -> list[dict[str, Any]]:
    with server.reading() as connection:
        found = connection.execute(select(d.audit).where(d.audit.c.act == act).order_by(d.audit.c.id)).all()
    return [{"who": row.who, "region": row.region, **loads(row.about)} for row in found]


def villagers(server: Installation) -> Any:
    """Three workers in one village, one in the next regency; the first has paid."""
    phone, far = server.enrolled(VILLAGE), server.enrolled(ELSEWHERE)
    more = {"mother_name": "Ibu Rahasia", "heirs": [{"name": "Budi", "relation": "suami", "nik": "6402115207909077"}]}
    phone.sync(
        phone.change(None, WORKER | more | {"registered_at": "2026-10-01", "phone": "+628125550001"}),
        phone.change(None, WORKER | {"full_name": "=1+1", "nik": "6402115207909002", "status": "withdrawn"}),
        phone.change(None, WORKER | {"full_name": "Aminah", "nik": "6402115207909003", "occupation": "fisher"}),
    )
    paid = {"worker": f"{phone.id}-1", "months": ["2026-10", "2026-11"], "programs": ["JKK", "JKM"], "amount": 33600,
            "funding": "self", "paid_on": "2026-11-02"}  # fmt: skip
    phone.sync(phone.change(None, paid, kind="contribution"))
    far.sync(far.change(None, WORKER | {"full_name": "Orang Jauh", "nik": "6403055207909002"}))
    return phone


def test_a_list_holds_the_workers_of_the_region_and_nobody_elses(either_server):
    phone = villagers(either_server)
    staff = account(either_server, "staff")
    found = {row["Record"]: row for row in taken_out(either_server, staff)}
    assert found.keys() == {f"{phone.id}-{number}" for number in (1, 2, 3)}
    first, second = found[f"{phone.id}-1"], found[f"{phone.id}-2"]
    assert (first["Village"], first["Regency"]) == ("Muara Kaman Ulu", "Kabupaten Kutai Kartanegara")
    assert first["Occupation"] == "Farmer"
    assert first["NIK"] == NIK[:6] + "•" * 10 and "Mother's name" not in first and "Heirs" not in first
    assert second["Full name"] == "'=1+1" and second["Status"] == "Withdrawn"
    paid = taken_out(either_server, staff, "contributions")
    assert [(row["Worker's name"], row["Months"]) for row in paid] == [(WORKER["full_name"], "2026-10, 2026-11")]


def test_whole_niks_and_sensitive_fields_are_there_only_where_they_were_ticked_and_may_be(server):
    villagers(server)
    found = taken_out(server, account(server, "operator"), whole_niks="1", sensitive=["mother_name", "heirs"])
    assert found[0]["NIK"] == NIK and found[0]["Mother's name"] == "Ibu Rahasia"
    assert "6402115207909077" in found[0]["Heirs"] and "Monthly income" not in found[0]
    short = taken_out(server, account(server, "operator"), sensitive=["heirs"])
    assert "6402115207909077" not in short[0]["Heirs"] and "640211••" in short[0]["Heirs"]
    for role, given, field in (
        ("officer", {"whole_niks": "1"}, "whole_niks"), ("officer", {"sensitive": ["heirs"]}, "sensitive"),
        ("auditor", {"sensitive": ["mother_name"]}, "sensitive"), ("staff", {"sensitive": ["password"]}, "sensitive"),
        ("staff", {"purpose": "ya"}, "purpose"), ("staff", {"format": "pdf"}, "format"),
        ("staff", {"day": "2099-01-01"}, "day"), ("staff", {"day": "kemarin"}, "day"),
        ("staff", {"from": "2026-11-02", "to": "2026-11-01"}, "to"), ("staff", {"status": "' OR 1=1"}, "status"),
        ("staff", {"day": "2026-01-01", "coverage": "active"}, "coverage"),
    ):  # fmt: skip
        with pytest.raises(exports.BadExport) as refused:
            ask(server, account(server, role, VILLAGE), within=VILLAGE, **given)
        assert field in refused.value.errors


def test_a_viewer_takes_out_sums_and_no_person(server):
    villagers(server)
    viewer = account(server, "viewer")
    with server.app.app_context():
        assert [listed.name for listed in exports.lists_for("viewer") if listed.of_people] == []
    for what in ("workers", "contributions", "claims", "visits", "conflicts", "devices", "duplicates", "audit"):
        with pytest.raises(Refusal):
            ask(server, viewer, what)
    assert taken_out(server, viewer, "coverage", purpose="") == []
    with pytest.raises(Refusal):
        ask(server, account(server, "staff"), within="64.03")


def test_filters_leave_in_what_was_asked_for(server):
    villagers(server)
    staff = account(server, "staff")

    def names(**given: str) -> list[str]:
        return sorted(row["Full name"] for row in taken_out(server, staff, **given))

    assert names(status="withdrawn") == ["'=1+1"] and names(occupation="fisher") == ["Aminah"]
    assert names(**{"from": "2026-10-01", "to": "2026-10-01"}) == [WORKER["full_name"]]
    assert names(coverage="active") == [] and len(names(updated_since="2020-01-01")) == 3
    months = {"first_month": "2026-11", "last_month": "2026-12"}
    assert len(taken_out(server, staff, "contributions", **months)) == 1
    assert taken_out(server, staff, "contributions", first_month="2026-12") == []


def test_who_was_erased_is_in_no_list_and_who_is_restricted_is_left_out_and_counted(either_server):
    phone = villagers(either_server)
    staff = account(either_server, "staff")
    with either_server.app.app_context():
        erase([f"{phone.id}-3"], "asked for", None, either_server.settings, now_ms())
        with transaction() as connection:
            connection.execute(insert(d.restriction).values(
                record=f"{phone.id}-1", region=VILLAGE, since=now_ms(), by=None, reason="diminta"
            ))  # fmt: skip
    number = ask(either_server, staff)
    make(either_server)
    assert [row["Record"] for row in rows(fetch(either_server, staff, number))] == [f"{phone.id}-2"]
    assert loads(told_of(either_server, staff, number).error or "[]")[1].startswith("1 rows are left out")
    assert taken_out(either_server, staff, "contributions") == []
    past = taken_out(either_server, staff, day="2026-01-01")
    assert past == []


def test_a_file_with_somebody_who_was_erased_since_is_given_out_no_more(either_server):
    phone = villagers(either_server)
    staff = account(either_server, "staff")
    number = ask(either_server, staff)
    make(either_server)
    assert fetch(either_server, staff, number) is not None
    with either_server.app.app_context():
        erase([f"{phone.id}-3"], "asked for", None, either_server.settings, now_ms())
    assert fetch(either_server, staff, number) is None
    assert told_of(either_server, staff, number).state == store.GONE


def test_a_file_with_somebody_who_was_erased_since_does_not_stay_on_the_disk_till_its_days_are_over(either_server):
    phone = villagers(either_server)
    staff = account(either_server, "staff")
    number, other = ask(either_server, staff), ask(either_server, staff, "claims")
    make(either_server)
    with either_server.app.app_context():
        erase([f"{phone.id}-3"], "asked for", None, either_server.settings, now_ms())
        exports.tidy(either_server.settings, now_ms())
        assert Kept(either_server.settings).numbers() == {other}
    assert told_of(either_server, staff, number).state == store.GONE


def test_who_may_see_less_by_now_fetches_no_file_that_holds_more(server):
    villagers(server)
    staff = account(server, "staff")
    whole, secret, plain = ask(server, staff, whole_niks="1"), ask(server, staff, sensitive=["heirs"]), ask(server, staff)
    make(server)
    for role, lost in (("officer", (whole, secret)), ("auditor", (secret,))):
        for number in lost:
            with pytest.raises(Refusal):
                fetch(server, staff._replace(role=role), number)
        assert fetch(server, staff._replace(role=role), plain) is not None
    assert fetch(server, staff._replace(role="auditor"), whole) is not None


def test_the_log_names_everybody_in_a_file_and_each_download(server, monkeypatch):
    monkeypatch.setattr(exporting, "PEOPLE_IN_ONE_ENTRY", 2)
    phone = villagers(server)
    staff = account(server, "staff")
    number = ask(server, staff, sensitive=["heirs"])
    assert entries(server, "export") == []
    make(server)
    told = entries(server, "export")
    assert [(one["part"], one["parts"], one["people"]) for one in told] == [(1, 2, 2), (2, 2, 1)]
    assert {record for one in told for record in one["records"]} == {f"{phone.id}-{n}" for n in (1, 2, 3)}
    first = told[0]
    assert (first["who"], first["region"], first["purpose"]) == (f"account:{staff.id}", HERE, FOR)
    assert (first["sensitive"], first["whole_niks"], first["rows"]) == (["heirs"], False, 3)
    assert entries(server, "download") == []
    fetch(server, staff, number)
    assert [(one["export"], one["what"]) for one in entries(server, "download")] == [(number, "workers")]


def test_a_file_lies_sealed_and_only_who_asked_for_it_can_fetch_it(server):
    villagers(server)
    staff, admin = account(server, "staff"), account(server, "admin")
    number = ask(server, staff, whole_niks="1")
    make(server)
    with server.app.app_context():
        kept = Kept(server.settings)
    assert NIK.encode() not in kept.path(number).read_bytes()
    assert sorted(path.name for path in kept.folder.iterdir()) == [f"{number}.sealed"]
    assert fetch(server, admin, number) is None and fetch(server, staff, number, VILLAGE) is None
    assert NIK.encode() in (fetch(server, staff, number) or b"")
    other = ask(server, admin)
    make(server)
    kept.path(number).write_bytes(kept.path(other).read_bytes())  # another's file in its place
    assert fetch(server, staff, number) is None


def test_a_file_goes_after_its_days_or_when_it_is_thrown_away(server):
    villagers(server)
    staff = account(server, "staff")
    first, second = ask(server, staff), ask(server, staff)
    assert make(server) == 2
    with server.app.app_context():
        kept = Kept(server.settings)
        assert exports.throw_away(staff, Scope(HERE), first, server.settings)
        assert not exports.throw_away(account(server, "admin"), Scope(HERE), second, server.settings)
    assert fetch(server, staff, first) is None and kept.numbers() == {second}
    later = now_ms() + server.settings.export_days * DAY_MS + 1
    assert fetch(server, staff, second, now=later) is None
    with server.app.app_context():
        assert exports.tidy(server.settings, later) == 1
    assert kept.numbers() == set() and told_of(server, staff, second).state == store.GONE


def test_an_export_that_a_kill_cut_short_is_begun_anew_and_two_nodes_make_it_once(either_server):
    villagers(either_server)
    staff = account(either_server, "staff")
    number = ask(either_server, staff)
    with either_server.app.app_context():
        with transaction() as connection:
            waiting = store.to_make(connection, 0)
            touched = store.take(connection, waiting[0], now_ms())
            assert touched and store.take(connection, waiting[0], now_ms()) is None  # the other node's turn
        assert make(either_server) == 0  # somebody is at it
        with transaction() as connection:
            connection.execute(update(d.export).values(touched_at=now_ms() - exporting.STALE_MS - 1))
        assert make(either_server) == 1
        with transaction() as connection:
            assert store.tell(connection, number, touched, now_ms(), state=store.FAILED) is None  # who came back too late
    assert len(rows(fetch(either_server, staff, number))) == 3


def test_what_a_kill_left_readable_on_the_disk_is_thrown_away(server):
    villagers(server)
    ask(server, account(server, "staff"))
    folder = Kept(server.settings).folder
    left, at_work = folder / ".work-left", folder / ".work-now"
    for work in (left, at_work):
        work.mkdir(parents=True)
        (work / "list.csv").write_text(NIK)
    (folder / ".7.sealed.ab.part").write_bytes(b"x")
    old = (now_ms() - 11 * 60 * 1000) / 1000
    for path in (left / "list.csv", left, folder / ".7.sealed.ab.part"):
        os.utime(path, (old, old))
    make(server)
    assert sorted(path.name for path in folder.iterdir()) == [".work-now", "1.sealed"]  # another node is at work there


def test_who_lost_the_right_meanwhile_gets_nothing(server):
    villagers(server)
    staff = account(server, "staff")
    numbers = [ask(server, staff) for _ in range(2)]
    for region, state in (("64.03", {"region": "64.03"}), (HERE, {"region": HERE, "closed_at": now_ms()})):
        assert region
        with server.app.app_context(), transaction() as connection:
            connection.execute(update(t.account).where(t.account.c.id == staff.id).values(state))
            connection.execute(update(d.export).where(d.export.c.id != numbers[0]).values(state=store.GONE))
        assert make(server) == 0
        assert told_of(server, staff, numbers[0]).state == store.FAILED
        with server.app.app_context(), transaction() as connection:
            connection.execute(update(d.export).where(d.export.c.id == numbers[0]).values(state=store.WAITING))


def test_a_fault_of_the_program_is_told_without_what_it_said_and_leaves_no_file(server, monkeypatch):
    villagers(server)
    staff = account(server, "staff")
    number = ask(server, staff)

    def fails(*given: Any) -> None:
        raise ValueError("Nur Hayati, 6402115207909001")

    monkeypatch.setattr(exporting, "_sheet", fails)
    assert make(server) == 0
    export = told_of(server, staff, number)
    assert export.state == store.FAILED and "ValueError" in (export.error or "") and "Nur" not in (export.error or "")
    assert list(Kept(server.settings).folder.iterdir()) == []


def test_nobody_asks_for_more_than_a_few_at_a_time(server):
    staff = account(server, "staff")
    for _ in range(exports.MOST_OPEN):
        ask(server, staff)
    with pytest.raises(exports.BadExport):
        ask(server, staff)
    ask(server, account(server, "staff"))


def test_joined_records_are_one_row_and_conflicts_name_both_writers(server):
    phone = villagers(server)
    other = server.enrolled(VILLAGE, officer="Budi Santoso")
    other.sync(other.change(f"{phone.id}-3", {"full_name": "Aminah Lama"}, village=VILLAGE, seen={}))
    with server.app.app_context():
        link(f"{phone.id}-1", f"{phone.id}-2", True, "kartu sama", None, now_ms())
    operator = account(server, "operator")
    assert len(taken_out(server, operator)) == 2
    conflict = next(row for row in taken_out(server, operator, "conflicts") if row["Record"] == f"{phone.id}-3")
    assert conflict["Name of the field"] == "Full name"
    assert set(conflict["What was written"].split(" ≠ ")) == {"Aminah", "Aminah Lama"}
    assert set(conflict["Written by"].split(" ≠ ")) == {"Siti Aminah", "Budi Santoso"}


def test_the_other_lists_hold_what_they_say(server):
    phone = villagers(server)
    with server.app.app_context(), transaction() as connection:
        pair = {"same_nik": False, "probability": 0.93, "by": "entry", "comparisons": '[["full_name", "same", 5.1]]',
                "state": "open", "found_at": now_ms(), "judged_at": now_ms()}  # fmt: skip
        connection.execute(insert(d.pair), [
            pair | {"a": f"{phone.id}-1", "b": f"{phone.id}-3", "home_a": VILLAGE, "home_b": VILLAGE},
            pair | {"a": f"{phone.id}-1", "b": "zzz-1", "home_a": VILLAGE, "home_b": ELSEWHERE},
        ])  # fmt: skip
    admin = account(server, "admin")
    assert [row["Phone"] for row in taken_out(server, admin, "devices")] == [phone.id]
    doubles = taken_out(server, admin, "duplicates")
    assert [(row["Second name"], row["What agrees"]) for row in doubles] == [("Aminah", "Full name")]  # both here
    log = taken_out(server, admin, "audit")
    assert {"sync", "export"} <= {row["Act"] for row in log} and all(row["Region"].startswith(HERE) for row in log)
    everything = taken_out(server, account(server, "auditor", "id"), "audit", "id")
    assert len(everything) > len(log)


def test_figures_of_a_day_before_any_were_kept_say_what_to_do(server):
    viewer = account(server, "viewer")
    number = ask(server, viewer, "coverage", day="2020-05-05")
    assert make(server) == 0
    assert "choose a later one" in (told_of(server, viewer, number).error or "")


def test_a_longer_list_than_a_workbook_holds_says_what_to_choose(server, monkeypatch):
    villagers(server)
    staff = account(server, "staff")
    known = exporting.formats()
    monkeypatch.setattr(exporting, "formats", lambda: known | {"xlsx": known["xlsx"]._replace(most_rows=2)})
    number = ask(server, staff, format="xlsx")
    assert make(server) == 0
    assert "Choose CSV or SQLite" in (told_of(server, staff, number).error or "")


def test_files_lie_where_several_nodes_find_them(server, tmp_path):
    shared = replace(server.settings, files_dir=str(tmp_path / "shared"))
    assert Kept(shared).folder == tmp_path / "shared" / "exports"
    assert Kept(server.settings).folder == server.settings.data_dir / "exports"




# What desks entered about regions ------------------------------------------------------------------------------------


def entered(server: Installation, who: Account | None, kind: str, region: str, key: str, **fields: Any) -> str:
    with server.app.app_context():
        return begin(kind, region, key, fields, who, now_ms())


@pytest.mark.parametrize("kind", sorted(REGIONAL))
def test_every_kind_that_desks_enter_has_a_list_that_tells_all_its_fields(kind):
    (listed,) = [each for each in LISTS.values() if each.kind == kind]
    names = {column.name for column in listed.columns}
    assert names >= REGIONAL[kind].schema.fields.keys() | {"region", "region_name", "written_by", "updated_at"}
    assert listed.of_desks and listed.has_past and listed.act == WAYS[kind].see


def test_what_desks_entered_about_regions_of_any_level_is_told_with_their_names(either_server):
    staff = account(either_server, "staff")
    scenario = {"title": "APBD 2027", "year": 2027, "state": "draft"}
    named = entered(either_server, staff, "scenario", HERE, "a1", **scenario)
    entered(either_server, staff, "scenario", VILLAGE, "b1", **scenario | {"state": "dropped"})
    entered(either_server, None, "scenario", ELSEWHERE, "c1", **scenario)
    entered(either_server, None, "scenario", "id", "d1", **scenario)
    line = GOOD["budget"] | {"scenario": named}
    entered(either_server, staff, "budget", HERE, "k1", **line)
    found = {row["Record"]: row for row in taken_out(either_server, staff, "scenarios")}
    assert found.keys() == {named, f"scenario:{VILLAGE}:b1"}
    assert (found[named]["Region"], found[named]["Level"]) == ("Kabupaten Kutai Kartanegara", "Regency")
    here = found[f"scenario:{VILLAGE}:b1"]
    assert (here["Region"], here["Level"], here["Regency"]) == (
        "Muara Kaman Ulu", "Village", "Kabupaten Kutai Kartanegara",
    )  # fmt: skip
    assert here["Last written by"] == staff.name and here["State"] == "Dropped"
    (told,) = taken_out(either_server, staff, "budgets")
    assert told["Scenario (title)"] == "APBD 2027" and told["Record"] == f"budget:{HERE}:k1"
    nation = account(either_server, "staff", "id")
    whole = {row["Record"]: row for row in taken_out(either_server, nation, "scenarios", "id")}
    assert len(whole) == 4 and whole["scenario:id:d1"]["Level"] == "Nation"
    assert whole["scenario:id:d1"]["Last written by"] == ""
    some = taken_out(either_server, nation, "scenarios", "id", state="dropped")
    assert [row["Record"] for row in some] == [f"scenario:{VILLAGE}:b1"]
    with pytest.raises(exports.BadExport):
        ask(either_server, nation, "scenarios", "id", state="answered")


def test_who_sees_no_people_gets_the_list_without_minutes_and_names(server):
    staff, viewer = account(server, "staff"), account(server, "viewer")
    entered(server, staff, "meeting", HERE, "a1", title="Rapat monev", date="2026-11-20", attendance=12,
            minutes="Ibu Rahasia berkeberatan", attendees=[{"name": "Ibu Rahasia"}])  # fmt: skip
    (seen,) = taken_out(server, staff, "meetings", purpose="")
    assert "Ibu Rahasia" in seen["Minutes"] and "Ibu Rahasia" in seen["Attendees"]
    (less,) = taken_out(server, viewer, "meetings", purpose="")
    assert less["Attendance"] == "12" and not {"Minutes", "Attendees", "Last written by"} & less.keys()
    assert "Rahasia" not in str(less)
    with pytest.raises(Refusal):
        ask(server, viewer, "beneficiaries")
    with pytest.raises(exports.BadExport):
        ask(server, staff, "beneficiaries", purpose="")


def test_who_sees_people_no_more_fetches_no_list_that_was_made_with_them(server):
    staff = account(server, "staff")
    entered(server, staff, "meeting", HERE, "a1", title="Rapat monev", date="2026-11-20", minutes="Ibu Rahasia")
    ready, waits = ask(server, staff, "meetings"), 0
    make(server)
    waits = ask(server, staff, "meetings")
    with server.app.app_context(), transaction() as connection:
        connection.execute(update(t.account).where(t.account.c.id == staff.id).values(role="viewer"))
    make(server)
    assert told_of(server, staff, waits).state == store.FAILED
    with pytest.raises(Refusal):
        fetch(server, staff._replace(role="viewer"), ready)


def test_the_names_of_a_decree_are_told_with_the_people_who_stand_in_the_log(server):
    phone, staff = villagers(server), account(server, "staff")
    decree = entered(server, staff, "decree", HERE, "skab", **GOOD["decree"] | {"title": "SK Bupati 12/2026"})
    name = {"worker": f"{phone.id}-1", "decree": decree, "rank": 1, "score": 71.5, "because": ["jauh"]}
    entered(server, staff, "beneficiary", HERE, "skab." + "0" * 20, **name)
    (row,) = taken_out(server, staff, "beneficiaries")
    assert row["Worker's name"] == WORKER["full_name"] and row["Decree (title)"] == "SK Bupati 12/2026"
    assert row["Worker's NIK"].startswith(NIK[:6] + "•") and "Score" not in row and "Because" not in row
    with server.reading() as connection:
        about = connection.scalars(select(d.audit_record.c.record).join(d.audit, d.audit.c.id == d.audit_record.c.audit)
                                   .where(d.audit.c.act == "export"))  # fmt: skip
        assert set(about) == {f"{phone.id}-1"}


def test_what_a_desk_entered_is_told_as_it_was_known_on_a_past_day(server):
    staff, other, now = account(server, "staff"), account(server, "staff"), now_ms()
    with server.app.app_context():
        record = begin("target", HERE, "2027", {"workers": 100}, staff, now - 3 * DAY_MS)
        change("target", record, None, {"workers": 250}, other, now)
    then = day_at(now - 2 * DAY_MS, HERE).isoformat()
    (past,) = taken_out(server, staff, "targets", day=then)
    (today,) = taken_out(server, staff, "targets")
    assert (past["Number of workers"], past["Last written by"]) == ("100", staff.name)
    assert (today["Number of workers"], today["Last written by"]) == ("250", other.name)
    assert taken_out(server, staff, "targets", day=day_at(now - 5 * DAY_MS, HERE).isoformat()) == []
