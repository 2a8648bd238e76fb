"""The demo is an installation of its own, whatever the environment names."""

from pathlib import Path

import pytest

from server.demo.__main__ import demo_settings


def test_the_demo_touches_no_database_no_photos_and_no_backups_of_another_installation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its nightly tidying drops what lies among its photos and it does not know."""
    for name in ("FILES_DIR", "BACKUP_DIR"):
        monkeypatch.setenv(f"SAMBUNG_{name}", str(tmp_path / "theirs"))
    monkeypatch.setenv("SAMBUNG_DATABASE_URL", "postgresql+psycopg://theirs")
    monkeypatch.setenv("SAMBUNG_DATA_DIR", str(tmp_path / "var"))
    made = demo_settings("http://127.0.0.1:1")
    own = tmp_path / "var" / "demo"
    assert made.data_dir == own and own in made.files.parents and own in made.backups.parents
    assert made.sqlite_file is not None and own in made.sqlite_file.parents
