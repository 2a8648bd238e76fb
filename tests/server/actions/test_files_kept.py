"""Photos and backups: what was backed up comes back, what was erased stays erased, what is lost is asked for again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from server import ledger
from server.actions.backup import nightly
from server.actions.keeping import Restored, backup, copy_beside, restore
from server.actions.settle import erase
from server.clock import now_ms
from server.config import Settings
from server.db import transaction
from server.sealing import make_secret_file
from server.store import contents
from tests.server.api.test_files import Tus, photo, worker_with
from tests.server.installation import VILLAGE, Installation, Phone


@pytest.fixture
def siti(server: Installation) -> Phone:
    return server.enrolled(VILLAGE)


def bring(server: Installation, phone: Phone, *photos: bytes) -> None:
    for content in photos:
        phone.sync(worker_with(phone, content))
        Tus(server, phone).send(content)


def seen(server: Installation, phone: Phone, content: bytes) -> Any:
    answer = server.client.get(f"/api/v1/files/{sha256(content).hexdigest()}", headers=phone.headers)
    return answer.data if answer.status_code == 200 else None


def restored(server: Installation, file: Path) -> Restored:
    with server.app.app_context():
        return restore(file, server.settings, now_ms())


def test_a_backup_alone_brings_the_photos_to_an_empty_machine_with_a_secret_of_its_own(
    server: Installation, siti: Phone, settings: Settings, template: Path, tmp_path: Path
) -> None:
    bring(server, siti, photo(mark=1), photo(mark=2))
    with server.app.app_context():
        backup(tmp_path / "whole.backup", settings, now_ms())
    assert b"WEBP" not in (tmp_path / "whole.backup").read_bytes()
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(template, elsewhere)
    (elsewhere / "secret").unlink()
    make_secret_file(elsewhere / "secret")
    shutil.copy(settings.data_dir / "backup.key", elsewhere / "backup.key")
    other = Installation(replace(settings, data_dir=elsewhere, database_url=""))
    done = restored(other, tmp_path / "whole.backup")
    assert (done.files, done.missing) == (2, 0)
    assert [seen(other, siti, photo(mark=n)) for n in (1, 2)] == [photo(mark=1), photo(mark=2)]
    other.close()


def test_photos_left_under_a_lost_secret_are_put_there_anew(
    server: Installation, siti: Phone, settings: Settings, template: Path, tmp_path: Path
) -> None:
    """The disk with the photos outlived the one with database and secret."""
    bring(server, siti, photo(mark=1), photo(mark=2))
    with server.app.app_context():
        backup(tmp_path / "whole.backup", settings, now_ms())
        nightly(settings, now_ms())
    for number, file in enumerate((tmp_path / "whole.backup", next(settings.backups.glob("*.backup")))):
        elsewhere = tmp_path / f"elsewhere {number}"
        shutil.copytree(template, elsewhere)
        (elsewhere / "secret").unlink()
        make_secret_file(elsewhere / "secret")
        shutil.copy(settings.data_dir / "backup.key", elsewhere / "backup.key")
        shutil.copytree(settings.files, elsewhere / "files", dirs_exist_ok=True)
        other = Installation(replace(settings, data_dir=elsewhere, database_url=""))
        assert restored(other, file)[3:] == (2, 0)
        assert [seen(other, siti, photo(mark=n)) for n in (1, 2)] == [photo(mark=1), photo(mark=2)]
        other.close()


def test_a_restored_server_has_the_forms_that_came_with_it_since(server: Installation, siti: Phone, tmp_path: Path) -> None:
    with server.app.app_context():
        with transaction() as connection:
            connection.exec_driver_sql("DELETE FROM form WHERE name <> 'worker'")
        backup(tmp_path / "old.backup", server.settings, now_ms())
    restored(server, tmp_path / "old.backup")
    told = server.client.get("/api/v1/forms", headers=siti.headers).json["forms"]
    assert len(told) == 6 and {form["version"] for form in told} == {1}


def test_nightly_backups_keep_each_photo_once_beside_them(server: Installation, siti: Phone, settings: Settings) -> None:
    bring(server, siti, photo(mark=1))
    with server.app.app_context():
        nightly(settings, now_ms())
        bring(server, siti, photo(mark=2))
        nightly(settings, now_ms() + 2000)
    copies = list((settings.backups / "files").rglob("*.sealed"))
    assert len(copies) == 2 and all(copy.stat().st_mode & 0o077 == 0 for copy in copies)
    shutil.rmtree(settings.files)
    done = restored(server, sorted(settings.backups.glob("*.backup"))[-1])
    assert (done.files, done.missing) == (2, 0) and seen(server, siti, photo(mark=2)) == photo(mark=2)


def test_a_photo_erased_while_it_is_copied_does_not_stop_the_nightly_backup(
    server: Installation, siti: Phone, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(server, siti, photo(mark=1), photo(mark=2))
    erased = contents.of(settings).path(sha256(photo(mark=1)).hexdigest())
    monkeypatch.setattr(contents.Contents, "has", lambda self, sha: True if self.folder == settings.files else False)
    erased.unlink()
    with server.app.app_context():
        assert copy_beside(settings.backups, settings) == 1
    assert len(list((settings.backups / "files").rglob("*.sealed"))) == 1


def test_two_nightly_backups_at_once_drop_nothing_of_each_other(
    server: Installation, siti: Phone, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second begins when the first has looked into the database, after one more photo came."""
    from server.actions import keeping

    bring(server, siti, photo(mark=1))
    snapshot, second = keeping.snapshot, []

    @contextmanager
    def slow() -> Iterator[Any]:
        with snapshot() as connection:
            yield connection
        if not second:
            second.append(True)
            bring(server, siti, photo(mark=2))
            copy_beside(settings.backups, settings)

    monkeypatch.setattr(keeping, "snapshot", slow)
    with server.app.app_context():
        copy_beside(settings.backups, settings)
    assert len(list((settings.backups / "files").rglob("*.sealed"))) == 2


def test_an_erasure_that_only_the_ledger_knows_is_not_undone_by_the_database_replaced(
    server: Installation, siti: Phone, settings: Settings, tmp_path: Path
) -> None:
    change = worker_with(siti, photo())
    siti.sync(change)
    Tus(server, siti).send(photo())
    with server.app.app_context():
        backup(tmp_path / "a.backup", settings, now_ms())
    ledger.note(settings.data_dir, erased=f"{siti.id}-1", village=VILLAGE, at=now_ms(), reason="diminta")
    restored(server, tmp_path / "a.backup")
    assert server.counts()["file"] == 0 and not list(settings.files.rglob("*.sealed"))
    siti.epoch, siti.cursors = siti.sync()["epoch"], {}
    again = siti.sync(worker_with(siti, photo()))
    assert again["wanted"] == [f"sha256:{sha256(photo()).hexdigest()}"]


def test_what_no_copy_has_is_asked_of_the_phone_once_more(server: Installation, siti: Phone, tmp_path: Path) -> None:
    bring(server, siti, photo(mark=1), photo(mark=2))
    with server.app.app_context():
        backup(tmp_path / "bare.backup", server.settings, now_ms(), beside=True)
    contents.Contents(server.settings.files, b"").drop([sha256(photo(mark=1)).hexdigest()])
    done = restored(server, tmp_path / "bare.backup")
    assert (done.files, done.missing) == (1, 1)
    assert siti.sync()["wanted"] == [f"sha256:{sha256(photo(mark=1)).hexdigest()}"]
    assert Tus(server, siti).send(photo(mark=1)).status_code == 204
    assert siti.sync()["wanted"] == [] and seen(server, siti, photo(mark=1)) == photo(mark=1)


def test_photos_that_came_after_the_backup_are_not_sent_again_when_their_changes_are(
    server: Installation, siti: Phone, tmp_path: Path
) -> None:
    with server.app.app_context():
        backup(tmp_path / "early.backup", server.settings, now_ms())
    change = worker_with(siti, photo())
    siti.sync(change)
    Tus(server, siti).send(photo())
    restored(server, tmp_path / "early.backup")
    assert siti.sync(change)["wanted"] == [] and seen(server, siti, photo()) == photo()


def test_what_the_law_erased_after_the_backup_comes_back_from_none(
    server: Installation, siti: Phone, settings: Settings
) -> None:
    bring(server, siti, photo())
    with server.app.app_context():
        nightly(settings, now_ms())
        backup(settings.data_dir / "whole.backup", settings, now_ms())
        erase([f"{siti.id}-1"], "diminta", None, settings, now_ms())
    for file in (*settings.backups.glob("*.backup"), settings.data_dir / "whole.backup"):
        done = restored(server, file)
        assert done.files + done.missing == 0 and seen(server, siti, photo()) is None
        assert not list(settings.files.rglob("*.sealed"))
    with server.app.app_context():
        nightly(settings, now_ms() + 2000)
    assert not list((settings.backups / "files").rglob("*.sealed"))
