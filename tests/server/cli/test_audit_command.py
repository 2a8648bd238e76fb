"""`sambung audit verify`: what it says, and with which exit code; and what the command itself leaves in the log."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text, update

from schemas.change import loads
from server.cli import sambung as command_line
from server.db import transaction
from server.store import desk_tables as d
from tests.server.installation import VILLAGE, WORKER


@pytest.fixture
def run(settings):
    def running(*words):
        return CliRunner().invoke(command_line, list(words), env={"SAMBUNG_DATA_DIR": str(settings.data_dir)})

    return running


def entries(server):
    with server.reading() as connection:
        return connection.execute(select(d.audit).order_by(d.audit.c.id)).all()


def test_a_chain_that_holds_is_told_in_one_line_and_as_json(server, run):
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change())
    before = len(entries(server))
    done = run("audit", "verify")
    assert (done.exit_code, done.stderr) == (0, "") and done.stdout.startswith("Rantai utuh / The chain holds: ")
    told = json.loads(run("audit", "verify", "--json").stdout)
    assert told["holds"] is True and told["entries"] == before and told["changes"] == 1 and told["broken"] is None
    assert len(entries(server)) == before, "it changes nothing"


def test_a_chain_that_breaks_ends_with_one_line_that_says_where(server, run):
    server.enrolled(VILLAGE)
    with server.app.app_context(), transaction() as connection:
        connection.execute(text("DROP TRIGGER audit_fixed"))
        connection.execute(update(d.audit).where(d.audit.c.id == 3).values(act="open"))
    done = run("audit", "verify")
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("sambung: ") and " nomor 3:" in line and " / " in line and "entry 3:" in line
    told = run("audit", "verify", "--json")
    assert told.exit_code == 1 and json.loads(told.stdout)["broken"] == {"entry": 3, "why": "hash", "what": ""}


def test_whoever_is_shown_people_at_the_machine_stands_in_the_log(server, run):
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change(), phone.change(None, WORKER | {"nik": "12"}))
    assert run("quarantine").exit_code == 0 and run("devices").exit_code == 0 and run("conflicts").exit_code == 0
    looks = [entry for entry in entries(server) if entry.act == "list"]
    assert [(look.who, loads(look.about)["list"]) for look in looks] == [("machine", "quarantine"), ("machine", "devices")]
    assert run("jobs", "run", "anchor").exit_code == 0
    assert [entry.who for entry in entries(server) if entry.act == "job"] == ["machine"]
