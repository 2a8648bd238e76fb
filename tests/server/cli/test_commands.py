"""The `sambung` command: what it says, on which stream, and with which exit code.

A process of its own for each would take most of a minute, so what matters to the process runs as one (`outside`), and
the rest in the test's own.
"""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from server import ledger
from server.cli import sambung as command_line
from server.db import transaction
from tests.field_forms.sheets import question, sheet
from tests.server.installation import NEIGHBOUR, VILLAGE, WORKER, Installation, copied

JSON = {"Content-Type": "application/json"}
Sambung = Callable[..., subprocess.CompletedProcess]


def environment(settings, **more: str) -> dict[str, str]:
    ours = {"SAMBUNG_DATA_DIR": str(settings.data_dir), "SAMBUNG_DATABASE_URL": settings.database_url, **more}
    return {name: value for name, value in os.environ.items() if not name.startswith("SAMBUNG_")} | ours


@pytest.fixture
def sambung(settings) -> Sambung:
    """sambung("devices", "--json") runs the command over the test's database."""

    def run(*words: str, typed: str = "", **more: str) -> subprocess.CompletedProcess:
        strange = {name: None for name in os.environ if name.startswith("SAMBUNG_")}
        ours = {name: value for name, value in environment(settings, **more).items() if name.startswith("SAMBUNG_")}
        done = CliRunner().invoke(command_line, list(words), typed, {**strange, **ours})
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def outside(settings) -> Sambung:
    """The same as a process of its own."""

    def run(*words: str, typed: str = "", **more: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "server", *words]
        return subprocess.run(command, input=typed, capture_output=True, text=True, env=environment(settings, **more))

    return run


@contextmanager
def served(settings, *words: str):
    """A serving process, and its address as it printed it."""
    command = [sys.executable, "-m", "server", "serve", "--port", "0", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    node = subprocess.Popen(command, env=environment(settings), **pipes)
    try:
        yield node, node.stdout.readline().split()[-1]
    finally:
        node.kill()
        node.communicate()


class Serving(NamedTuple):
    folder: Path
    url: str


@pytest.fixture(scope="module")
def serving(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A served installation, for whoever only meets it; its scheduler leads already."""
    settings = copied(template, tmp_path_factory.mktemp("serving") / "var")
    with served(settings) as (node, url):
        assert '"leading"' in node.stderr.readline()
        yield Serving(settings.data_dir, url)


def assert_one_line(done: subprocess.CompletedProcess, *words: str) -> None:
    """It failed, and said so in one line of both languages, and nothing else."""
    assert (done.returncode, done.stdout) == (1, ""), done
    (line,) = done.stderr.splitlines()
    assert line.startswith("sambung: ") and " / " in line and all(word in line for word in words), line


def conflicting(server: Installation) -> str:
    """A worker whose name two officers wrote down otherwise; gives the record's id."""
    first, second = server.enrolled(VILLAGE), server.enrolled(VILLAGE)
    first.sync(first.change())
    second.sync()
    record = f"{first.id}-1"
    second.sync(second.change(record, {"full_name": "Nurhayati"}, seen={first.id: 1}))
    first.sync(first.change(record, {"full_name": "Nur Hayat"}))
    return record


def test_before_init_a_command_says_what_to_run(outside, tmp_path):
    nowhere = tmp_path / "nowhere"
    assert_one_line(outside("devices", SAMBUNG_DATA_DIR=str(nowhere)), "sambung init")
    assert not nowhere.exists()


def test_init_makes_an_installation_and_may_be_repeated(outside, sambung, tmp_path):
    folder = tmp_path / "fresh"
    first, second = (run("init", SAMBUNG_DATA_DIR=str(folder)) for run in (outside, sambung))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "backup.key" in first.stdout and "backup.key" not in second.stdout
    assert (folder / "secret").stat().st_mode & 0o777 == 0o600
    assert sambung("devices", "--json", SAMBUNG_DATA_DIR=str(folder)).stdout == "[]\n"


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"], ["devices", "--silent", "long"], ["enrol", "--officer", "Siti"], ["user", "add", "x"],
        ["user", "add", "x", "--role", "king", "--region", "id"], ["jobs", "run", "no-such-job"], ["settle", "x-1"],
        ["settle", "x-1", "full_name=Siti"], ["settle", "x-1", "=1"], ["erase", "x-1"],
        ["import", "x.sambung"], ["relay"], ["audit", "mend"],
    ],
)  # fmt: skip
def test_wrong_usage_ends_with_2_and_prints_nothing_to_read_on(sambung, words):
    done = sambung(*words)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr


def test_wrong_usage_ends_the_process_with_2_as_well(outside):
    done = outside("devices", "--silent", "long")
    assert (done.returncode, done.stdout) == (2, "") and "--silent" in done.stderr


def test_a_wrong_setting_is_named(outside, sambung):
    assert_one_line(outside("devices", SAMBUNG_MERGE_SECONDS="soon"), "SAMBUNG_MERGE_SECONDS", "soon")
    assert_one_line(sambung("devices", SAMBUNG_MERGE_SECOND="5"), "SAMBUNG_MERGE_SECOND")


def test_a_database_that_is_away_is_told_in_one_line(sambung):
    pytest.importorskip("psycopg")
    away = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    assert_one_line(sambung("devices", SAMBUNG_DATABASE_URL=away), "SAMBUNG_DATABASE_URL")


def test_an_operator_makes_a_code_that_a_phone_can_use(outside, client):
    done = outside("enrol", "--officer", "Siti Aminah", "--village", VILLAGE, "--village", NEIGHBOUR, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr, set(told)) == (0, "", {"code", "url", "expires"})
    assert told["url"].endswith("#" + told["code"]) and told["expires"].endswith("Z")
    enrolled = client.post("/api/v1/enrol", json={"code": told["code"]}).json
    assert enrolled["officer"]["name"] == "Siti Aminah"
    assert [village["code"] for village in enrolled["villages"]] == [NEIGHBOUR, VILLAGE]


@pytest.mark.parametrize("village", ["64.02.11.9999", "64.02.11", "6402112005", "Muara Kaman"])
def test_no_code_is_made_for_what_is_no_village(sambung, village):
    assert_one_line(sambung("enrol", "--officer", "Siti", "--village", village), village)


def test_who_was_added_signs_in_with_the_password_from_standard_input(sambung, client):
    words = ("user", "add", "Rahma", "--role", "operator", "--region", "64.02")
    assert sambung(*words, typed="kata sandi panjang\n").returncode == 0
    assert client.post("/api/v1/login", json={"name": "Rahma", "password": "kata sandi panjang"}).status_code == 200
    assert client.post("/api/v1/login", json={"name": "Rahma", "password": "kata sandi"}).status_code == 401
    assert_one_line(sambung(*words, typed="kata sandi panjang\n"), "dipakai")


def test_a_short_password_and_an_unknown_region_add_nobody(sambung, server):
    words = ("user", "add", "Rahma", "--role", "viewer", "--region")
    assert_one_line(sambung(*words, "64.02", typed="sembilan!\n"), "10")
    assert_one_line(sambung(*words, "64.02", typed=""), "10")
    assert_one_line(sambung(*words, "64.99", typed="kata sandi panjang\n"), "64.02")
    assert server.counts()["account"] == 0


def test_devices_are_listed_with_what_they_said_of_themselves(sambung, server):
    phone = server.enrolled(VILLAGE, officer="Siti Aminah")
    said = {"app": "0.1.0", "queued": 3, "oldest": "2026-11-18T01:00:00.000Z", "persisted": True, "free_bytes": 8120000}
    phone.sync(status=said)
    (told,) = json.loads(sambung("devices", "--json").stdout)
    assert {name: told[name] for name in said} == said
    assert (told["id"], told["officer"], told["villages"]) == (phone.id, "Siti Aminah", [VILLAGE])
    assert told["last_contact"] and told["revoked"] is None and told["forked"] is None and told["silent_since"] is None
    assert phone.id in sambung("devices").stdout
    assert json.loads(sambung("devices", "--silent", "1", "--json").stdout) == []
    assert [each["id"] for each in json.loads(sambung("devices", "--silent", "0", "--json").stdout)] == [phone.id]


def test_a_revoked_device_is_refused_and_noted_beside_the_database(sambung, server, settings):
    phone = server.enrolled()
    assert sambung("revoke", phone.id).returncode == 0
    assert phone.post({"changes": []}).json["type"] == "urn:sambung:device-revoked"
    noted = [line for line in ledger.lines(settings.data_dir) if line.get("revoked") == phone.id]
    assert len(bytes.fromhex(noted[0]["token"])) == 32
    assert json.loads(sambung("devices", "--json").stdout)[0]["revoked"]
    assert_one_line(sambung("revoke", "nobody"), "nobody")


def test_a_conflict_is_listed_and_settled(sambung, server):
    record = conflicting(server)
    listed = json.loads(sambung("conflicts", "--json").stdout)["records"]
    assert [(each["record"], set(each["conflicts"])) for each in listed] == [(record, {"full_name"})]
    assert record in sambung("conflicts").stdout and "Hayat" not in sambung("conflicts").stdout
    assert sambung("settle", record, 'full_name="Nur Hayati"').returncode == 0
    assert json.loads(sambung("conflicts", "--json").stdout)["records"] == []


def test_a_settlement_that_can_not_be_taken_says_which_field(sambung, server):
    record = conflicting(server)
    assert_one_line(sambung("settle", record, 'birth_date="1990-13-01"'), "birth_date")
    assert_one_line(sambung("settle", "nobody-1", "notes=null"), "nobody-1")


def test_a_quarantined_change_is_listed_without_its_values_and_can_be_taken_up(sambung, server):
    phone = server.enrolled()
    phone.sync(phone.change(fields=WORKER | {"nik": "640211520790"}))
    done = sambung("quarantine", "--json")
    (told,) = json.loads(done.stdout)
    assert (told["device"], told["seq"], list(told["errors"])) == (phone.id, 1, ["nik"])
    assert "640211520790" not in done.stdout and "640211520790" not in sambung("quarantine").stdout
    assert_one_line(sambung("quarantine", "accept", phone.id, "1"), "nik")
    fields = [f"{name}={json.dumps(value)}" for name, value in WORKER.items()]
    assert sambung("quarantine", "accept", phone.id, "1", *fields).returncode == 0
    assert server.counts()["record"] == 1


def test_what_waits_for_its_record_is_listed_and_may_be_let_in(sambung, server):
    phone, other = server.enrolled(), server.enrolled()
    phone.sync(phone.change(f"{other.id}-5", {"phone": "+628123456789"}), phone.change(f"{other.id}-6", {"notes": "-"}))
    waiting = json.loads(sambung("waiting", "--json").stdout)
    told = [(each["seq"], each["why"], each["overdue"]) for each in waiting]
    assert told == [(1, "record", False), (2, "record", False)]
    assert sambung("waiting", "create", phone.id, "1").returncode == 0
    assert sambung("waiting", "refuse", phone.id, "2").returncode == 0
    assert json.loads(sambung("waiting", "--json").stdout) == [] and server.counts()["record"] == 1
    assert_one_line(sambung("waiting", "create", phone.id, "1"), phone.id)


def test_an_erased_record_is_gone_for_good(sambung, server, settings):
    phone = server.enrolled()
    phone.sync(phone.change())
    assert sambung("erase", f"{phone.id}-1", "--reason", "UU PDP pasal 8").returncode == 0
    assert any(line.get("erased") == f"{phone.id}-1" for line in ledger.lines(settings.data_dir))
    with server.reading() as connection:
        assert "Hayati" not in str(connection.exec_driver_sql("SELECT * FROM change").all())


def test_the_timetable_is_shown_with_the_last_runs(sambung):
    assert sambung("jobs", "run", "tidy").returncode == 0
    told = {job["name"]: job for job in json.loads(sambung("jobs", "--json").stdout)}
    assert told["backup"]["when"] == "02:30 Asia/Makassar" and told["merge"]["when"] == "20 s"
    (run,) = told["tidy"]["runs"]
    assert run["error"] is None and run["rows"] == 0 and run["seconds"] >= 0
    assert re.search(r"^tidy +03:30 .*\d{4}-\d\d-\d\dT", sambung("jobs").stdout, re.M)


def test_the_digest_moves_with_the_records_and_a_replay_finds_nothing_to_mend(sambung, server):
    empty = json.loads(sambung("digest", "--json").stdout)
    phone = server.enrolled()
    phone.sync(phone.change())
    full = json.loads(sambung("digest", "--json").stdout)
    assert (full["records"], full["changes"]) == (1, 1) and full["digest"] != empty["digest"]
    assert json.loads(sambung("digest", "--village", VILLAGE, "--json").stdout) == full
    assert json.loads(sambung("digest", "--village", NEIGHBOUR, "--json").stdout) == empty
    assert_one_line(sambung("digest", "--village", "64.02"), "64.02")
    assert sambung("replay", "--check").returncode == 0 and sambung("replay").returncode == 0


def test_a_replay_that_finds_something_names_it_and_ends_with_1_until_it_is_mended(sambung, server):
    phone = server.enrolled()
    phone.sync(phone.change())
    with server.app.app_context(), transaction() as connection:
        connection.exec_driver_sql("UPDATE record SET fields = '{}'")
    found = sambung("replay", "--check")
    assert found.returncode == 1 and f"{phone.id}-1" in found.stdout and len(found.stderr.splitlines()) == 1
    assert sambung("replay").returncode == 0 and sambung("replay", "--check").returncode == 0


def test_a_backup_is_restored_on_a_machine_that_has_its_key_alone(sambung, server, settings, tmp_path):
    phone = server.enrolled()
    phone.sync(phone.change())
    before = sambung("digest", "--json").stdout
    file, elsewhere = tmp_path / "sealed.backup", tmp_path / "elsewhere"
    assert sambung("backup", str(file)).returncode == 0
    elsewhere.mkdir()
    (elsewhere / "backup.key").write_bytes((settings.data_dir / "backup.key").read_bytes())
    done = sambung("restore", str(file), SAMBUNG_DATA_DIR=str(elsewhere))
    assert done.returncode == 0, done.stderr
    assert sambung("digest", "--json", SAMBUNG_DATA_DIR=str(elsewhere)).stdout == before


def test_forms_are_published_and_listed(sambung, tmp_path):
    file = tmp_path / "note.md"
    file.write_text("this is no form")
    assert_one_line(sambung("forms", "publish", str(file)), "note.md")
    file.write_text(sheet([question("text", "notes"), question("barcode", "code")]))
    assert_one_line(sambung("forms", "publish", str(file)), "row 3 (code)")
    assert sambung("forms", "publish", str(tmp_path / "nowhere.md")).returncode == 2
    file.write_text(sheet([question("text", "notes")]))
    assert sambung("forms", "publish", str(file)).stdout == "note@1\n"
    known = {form["name"]: form for form in json.loads(sambung("forms", "--json").stdout)}
    assert (known["note"]["kind"], known["note"]["does"], known["note"]["shipped"]) == ("worker", "edit", False)
    assert known["worker"]["shipped"] and "worker_update" in sambung("forms").stdout


def test_serve_prints_its_address_answers_and_ends_quietly_when_told_to(settings):
    with served(settings) as (node, url):
        body = b'{"code": "wrong"}'
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(f"{url}/api/v1/enrol", body, JSON))
        assert refused.value.code == 403
        node.send_signal(signal.SIGTERM)
        assert node.wait(10) == 0
        assert '"leading"' in node.stderr.read()


def test_without_the_scheduler_nobody_leads(settings):
    with served(settings, "--no-scheduler") as (node, url):
        node.send_signal(signal.SIGINT)
        assert node.wait(10) == 0
        assert node.stderr.read() == ""


def test_nothing_is_restored_from_a_strange_file_or_beside_a_running_server(sambung, serving, tmp_path):
    strange = tmp_path / "strange.backup"
    strange.write_bytes(b"a letter to the camat")
    assert_one_line(sambung("restore", str(strange)))
    assert sambung("restore", str(tmp_path / "nowhere")).returncode == 2
    assert_one_line(sambung("restore", str(strange), SAMBUNG_DATA_DIR=str(serving.folder)), "serve")


def test_an_address_that_is_taken_is_told(serving, sambung):
    assert_one_line(sambung("serve", "--port", serving.url.rpartition(":")[2]), "--port")


def test_simulated_officers_work_with_a_served_installation_and_agree(serving, outside):
    words = ("--url", serving.url, "--villages", "1", "--officers", "2", "--records", "4", "--losses", "0")
    done = outside("simulate", *words, "--json", SAMBUNG_DATA_DIR=str(serving.folder))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["agreed"] is True and told["officers"] == 2 and told["records"] >= 4


def test_a_strange_package_named_sync_is_noticed(tmp_path):
    (tmp_path / "sync").mkdir()
    (tmp_path / "sync" / "__init__.py").write_text("")
    root = Path(__file__).resolve().parents[3]
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; import sync; sys.path[:0] = [{str(root)!r}];"
        f"sync.__path__ = [{str(root / 'sync')!r}]; from server.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and str(tmp_path) in done.stderr
