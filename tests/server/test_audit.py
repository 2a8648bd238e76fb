"""Every look at people and every change of them stands in a chain, and whoever tampers with it is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings as running, strategies as st
from sqlalchemy import delete, insert, select, text, update

from schemas.change import dumps, loads
from server import audit, ledger
from server.actions import auditing
from server.actions.auditing import Verified, verify
from server.actions.keeping import backup, restore
from server.clock import now_ms
from server.db import transaction
from server.jobs.run import run
from server.jobs.timetable import timetable
from server.store import audit as chain
from server.store import desk_tables as d
from server.store import tables as t
from server.store.audit import Entry
from tests.server.api.world import DISTRICT, World, build
from tests.server.installation import VILLAGE, Installation, copied
from tests.server.story import told

GUARDS = ("audit_kept", "audit_fixed", "change_kept", "change_fixed")


def checked(server: Installation) -> Verified:
    with server.app.app_context():
        return verify(server.settings)


def why(server: Installation) -> str | None:
    found = checked(server)
    return found.broken.why if found.broken else None


def entries(server: Installation, *acts: str) -> list[Any]:
    with server.reading() as connection:
        query = select(d.audit).order_by(d.audit.c.id)
        return list(connection.execute(query.where(d.audit.c.act.in_(acts)) if acts else query))


def about(entry: Any) -> Any:
    return loads(entry.about)


@pytest.fixture(scope="module")
def kept(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, World]]:
    """A district with some work in it, whose guards against alteration a thief of the database has taken away."""
    server = Installation(copied(template, tmp_path_factory.mktemp("kept") / "var"))
    world = build(server)
    operator = server.person("operator", DISTRICT)
    for path in ("conflicts", "quarantine", "waiting", "devices"):
        assert operator.get(f"/api/v1/{path}").status_code == 200
    assert operator.post("/api/v1/settle", {
        "record": world.record, "seen": {world.siti.id: 3, world.budi.id: 1}, "fields": {"full_name": "Nur Hayati"},
    }).status_code == 200  # fmt: skip
    with server.app.app_context(), transaction() as connection:
        for guard in GUARDS:
            connection.execute(text(f"DROP TRIGGER {guard}"))
    yield server, world
    server.close()


class TakenBack(Exception):
    pass


def tampered(server: Installation, *statements: Any) -> str | None:
    """What a check says while a thief's statements stand; they are undone afterwards."""
    with server.app.app_context():
        with transaction() as connection:
            saved = {
                table.name: [dict(row._mapping) for row in connection.execute(select(table))]
                for table in (d.audit, d.audit_record, d.audit_head, t.change)
            }
            for statement in statements:
                connection.execute(statement)
        found = verify(server.settings)
        with transaction() as connection:
            for table in (d.audit, d.audit_record, d.audit_head, t.change):
                connection.execute(delete(table))
                connection.execute(insert(table), saved[table.name])
    return found.broken.why if found.broken else None


def test_a_log_that_nobody_touched_holds(kept):
    server, _ = kept
    found = checked(server)
    assert found.holds and found.entries > 10 and found.changes == 8


def test_every_act_of_the_log_has_words_in_both_languages():
    assert all(indonesian and english and indonesian != english for indonesian, english in audit.ACTS.values())


@running(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_entry_that_was_altered_taken_out_or_moved_is_found(kept, data):
    server, _ = kept
    rows = entries(server)
    row = data.draw(st.sampled_from(rows))
    other = data.draw(st.sampled_from([each for each in rows if each.id != row.id]))
    is_it = d.audit.c.id == row.id
    theft = data.draw(st.sampled_from([
        [delete(d.audit).where(is_it)],
        [update(d.audit).where(is_it).values(who="account:99")],
        [update(d.audit).where(is_it).values(at=row.at + 1)],
        [update(d.audit).where(is_it).values(act="open" if row.act != "open" else "list")],
        [update(d.audit).where(is_it).values(about=dumps(about(row) | {"x": 1}))],
        [update(d.audit).where(is_it).values(record="x-1" if row.record is None else None)],
        [update(d.audit).where(is_it).values(region="11")],
        [update(d.audit).where(is_it).values(id=0)],
        [update(d.audit).where(is_it).values(id=-1), update(d.audit).where(d.audit.c.id == other.id).values(id=row.id),
         update(d.audit).where(d.audit.c.id == -1).values(id=other.id)],
    ]))  # fmt: skip
    assert tampered(server, *theft) is not None


@running(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_that_was_altered_taken_out_or_put_in_is_found(kept, data):
    server, _ = kept
    with server.reading() as connection:
        rows = list(connection.execute(select(t.change)))
    row = data.draw(st.sampled_from(rows))
    is_it = (t.change.c.device == row.device) & (t.change.c.seq == row.seq)
    theft = data.draw(st.sampled_from([
        delete(t.change).where(is_it),
        update(t.change).where(is_it).values(fields='{"full_name":"Orang Lain"}'),
        update(t.change).where(is_it).values(fields=None, sent=None),
        update(t.change).where(is_it).values(officer=99),
        update(t.change).where(is_it).values(effective=row.effective - 1),
        update(t.change).where(is_it).values(status="quarantined" if row.status != "quarantined" else "merged"),
        update(t.change).where(is_it).values(hash=bytes(16)),
        update(t.change).where(is_it).values(row_hash=bytes(16)),
        insert(t.change).values(**dict(row._mapping) | {"seq": 9_000}),
        insert(t.change).values(**dict(row._mapping) | {"device": "nobody"}),
    ]))  # fmt: skip
    assert tampered(server, theft) in ("changes", "change", "blank", "uncovered")


def test_who_was_looked_at_can_not_be_hidden_beside_the_chain(kept):
    server, world = kept
    shown = d.audit_record.c.record == world.record
    assert tampered(server, delete(d.audit_record).where(shown)) == "people"
    assert tampered(server, update(d.audit_record).where(shown).values(record="someone-else")) == "people"
    assert tampered(server, insert(d.audit_record).values(record=world.record, audit=1)) == "people"
    assert tampered(server, insert(d.audit_record).values(record=world.record, audit=9_999)) == "people"


def test_a_log_whose_end_was_cut_off_is_found_by_its_head_and_where_that_was_cut_too_by_the_anchor(kept):
    server, _ = kept
    last, before = entries(server)[-1], entries(server)[-2]
    cut = [
        delete(d.audit).where(d.audit.c.id == last.id), delete(d.audit_record).where(d.audit_record.c.audit == last.id),
        delete(t.change).where(t.change.c.device.startswith("hq")),
    ]  # fmt: skip
    set_back = update(d.audit_head).values(last=before.id, hash=before.hash)
    assert tampered(server, *cut) == "head"
    assert tampered(server, *cut, set_back) is None, "without an anchor nobody can know"
    with server.app.app_context():
        assert auditing.anchor(server.settings, now_ms()) == 1
        assert auditing.anchor(server.settings, now_ms()) == 0, "it has not moved"
    assert tampered(server, *cut, set_back) == "cut"


def test_a_chain_that_was_written_anew_as_a_whole_is_found_by_the_anchor(kept):
    server, _ = kept
    with server.app.app_context():
        auditing.anchor(server.settings, now_ms())
    digest, anew = bytes(32), []
    for row in entries(server):
        made = dict(row._mapping) | ({"who": "account:99"} if row.id == 3 else {})
        digest = chain.link(digest, made)
        anew.append(update(d.audit).where(d.audit.c.id == row.id).values(who=made["who"], hash=digest))
    anew.append(update(d.audit_head).values(hash=digest))
    assert tampered(server, *anew) == "anchor"


def test_a_change_that_two_entries_tell_of_is_found(kept):
    server, world = kept
    again = about(entries(server, "sync")[0])
    with server.app.app_context():
        with transaction() as connection:
            before = chain.head(connection)
            chain.append(connection, [Entry(now_ms(), "device:x", "sync", None, None, again)])
        assert why(server) == "twice"
        with transaction() as connection:
            connection.execute(delete(d.audit).where(d.audit.c.id > before[0]))
            connection.execute(update(d.audit_head).values(last=before[0], hash=before[1]))
    assert why(server) is None


def test_a_whole_village_story_holds_also_after_an_erasure(either_server):
    told(either_server)
    found = checked(either_server)
    assert found.holds, found.broken and found.broken.said()
    with either_server.reading() as connection:
        assert found.changes == len(connection.execute(select(t.change.c.seq)).all())
    assert {entry.act for entry in entries(either_server)} >= {
        "enrol", "sync", "phone-day", "merge", "settle", "join", "part", "erase", "form",
    }  # fmt: skip


def test_the_log_goes_on_after_a_restore_with_what_was_done_since_the_backup(either_server, tmp_path):
    world = build(either_server)
    app, path = either_server.app, tmp_path / "one.backup"
    with app.app_context():
        backup(path, either_server.settings, now_ms())
    operator = either_server.person("operator", DISTRICT)
    operator.get("/api/v1/conflicts")
    world.siti.sync(world.siti.change(fields={"full_name": "Sesudah Cadangan", "nik": "6402115207909009"}))
    before = [tuple(row) for row in entries(either_server)]
    with app.app_context():
        restore(path, either_server.settings, now_ms())
    after = entries(either_server)
    assert [tuple(row) for row in after][: len(before)] == before, "nothing of what was done is forgotten"
    (restored,) = entries(either_server, "restore")
    assert about(restored)["lost"] == 0 and about(restored)["carried"] == len(before) - about(restored)["as_of"]
    found = checked(either_server)
    assert found.holds and found.anchors >= 2, found.broken and found.broken.said()
    for _ in range(2):  # set back; then it sends again, and a new entry tells of the same change
        world.siti.post({"changes": [], "cursors": {}, "epoch": world.siti.epoch})
    assert checked(either_server).holds


def test_a_backup_on_a_server_of_another_life_begins_its_anchors_anew(server, template, tmp_path):
    build(server)
    with server.app.app_context():
        backup(tmp_path / "one.backup", server.settings, now_ms())
        auditing.anchor(server.settings, now_ms())
    other = Installation(copied(template, tmp_path / "other"))
    (other.settings.data_dir / "backup.key").write_bytes((server.settings.data_dir / "backup.key").read_bytes())
    build(other)
    with other.app.app_context():
        auditing.anchor(other.settings, now_ms())
        other.person("operator", DISTRICT).get("/api/v1/conflicts")
        theirs = len(entries(other))
        restore(tmp_path / "one.backup", other.settings, now_ms())
    assert checked(other).holds
    moved = [entry for entry in entries(other) if "was" in about(entry)]
    assert len(moved) == about(entries(other, "restore")[0])["carried"] > 0 and len(entries(other)) > theirs
    other.close()


def test_a_restore_says_how_many_entries_nobody_could_read(server, template, tmp_path):
    world = build(server)
    with server.app.app_context():
        backup(tmp_path / "one.backup", server.settings, now_ms())
        server.person("operator", DISTRICT).get("/api/v1/conflicts")
        world.siti.sync(world.siti.change())
        auditing.anchor(server.settings, now_ms())
    behind = len(entries(server))
    fresh = Installation(copied(template, tmp_path / "fresh"))  # the old database is gone, the ledger stayed
    for name in ("ledger.jsonl", "backup.key"):
        (fresh.settings.data_dir / name).write_bytes((server.settings.data_dir / name).read_bytes())
    with fresh.app.app_context():
        restore(tmp_path / "one.backup", fresh.settings, now_ms())
    (restored,) = entries(fresh, "restore")
    assert about(restored)["lost"] == behind - about(restored)["as_of"]
    assert checked(fresh).holds
    fresh.close()


def test_changes_from_before_there_was_an_audit_log_are_put_under_it_once(server):
    build(server)
    with server.app.app_context():
        with transaction() as connection:
            for guard in GUARDS:
                connection.execute(text(f"DROP TRIGGER {guard}"))
            connection.execute(delete(d.audit))
            connection.execute(delete(d.audit_record))
            connection.execute(update(d.audit_head).values(last=0, hash=bytes(32)))
            connection.execute(update(t.change).values(row_hash=None))
        with transaction() as connection:
            auditing.seal_what_was_there(connection, now_ms())
        with transaction() as connection:
            auditing.seal_what_was_there(connection, now_ms())
    assert len(entries(server, "seal")) == 3 and checked(server).holds
    with server.app.app_context(), transaction() as connection:
        connection.execute(delete(t.change).where(t.change.c.seq == 1, t.change.c.status == "merged"))
    assert why(server) == "changes"


# Who looks and who acts -----------------------------------------------------------------------------------------------


def test_whoever_asks_a_program_for_people_stands_in_the_log_with_all_whom_he_was_shown(server):
    world = build(server)
    operator = server.person("operator", DISTRICT)
    before = len(entries(server))
    for path in ("conflicts", "quarantine", "waiting?all=1", "devices"):
        operator.get(f"/api/v1/{path}")
    looks = entries(server)[before:]
    assert [about(look)["list"] for look in looks] == ["conflicts", "quarantine", "waiting", "devices"]
    assert {look.who for look in looks} == {f"account:{operator.id}"} and {look.region for look in looks} == {DISTRICT}
    assert about(looks[0])["records"] == [world.record]
    assert not any(name in look.about for look in looks for name in ("Nur", "6402115207909001"))


def test_what_nobody_was_shown_is_no_look(server):
    before = len(entries(server))
    server.person("operator", DISTRICT).get("/api/v1/conflicts")
    assert len(entries(server)) == before


def test_a_phone_that_sends_and_a_phone_that_holds_its_village_stand_in_the_log(server):
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change())
    phone.sync(phone.change())
    mine = [entry for entry in entries(server) if entry.who == f"device:{phone.id}"]
    assert sorted(entry.act for entry in mine) == ["enrol", "phone-day", "sync", "sync"]
    assert about(mine[-1])["seqs"] == [[2, 2]] and mine[-1].region == VILLAGE


def test_what_the_clock_does_is_done_by_its_job(server):
    siti, wati = server.enrolled(VILLAGE), server.enrolled(VILLAGE)
    siti.sync(siti.change(f"{wati.id}-1", {"notes": "lebih dulu dari pembuatnya"}))
    wati.sync(wati.change())
    with server.app.app_context():
        for name in ("merge", "audit"):
            run(timetable(server.settings)[name], server.settings, pytest.fail)
    (merged,), (verified,) = entries(server, "merge"), entries(server, "verify")
    assert merged.who == "job:merge" and about(merged) == {"device": siti.id, "became": {"merged": [[1, 1]]}}
    assert verified.who == "job:audit" and about(verified)["holds"] is True


def test_a_chain_that_is_broken_fails_the_job_and_the_log_says_since_when(server):
    build(server)
    with server.app.app_context():
        with transaction() as connection:
            connection.execute(text("DROP TRIGGER audit_fixed"))
            connection.execute(update(d.audit).where(d.audit.c.id == 4).values(who="account:99"))
        failures: list[Exception] = []
        done = run(timetable(server.settings)["audit"], server.settings, failures.append)
        assert done.error == "Broken" and str(failures[0]) == "hash"
        last = auditing.last_check()
    assert last is not None and last["broken"] == {"entry": 4, "why": "hash", "what": ""}


def test_the_ledger_keeps_anchors_apart_from_what_a_restore_applies_again(tmp_path):
    ledger.note(tmp_path, anchor=4, hash="aa", at=1)
    ledger.note(tmp_path, anchor=9, hash="bb", at=2)
    assert ledger.anchors(tmp_path) == {4: "aa", 9: "bb"} and ledger.given_ids(tmp_path) == set()
    ledger.note_missing(tmp_path, [{"anchor": 4, "hash": "aa", "at": 1}, {"anchor": 4, "hash": "cc", "at": 1}])
    ledger.note(tmp_path, anew="abcdef", at=3)
    ledger.note(tmp_path, anchor=2, hash="dd", at=4)
    assert ledger.anchors(tmp_path) == {2: "dd"}
    lines = (tmp_path / "ledger.jsonl").read_text().splitlines()
    assert len([json.loads(line) for line in lines]) == 5
