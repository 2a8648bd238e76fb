"""What whoever runs the server looks at: settings, sizes, keys, backups. Nothing here changes anything."""

from __future__ import annotations

import shutil
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from server import ledger
from server.actions import backup
from server.config import Settings
from server.db import reading
from server.store import sizes
from server.store.life import read_life

SECRETS = frozenset({"secret", "backup_key", "metrics_token"})


class Setting(NamedTuple):
    """name: as in `Settings`. value: as text; of a secret only whether it is set. changed: it is not the default."""

    name: str
    value: str | None
    default: str
    is_secret: bool
    changed: bool


class BackupFile(NamedTuple):
    name: str
    size: int
    made_at: int


class About(NamedTuple):
    """Times in milliseconds, sizes in bytes. secret_at, backup_key_at: of files; None where a setting holds them."""

    version: str
    epoch: str
    began_at: int
    restored: bool
    engine: str
    database_bytes: int | None
    disk_free: int
    disk_total: int
    ledger_lines: int
    ledger_at: int | None
    keys: int
    newest_key_at: int | None
    secret_at: int | None
    backup_key_at: int | None


def settings_told(settings: Settings) -> list[Setting]:
    """Every setting with its value, but for secrets and the password in an address."""
    return [_told(settings, each.name, each.default) for each in fields(Settings)]


def _told(settings: Settings, name: str, default: object) -> Setting:
    value = getattr(settings, name)
    is_secret = name in SECRETS
    shown = (str(bool(value)) if value else None) if is_secret else without_password(str(value)) or None
    text = "" if is_secret else str(default)
    return Setting(name, shown, text, is_secret, str(value) != str(default))


def without_password(text: str) -> str:
    """An address without the password in it, nor what a query may hold."""
    if "://" not in text:
        return text
    parts = urlsplit(text)
    if parts.password is None and not parts.query:
        return text
    where = f"{parts.username}:•••@" if parts.username and parts.password else f"{parts.username}@" if parts.username else ""
    host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    return f"{parts.scheme}://{where}{host}{parts.path}" + ("?…" if parts.query else "")


def about(settings: Settings) -> About:
    with reading() as connection:
        life, began = read_life(connection), sizes.began_at(connection)
        engine = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(connection.dialect.name, connection.dialect.name)
        size = sizes.database_bytes(connection, settings.sqlite_file)
        keys, newest_key = sizes.keys_made(connection)
    disk = shutil.disk_usage(settings.data_dir)
    log_of_ledger = settings.data_dir / ledger.NAME
    return About(
        version("sambung-desa"), life.epoch, began, life.restored, engine, size, disk.free, disk.total,
        sum(1 for _ in ledger.lines(settings.data_dir)), _at(log_of_ledger), keys, newest_key,
        None if settings.secret else _at(settings.data_dir / "secret"),
        None if settings.backup_key else _at(settings.data_dir / "backup.key"),
    )  # fmt: skip


def _at(path: Path) -> int | None:
    return int(path.stat().st_mtime * 1000) if path.exists() else None


def backups(settings: Settings) -> list[BackupFile]:
    """The nightly backups that are there, newest first."""
    found = []
    for path in backup.kept(settings.backups):
        stat = path.stat()
        found.append(BackupFile(path.name, stat.st_size, int(stat.st_mtime * 1000)))
    return found


def began_at() -> int:
    """When this life of the database began."""
    with reading() as connection:
        return sizes.began_at(connection)
