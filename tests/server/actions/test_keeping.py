"""A backup is whole, sealed and as of one moment; a restore puts it back on either engine, or changes nothing."""

import base64
import dataclasses
import stat

import pytest
from sqlalchemy import select, text, update

from server import ledger
from server.actions import keeping
from server.actions.digest import digest
from server.actions.enrol import make_code
from server.actions.fleet import revoke
from server.actions.keeping import CantKeep, backup, restore
from server.actions.settle import erase, link
from server.clock import now_ms
from server.db import transaction
from server.sealed_file import read_header
from server.sealing import read_secret, unseal
from server.store import tables as t
from tests.server.installation import VILLAGE, WORKER, Installation, copied
from tests.server.story import check, everything, told

VOID = ("session", "enrolment", "refusal")
NEW_WITH_A_LIFE = ("life", "stream", "device")
GOES_ON = ("audit", "audit_head", "audit_record")
"""What was done since is not forgotten: `tests/server/test_audit.py`."""


def make(server, tmp_path, name="one.backup"):
    with server.app.app_context():
        backup(tmp_path / name, server.settings, now_ms())
    return tmp_path / name


def put_back(server, path):
    with server.app.app_context():
        return restore(path, server.settings, now_ms())


def digest_of(server, village=None):
    with server.app.app_context():
        return digest(village)


def rows(server, table):
    with server.reading() as connection:
        return connection.execute(select(table)).all()


@pytest.fixture
def other(request, template, tmp_path):
    """A second installation, on the engine that the first is not on."""
    wanted = "postgres_settings" if request.getfixturevalue("engine") == "sqlite" else "settings"
    chosen = request.getfixturevalue(wanted)
    folder = copied(template, tmp_path / "other", database_url=chosen.url if wanted == "postgres_settings" else "")
    made = Installation(folder)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request):
    return request.param


@pytest.fixture
def here(request, engine):
    made = Installation(request.getfixturevalue("settings" if engine == "sqlite" else "postgres_settings"))
    yield made
    made.close()


def test_what_is_restored_is_what_was_there(either_server, tmp_path):
    told(either_server)
    before, state = everything(either_server, *VOID, *NEW_WITH_A_LIFE, *GOES_ON), digest_of(either_server)
    path = make(either_server, tmp_path)
    either_server.enrolled(VILLAGE).sync()
    restored = put_back(either_server, path)
    assert everything(either_server, *VOID, *NEW_WITH_A_LIFE, *GOES_ON) == before
    assert digest_of(either_server) == state and check(either_server) == []
    assert len(rows(either_server, t.region)) > 80_000
    assert restored.changes == len(rows(either_server, t.change)) and restored.made_at == read_header(path)["at"]
    [life] = rows(either_server, t.life)
    assert life.epoch == restored.epoch and life.restored


@pytest.mark.postgres
def test_a_backup_of_one_engine_is_restored_on_the_other(here, other, tmp_path):
    story = told(here)
    path, state = make(here, tmp_path), digest_of(here)
    put_back(other, path)
    assert digest_of(other) == state and check(other) == []
    phone = other.enrolled(VILLAGE)
    assert {each["record"] for each in phone.sync()["records"]} > {story.records["plain"]}
    assert phone.sync(phone.change())["results"][0]["status"] == "merged"
    assert other.person("operator", "64").get("/api/v1/me").status_code == 200, (
        "numbers go on behind what was filled in"
    )
    with other.app.app_context():
        assert revoke(story.siti.id, other.settings, now_ms())


def test_only_its_owner_can_read_the_file_and_nobody_reads_a_name_in_it(server, tmp_path):
    told(server)
    path = make(server, tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not [word for word in (b"Nur Hayati", b"6402115207909001", VILLAGE.encode()) if word in path.read_bytes()]
    assert read_header(path).keys() == {"format", "revision", "at", "engine", "salt"}
    assert [each.name for each in tmp_path.glob("*.part")] + [each.name for each in tmp_path.glob(".*.part")] == []


def damaged(path, how):
    whole = path.read_bytes()
    header = whole.index(b"}") + 1
    first = header + 4 + int.from_bytes(whole[header : header + 4], "big")
    return {
        "cut": whole[:-20],
        "cut at a chunk": whole[:first],
        "a chunk taken out": whole[:header] + whole[first:],
        "altered": whole[:-30] + bytes([whole[-30] ^ 1]) + whole[-29:],
        "its header altered": whole.replace(b'"at":"2', b'"at":"3', 1),
        "something added": whole + b"\0\0\0\x20" + b"x" * 32,
        "empty": b"",
        "another file": b"PK\x03\x04" + whole,
    }[how]


HOW = (
    "cut", "cut at a chunk", "a chunk taken out", "altered", "its header altered", "something added", "empty",
    "another file",
)  # fmt: skip


def test_a_file_that_is_not_as_it_was_written_changes_nothing(server, tmp_path, monkeypatch):
    monkeypatch.setattr("server.sealed_file.CHUNK_BYTES", 1 << 16)
    told(server)
    path = make(server, tmp_path)
    server.enrolled(VILLAGE)
    before = everything(server)
    bad = tmp_path / "bad.backup"
    for how in HOW:
        bad.write_bytes(damaged(path, how))
        with pytest.raises(CantKeep, match=" / "):
            put_back(server, bad)
    assert everything(server) == before


def test_a_wrong_key_a_missing_key_and_a_missing_file_change_nothing(server, tmp_path):
    told(server)
    path, before = make(server, tmp_path), everything(server)
    key = server.settings.data_dir / "backup.key"
    right = key.read_text()
    for wrong in (base64.urlsafe_b64encode(b"k" * 32).decode(), "short", None):
        key.unlink(missing_ok=True)
        if wrong is not None:
            key.write_text(wrong)
        with pytest.raises(CantKeep):
            put_back(server, path)
    key.write_text(right)
    with pytest.raises(CantKeep):
        put_back(server, tmp_path / "none.backup")
    assert everything(server) == before


def test_a_backup_of_a_newer_version_is_refused(server, tmp_path):
    with server.app.app_context(), transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    path = make(server, tmp_path)
    with pytest.raises(CantKeep, match="newer version"):
        put_back(server, path)


def test_a_restore_that_fails_half_way_changes_nothing(either_server, tmp_path, monkeypatch):
    told(either_server)
    path, before = make(either_server, tmp_path), everything(either_server)

    def fail(*args):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(keeping, "_begin_anew", fail)
    with pytest.raises(RuntimeError):
        put_back(either_server, path)
    assert everything(either_server) == before


def test_on_an_empty_machine_the_backup_brings_the_secret_and_the_ledger_along(server, tmp_path):
    story = told(server)
    with server.app.app_context():
        revoke(story.budi.id, server.settings, now_ms())
    path = make(server, tmp_path)
    empty = dataclasses.replace(server.settings, data_dir=tmp_path / "empty", database_url="")
    empty.data_dir.mkdir()
    (empty.data_dir / "backup.key").write_bytes((server.settings.data_dir / "backup.key").read_bytes())
    fresh = Installation(empty)
    put_back(fresh, path)
    assert digest_of(fresh) == digest_of(server)
    secret = read_secret("", empty.data_dir / "secret")
    [key] = rows(fresh, t.server_key)
    assert unseal(secret, key.sealed_private, f"server key {key.id}")
    assert ledger.given_ids(empty.data_dir) == ledger.given_ids(server.settings.data_dir)
    fresh.close()


def test_keys_are_sealed_anew_where_another_secret_rules(server, template, tmp_path):
    path = make(server, tmp_path)
    (server.settings.data_dir / "secret").write_text(base64.urlsafe_b64encode(b"s" * 32).decode())
    put_back(server, path)
    [key] = rows(server, t.server_key)
    assert unseal(b"s" * 32, key.sealed_private, f"server key {key.id}")


def test_who_is_signed_in_and_codes_not_used_yet_are_void(server, tmp_path):
    operator = server.person("operator", "64")
    with server.app.app_context():
        code = make_code("Siti", [VILLAGE], server.settings, now_ms()).code
    put_back(server, make(server, tmp_path))
    assert operator.get("/api/v1/me").status_code == 401
    assert server.client.post("/api/v1/enrol", json={"code": code}).status_code == 403


def test_an_account_that_was_closed_since_stays_closed(server, tmp_path):
    operator = server.person("operator", "64")
    path = make(server, tmp_path)
    with server.app.app_context(), transaction() as connection:
        connection.execute(update(t.account).where(t.account.c.id == operator.id).values(closed_at=now_ms()))
    put_back(server, path)
    [account] = rows(server, t.account)
    assert account.closed_at


@pytest.mark.parametrize("told_by", ["the ledger", "the replaced database"])
def test_revocations_and_erasures_since_are_applied_again(either_server, tmp_path, told_by):
    server = either_server
    story = told(server)
    path = make(server, tmp_path)
    since = server.enrolled(VILLAGE)
    since.sync(since.change(None, WORKER))
    lost = f"{since.id}-{since.seq}"
    with server.app.app_context():
        revoke(since.id, server.settings, now_ms())
        revoke(story.budi.id, server.settings, now_ms())
        erase([story.records["plain"]], "atas permintaan", None, server.settings, now_ms())
        erase([story.records["joined"]], "atas permintaan", None, server.settings, now_ms())
        erase([lost], "atas permintaan", None, server.settings, now_ms())
    note = server.settings.data_dir / ledger.NAME
    if told_by == "the ledger":
        with server.app.app_context(), transaction() as connection:
            connection.execute(t.erasure.delete())
            connection.execute(update(t.device).values(revoked_at=None))
    else:
        note.unlink()
    put_back(server, path)
    assert check(server) == []
    erased = [story.records[name] for name in ("plain", "joined", "joined too")]
    with server.reading() as connection:
        values = connection.scalars(select(t.change.c.fields).where(t.change.c.record.in_(erased))).all()
        assert values and set(values) == {None}
    for phone in (since, story.budi):
        answer = phone.post({"changes": []})
        assert (answer.status_code, answer.json["type"]) == (401, "urn:sambung:device-revoked")
    answer = story.siti.post({"changes": [], "cursors": {}}).json
    gone = {each["record"] for each in answer["records"] if each.get("gone") == "erased"}
    assert gone >= {*erased, lost}
    results = story.siti.sync(story.siti.change(lost, {"notes": "siapa ini?"}, seen={since.id: 1}))["results"]
    assert {each["seq"]: each["status"] for each in results}[story.siti.seq] == "quarantined"
    assert {since.id, story.budi.id} <= ledger.given_ids(server.settings.data_dir)


def test_whom_an_erasure_did_not_mean_keeps_his_values_though_an_old_link_comes_back(server, tmp_path):
    """They were joined when the backup was made, parted since, and then one of them was erased."""
    story = told(server)
    a, b = (story.records[name] for name in ("joined", "joined too"))
    path = make(server, tmp_path)
    with server.app.app_context():
        link(a, b, False, "saudara kembar", None, now_ms())
        assert erase([b], "atas permintaan", None, server.settings, now_ms()) == [b]
    put_back(server, path)
    assert check(server) == []
    held = {each["record"]: each for each in server.enrolled(VILLAGE).sync()["records"]}
    assert held[a]["fields"]["full_name"] == "Nur Hayati" and held[b] == {"record": b, "gone": "erased"}


def test_a_torn_line_of_the_ledger_swallows_no_other(tmp_path):
    ledger.note(tmp_path, device="aaaaaa")
    with open(tmp_path / ledger.NAME, "a") as file:
        file.write('{"device": "bbb')
    ledger.note(tmp_path, device="cccccc")
    ledger.note_missing(tmp_path, [{"device": "cccccc"}, {"device": "dddddd"}])
    assert ledger.given_ids(tmp_path) == {"aaaaaa", "cccccc", "dddddd"}
    assert (tmp_path / ledger.NAME).read_text().count("cccccc") == 1
