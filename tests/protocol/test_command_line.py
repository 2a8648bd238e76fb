"""Section 10: the command line, its exit codes and what it prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.field_forms.sheets import question, sheet
from tests.protocol.world import PASSWORD, Phone, Served, Typist, moment, sambung

DONE, COULD_NOT, WRONG_USAGE = 0, 1, 2


@pytest.fixture
def office(served: Served) -> Served:
    """Whose command line this is."""
    return served


def disputed(office: Served) -> tuple[Phone, str]:
    village = office.village()
    siti, budi = office.phone(village), office.phone(village)
    record = siti.worker()
    budi.pull()
    siti.send(siti.change(record, {"full_name": "Nur Hayat"}))
    budi.send(budi.edit(record, full_name="Nurhayati"))
    return siti, record


# --- the program itself


def test_the_program_says_its_version_and_what_it_lacks(tmp_path: Path) -> None:
    told = sambung(("--version",))
    assert told.code == DONE and told.out.strip()
    done = sambung(("devices",), SAMBUNG_DATA_DIR=str(tmp_path / "var"))
    assert (done.code, done.out, len(done.err.splitlines())) == (COULD_NOT, "", 1) and "sambung init" in done.err


def test_init_makes_the_database_and_may_be_run_again(typist: Typist, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    for _ in range(2):
        assert typist.type(("init",), "", {"SAMBUNG_DATA_DIR": str(folder)}).code == DONE
    assert list(folder.glob("*.db"))


@pytest.mark.parametrize("words", [
    ("devices",), ("enrol", "--officer", "Siti", "--village", "64.02.11.2005"), ("serve", "--port", "1"),
    ("digest",), ("jobs",), ("conflicts", "--json"),
], ids=" ".join)  # fmt: skip
def test_before_init_a_command_could_not_and_says_in_one_line_what_to_do(
    typist: Typist, tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = typist.type(words, "", {"SAMBUNG_DATA_DIR": str(tmp_path / "var")})
    assert done.code == COULD_NOT and done.out == ""
    assert len(done.err.splitlines()) == 1 and "sambung init" in done.err
    assert not (tmp_path / "var" / "sambung.db").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [("SAMBUNG_THREADS", "many"), ("SAMBUNG_NO_SUCH_SETTING", "1"),
     ("SAMBUNG_DATABASE_URL", "postgresql+psycopg://x@127.0.0.1:9/x")],
)  # fmt: skip
def test_a_wrong_setting_stops_the_start_and_is_named_in_one_line(
    typist: Typist, tmp_path: Path, name: str, value: str
) -> None:
    done = typist.type(("init",), "", {"SAMBUNG_DATA_DIR": str(tmp_path), name: value})
    assert done.code == COULD_NOT and len(done.err.splitlines()) == 1 and name in done.err


def test_serve_ends_with_0_when_it_is_told_to_end_and_a_taken_port_is_1(
    typist: Typist, served: Served, serve: Callable[..., Served]
) -> None:
    of_its_own = serve()
    taken = typist.type(("serve", "--port", str(served.port)), "", of_its_own.environment)
    assert taken.code == COULD_NOT and len(taken.err.splitlines()) == 1
    assert of_its_own.stop() == DONE


@pytest.mark.slow
def test_two_servers_of_one_installation_have_one_scheduler(serve: Callable[..., Served]) -> None:
    served = serve("--host", "127.0.0.1", merge_seconds="1")
    second = serve("--host", "127.0.0.1", folder=served.folder, merge_seconds="1")
    village = served.village()
    siti, budi = served.phone(village), second.phone(village)
    budi.sync(budi.change(f"{siti.id}-1", {"rt": "3"}))
    siti.worker()
    assert [one.call("GET", "/readyz").status for one in (served, second)] == [200, 200]
    assert (served.folder / "serve.log").read_text().count('"leading"') == 1


# --- wrong usage


@pytest.mark.parametrize("words", [
    ("fly",), ("init", "--nonsense"), ("enrol",), ("enrol", "--officer", "Siti"),
    ("enrol", "--village", "64.02.11.2005"),
    ("user",), ("user", "add"), ("user", "add", "x", "--role", "king", "--region", "64"),
    ("user", "add", "x", "--role", "viewer"),
    ("revoke",), ("settle",), ("settle", "x-1"), ("settle", "x-1", "full_name"), ("settle", "x-1", "full_name=Nur"),
    ("jobs", "run"), ("jobs", "run", "nonsense"), ("backup",), ("restore",), ("serve", "--port", "x"),
    ("devices", "--silent", "x"), ("forms", "publish"), ("simulate",),
], ids=" ".join)  # fmt: skip
def test_wrong_usage_is_2(office: Served, words: tuple[str, ...]) -> None:
    done = office.run(*words)
    assert done.code == WRONG_USAGE and done.err and "Traceback" not in done.err


@pytest.mark.parametrize("words", [
    ("enrol", "--officer", "Siti", "--village", "64.02.11.9999"), ("enrol", "--officer", "Siti", "--village", "64.02"),
    ("enrol", "--officer", "Siti", "--village", "x"), ("revoke", "nobody"), ("settle", "nobody-1", 'full_name="Nur"'),
    ("restore", "/no/such/file"), ("backup", "/dev/null/file"), ("forms", "publish", "/no/such/file.md"),
    ("digest", "--village", "64.02.11.9999"),
], ids=" ".join)  # fmt: skip
def test_what_could_not_be_done_is_1_with_one_line(office: Served, words: tuple[str, ...]) -> None:
    done = office.run(*words)
    assert done.code in (COULD_NOT, WRONG_USAGE) and "Traceback" not in done.err
    if done.code == COULD_NOT:
        assert done.out == "" and len(done.err.splitlines()) == 1 and done.err.startswith("sambung: ")


# --- the commands


def test_user_add_reads_the_password_from_standard_input(office: Served) -> None:
    done = office.run("user", "add", "rahmad", "--role", "staff", "--region", "64.02", given=PASSWORD + "\n")
    assert done.code == DONE and PASSWORD not in done.out + done.err
    answer = office.call("POST", "/api/v1/login", {"name": "rahmad", "password": PASSWORD})
    assert answer.status == 200 and (answer.json["role"], answer.json["region"]) == ("staff", "64.02")
    assert office.run("user", "add", "kosong", "--role", "staff", "--region", "64.02", given="").code == COULD_NOT


@pytest.mark.parametrize("region", ["id", "64", "64.02", "64.02.11", "64.02.11.2005"])
def test_a_region_is_any_level_of_the_code_tree(office: Served, region: str) -> None:
    done = office.run("user", "add", f"u{region}", "--role", "viewer", "--region", region, given=PASSWORD + "\n")
    assert done.code == DONE


@pytest.mark.parametrize("region", ["99", "64.99", "x", "", "64.02.11.9999"])
def test_a_region_that_does_not_exist_is_refused(office: Served, region: str) -> None:
    done = office.run("user", "add", f"u{region}", "--role", "viewer", "--region", region, given=PASSWORD + "\n")
    assert done.code in (COULD_NOT, WRONG_USAGE)


@pytest.mark.parametrize("role", ["officer", "operator", "staff", "viewer", "auditor", "admin"])
def test_every_role_of_the_page_can_be_given(office: Served, role: str) -> None:
    assert office.run("user", "add", f"r-{role}", "--role", role, "--region", "64", given=PASSWORD + "\n").code == DONE


def test_enrol_prints_one_json_document_and_nothing_else(office: Served) -> None:
    done = office.run(
        "enrol", "--officer", "Siti", "--village", office.village(), "--village", office.village(), "--json"
    )
    assert done.err == "" and set(json.loads(done.out)) == {"code", "url", "expires"}
    plain = office.run("enrol", "--officer", "Siti", "--village", office.village())
    assert plain.code == DONE and plain.out


def test_devices_tells_who_syncs_and_silent_who_is_silent(office: Served) -> None:
    phone = office.phone(office.village())
    phone.sync(phone.change(), status={"queued": 3, "oldest": moment(days=2)})
    done = office.run("devices", "--json")
    (shown,) = [one for one in done.json if one["id"] == phone.id]
    assert shown["officer"] == "Siti Aminah" and shown["villages"] == phone.villages and shown["acked"] == 1
    silent = office.run("devices", "--silent", "1", "--json")
    assert phone.id not in {one["id"] for one in silent.json}
    assert phone.id in office.run("devices").out


def test_revoke_ends_a_device(office: Served) -> None:
    phone = office.phone(office.village())
    assert office.run("revoke", phone.id).code == DONE
    assert phone.post({"changes": []}).slug == "device-revoked"
    assert office.run("revoke", phone.id).code == DONE


def test_conflicts_tells_what_waits_and_settle_settles_it(office: Served) -> None:
    siti, record = disputed(office)
    shown = {one["record"]: one for one in office.run("conflicts", "--json").json["records"]}
    assert shown[record] == siti.told(record) and record in office.run("conflicts").out
    assert office.run("settle", record, 'full_name="Nur Hayati"', "dtsen_decile=2").code == DONE
    now = siti.told(record)
    assert (
        now["fields"]["full_name"] == "Nur Hayati" and now["fields"]["dtsen_decile"] == 2 and not now.get("conflicts")
    )
    assert record not in {one["record"] for one in office.run("conflicts", "--json").json["records"]}


def test_settle_refuses_what_a_kind_does_not_take(office: Served) -> None:
    siti, record = disputed(office)
    before = siti.told(record)
    done = office.run("settle", record, 'sex="both"')
    assert done.code == COULD_NOT and len(done.err.splitlines()) == 1 and siti.told(record) == before


def test_forms_tells_what_is_published(office: Served, tmp_path: Path) -> None:
    file = tmp_path / "note.md"
    file.write_text(sheet([question("text", "notes")]))
    for _ in range(2):
        assert office.run("forms", "publish", str(file)).code == DONE
    assert "note" in office.run("forms").out
    assert [form["version"] for form in office.run("forms", "--json").json if form["name"] == "note"] == [1]
    file.write_text("| survey |")
    assert office.run("forms", "publish", str(file)).code == COULD_NOT


def test_jobs_tells_timetable_and_last_runs(office: Served) -> None:
    for name in ("merge", "coverage", "duplicates", "silent", "snapshot", "backup"):
        done = office.run("jobs", "run", name)
        assert done.code == DONE, (name, done.err)
    jobs = {job["name"]: job for job in office.run("jobs", "--json").json}
    assert all(jobs[name]["runs"] for name in ("merge", "coverage", "duplicates", "silent", "snapshot", "backup"))
    assert "merge" in office.run("jobs").out


def test_digest_tells_a_hash_records_and_changes_and_equal_states_have_equal_digests(office: Served) -> None:
    village = office.village()
    phone = office.phone(village)
    empty = office.run("digest", "--village", village, "--json").json
    assert set(empty) == {"digest", "records", "changes"} and (empty["records"], empty["changes"]) == (0, 0)
    change = phone.change()
    phone.send(change)
    one = office.run("digest", "--village", village, "--json").json
    phone.send(change)
    assert office.run("digest", "--village", village, "--json").json == one
    assert one["digest"] != empty["digest"] and (one["records"], one["changes"]) == (1, 1)
    phone.send(phone.change(change["record"], {"notes": "x"}))
    assert office.run("digest", "--village", village, "--json").json["digest"] != one["digest"]


@pytest.mark.slow
def test_the_order_of_arrival_leaves_no_trace_in_the_digest(serve: Callable[..., Served]) -> None:
    served = serve()
    village = served.village()
    siti, budi = served.phone(village), served.phone(village)
    file = served.folder / "awal.sambung"
    record = siti.worker()
    assert served.run("backup", str(file)).code == DONE
    hers, his = siti.change(record, {"full_name": "A"}), budi.change(record, {"full_name": "B"}, seen={siti.id: 1})
    digests = []
    for order in (((siti, hers), (budi, his)), ((budi, his), (siti, hers))):
        for phone, change in order:
            phone.send(change, sent_at=None)
        digests.append(served.run("digest", "--json").json)
        served.stop()
        assert served.run("restore", str(file)).code == DONE
        served.start()
    assert digests[0] == digests[1]


def test_replay_finds_nothing_to_mend_and_check_exits_0(office: Served) -> None:
    disputed(office)
    before = office.run("digest", "--json").json
    assert office.run("replay", "--check").code == DONE
    assert office.run("replay").code == DONE
    assert office.run("digest", "--json").json == before


def test_backup_is_sealed_and_a_file_that_was_cut_or_altered_is_not_restored(office: Served, tmp_path: Path) -> None:
    phone = office.phone(office.village())
    phone.sync(phone.change(fields={"full_name": "Nama Yang Dicari"}))
    file = tmp_path / "cadangan.sambung"
    assert office.run("backup", str(file)).code == DONE
    body = file.read_bytes()
    assert b"Nama Yang Dicari" not in body and not body.startswith(b"SQLite")
    epoch = phone.send()["epoch"]
    for broken in (
        body[:-100],
        body[: len(body) // 2] + bytes([body[len(body) // 2] ^ 1]) + body[len(body) // 2 + 1 :],
        b"",
    ):
        (tmp_path / "rusak").write_bytes(broken)
        done = office.run("restore", str(tmp_path / "rusak"))
        assert done.code == COULD_NOT and len(done.err.splitlines()) == 1
    assert phone.send()["epoch"] == epoch


def test_simulated_officers_sync_over_real_http(office: Served) -> None:
    done = office.run(
        "simulate", "--url", office.url, "--villages", "1", "--officers", "2", "--records", "5", "--seed", "7"
    )
    assert done.code == DONE, done.err
