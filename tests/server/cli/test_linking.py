"""Doubles of a whole nation are looked for on another machine, and the pairs are brought back to the desks."""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner

from server.actions import duplicates, people_index
from server.actions.settle import link
from server.cli import sambung
from server.clock import now_ms
from server.linkage import available
from server.store import desk_tables as d
from tests.server.installation import NEIGHBOUR, VILLAGE, WORKER

pytestmark = pytest.mark.skipif(not available(), reason="the extra `linkage` is not installed")


def run(server, *words: str):
    strange = {name: None for name in os.environ if name.startswith("SAMBUNG_")}
    return CliRunner().invoke(sambung, list(words), env=strange | {"SAMBUNG_DATA_DIR": str(server.settings.data_dir)})


def rows(server):
    with server.reading() as connection:
        return connection.execute(d.pair.select()).all()


def test_people_go_out_pairs_come_back_and_what_a_desk_decided_stays_decided(server, tmp_path):
    records = []
    for village in (VILLAGE, NEIGHBOUR, VILLAGE):
        phone = server.enrolled(village)
        phone.sync(phone.change(fields=WORKER))
        records.append(f"{phone.id}-1")
    with server.app.app_context():
        people_index.follow(server.settings, now_ms())
        link(records[0], records[1], False, "dua orang", None, now_ms())
    people, pairs = str(tmp_path / "people"), str(tmp_path / "pairs")
    assert run(server, "linkage", "people", people).exit_code == 0
    found = run(server, "linkage", "--people", people, "--out", pairs)
    assert found.exit_code == 0 and found.output.startswith("3 ")
    assert run(server, "linkage", "take", pairs).exit_code == 0
    states = {frozenset((row.a, row.b)): (row.state, row.by) for row in rows(server)}
    assert states.pop(frozenset(records[:2])) == ("apart", "model")
    assert set(states.values()) == {("open", "model")} and len(states) == 2


def test_a_folder_that_holds_something_is_left_alone_and_one_that_is_missing_is_named(server, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "x").write_text("x")
    for words in (("people", str(tmp_path / "there")), ("take", str(tmp_path)), ("--people", "nowhere", "--out", "x")):
        done = run(server, "linkage", *words)
        assert done.exit_code == 1 and len(done.stderr.splitlines()) == 1
    assert run(server, "linkage").exit_code == 2


def test_without_the_extra_it_says_what_to_install(server, tmp_path, monkeypatch):
    monkeypatch.setattr("server.linkage.available", lambda: False)
    done = run(server, "linkage", "people", str(tmp_path / "people"))
    assert done.exit_code == 1 and "requirements/linkage.txt" in done.stderr
    with server.app.app_context():
        assert duplicates.link_all(server.settings, now_ms()) == 0
