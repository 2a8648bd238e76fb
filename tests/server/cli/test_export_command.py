"""`sambung export`: a list into a file, by whoever runs the server, and in the log like any other."""

from __future__ import annotations

import csv
import os

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from server.cli import sambung
from server.store import desk_tables as d
from tests.server.installation import VILLAGE, WORKER, Installation

FOR = ("--purpose", "pemeriksaan tahunan kabupaten")


@pytest.fixture
def command(server: Installation, monkeypatch: pytest.MonkeyPatch):
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change(), phone.change(None, WORKER | {"nik": "6402115207909002", "status": "withdrawn"}))
    for name in [name for name in os.environ if name.startswith("SAMBUNG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SAMBUNG_DATA_DIR", str(server.settings.data_dir))

    def run(*words: str) -> Result:
        return CliRunner().invoke(sambung, ["export", *words])

    return run


def test_a_list_is_written_to_a_file_and_noted(server, command, tmp_path):
    file = tmp_path / "workers.csv"
    done = command("workers", str(file), "--within", "64.02", "--filter", "status=withdrawn", "--whole-niks", *FOR)
    assert done.exit_code == 0 and "1 baris / rows" in done.output
    with open(file, encoding="utf-8-sig", newline="") as opened:
        assert [row["NIK"] for row in csv.DictReader(opened)] == ["6402115207909002"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert _acts(server).count("export") == 1


@pytest.mark.parametrize(
    ("words", "says", "code"),
    [
        (("workers", "a.csv"), "Say what the data is for", 1),
        (("workers", "a.csv", "--within", "99", *FOR), "no region 99", 1),
        (("workers", "a.pdf", *FOR), ".xlsx", 2), (("people", "a.csv", *FOR), "people", 2),
        (("coverage", "a.csv", "--day", "2020-01-01"), "choose a later one", 1),
        (("workers", "a.csv", "--filter", "status=king", *FOR), "Choose from the list", 1),
    ],
)  # fmt: skip
def test_what_can_not_be_written_is_said_in_one_line_and_leaves_no_file(command, tmp_path, words, says, code):
    done = command(words[0], str(tmp_path / words[1]), *words[2:])
    assert (done.exit_code, says in done.output) == (code, True), done.output
    assert list(tmp_path.glob("a.*")) == []


def test_no_file_is_written_over(command, tmp_path):
    (tmp_path / "a.csv").write_text("mine")
    done = command("workers", str(tmp_path / "a.csv"), *FOR)
    assert done.exit_code == 1 and "is there already" in done.output and (tmp_path / "a.csv").read_text() == "mine"


def _acts(server: Installation) -> list[str]:
    with server.reading() as connection:
        return list(connection.scalars(select(d.audit.c.act)))
