"""`sambung import`, `recover`, and the codes of `enrol` that a phone's camera reads."""

from __future__ import annotations

import json
import os
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from schemas.change import dumps
from server.cli import sambung as command_line
from server.config import Settings
from server.store import life
from sync.device.bundle import seal_bundle
from tests.server.installation import VILLAGE, Installation, Phone

Sambung = Callable[..., subprocess.CompletedProcess]


@pytest.fixture
def sambung(settings: Settings) -> Sambung:
    def run(*words: str) -> subprocess.CompletedProcess:
        strange = {name: None for name in os.environ if name.startswith("SAMBUNG_")}
        done = CliRunner().invoke(command_line, list(words), env=strange | {"SAMBUNG_DATA_DIR": str(settings.data_dir)})
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    return run


def bundle(server: Installation, phone: Phone, folder: Path, count: int) -> Path:
    with server.reading() as connection:
        key_id, public = life.newest_key(connection) or ("", "")
    changes = [phone.change() for _ in range(count)]
    told = [(one["seq"], dumps(one)) for one in changes]
    made = seal_bundle(phone.id, phone.token, {"id": key_id, "public": public}, told)
    (folder / made.name).write_bytes(made.content)
    return folder / made.name


def test_files_from_a_memory_stick_are_taken_in_their_order(server: Installation, sambung: Sambung, tmp_path: Path) -> None:
    siti = server.enrolled(VILLAGE)
    files = [bundle(server, siti, tmp_path, count) for count in (1, 8, 3)]
    done = sambung("import", *map(str, sorted(files, reverse=True)), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [one["acked"] for one in told] == [1, 9, 12] and told[1]["results"] == {"merged": 8}
    again = sambung("import", *map(str, files))
    assert again.returncode == 0 and f"{siti.id}, sampai / up to 12" in again.stdout
    assert server.counts()["record"] == 12


def test_a_bad_file_does_not_stop_the_others_and_is_named(server: Installation, sambung: Sambung, tmp_path: Path) -> None:
    siti = server.enrolled(VILLAGE)
    good = bundle(server, siti, tmp_path, 1)
    cut = tmp_path / "potongan.sambung"
    cut.write_bytes(good.read_bytes()[:-1])
    siti.seq = 5
    late = bundle(server, siti, tmp_path, 1)
    done = sambung("import", str(cut), str(late), str(good))
    assert done.returncode == 1 and "potongan.sambung" in done.stderr and late.name in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and "up to 1" in done.stdout
    assert server.counts()["change"] == 1


def test_a_file_that_is_far_too_large_is_refused_and_never_read_whole(
    server: Installation, sambung: Sambung, tmp_path: Path
) -> None:
    with open(tmp_path / "film.sambung", "wb") as film:
        film.truncate(100 << 20)
    tracemalloc.start()
    done = sambung("import", str(tmp_path / "film.sambung"))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.returncode == 1 and "film.sambung" in done.stderr and most < 40 << 20


def test_a_file_whose_name_is_odd_or_that_is_unreadable_does_not_stop_the_others(
    server: Installation, sambung: Sambung, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    siti = server.enrolled(VILLAGE)
    good, odd = bundle(server, siti, tmp_path, 1), tmp_path / os.fsdecode(b"kiriman\x1b[2J-\xff.sambung")
    lost = tmp_path / "a.sambung"
    odd.write_bytes(b"x")
    lost.write_bytes(b"x")
    whole = Path.open

    def fails(self: Path, *more: Any, **named: Any) -> Any:
        if self.name == lost.name:
            raise PermissionError(13, "no")
        return whole(self, *more, **named)

    monkeypatch.setattr(Path, "open", fails)
    for words in (["--json"], []):
        done = sambung("import", str(odd), str(lost), str(good), *words)
        assert done.returncode == 1 and "2 of 3 files were not taken" in done.stderr, done.stderr
        assert "\x1b" not in done.stdout + done.stderr and siti.id in done.stdout
    assert server.counts()["change"] == 1


def test_what_is_no_bundle_by_its_name_is_wrong_usage(sambung: Sambung, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("nik")
    assert sambung("import", str(tmp_path / "list.csv")).returncode == 2
    assert sambung("import", str(tmp_path / "nowhere.sambung")).returncode == 2


def test_the_operator_makes_a_recovery_code_and_sees_who_should_ask_for_it(server: Installation, sambung: Sambung) -> None:
    siti = server.enrolled(VILLAGE, officer="Siti Aminah")
    told = json.loads(sambung("recover", siti.id, "--json").stdout)
    assert set(told) == {"code", "officer", "expires"} and told["officer"] == "Siti Aminah" and len(told["code"]) == 9
    assert "Siti Aminah" in sambung("recover", siti.id).stdout
    done = sambung("recover", "zzzzzz")
    assert done.returncode == 1 and "zzzzzz" in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_code_is_drawn_in_the_terminal_and_not_where_json_was_asked_for(settings: Settings, sambung: Sambung) -> None:
    words = ("enrol", "--officer", "Siti", "--village", VILLAGE)
    drawn = sambung(*words)
    assert drawn.returncode == 0 and len([line for line in drawn.stdout.splitlines() if "█" in line or "▀" in line]) > 10
    assert set(json.loads(sambung(*words, "--json").stdout)) == {"code", "url", "expires"}


@pytest.mark.parametrize(("name", "start"), [("kode.svg", b"<?xml"), ("kode.png", b"\x89PNG")])
def test_a_code_is_kept_as_a_picture(sambung: Sambung, tmp_path: Path, name: str, start: bytes) -> None:
    words = ("enrol", "--officer", "Siti", "--village", VILLAGE, "--qr")
    assert sambung(*words, str(tmp_path / name)).returncode == 0 and (tmp_path / name).read_bytes().startswith(start)
    assert sambung(*words, str(tmp_path / "kode.gif")).returncode == 2
