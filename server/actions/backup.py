"""The nightly backup: a sealed copy under the night's name, photos beside it once for all, and the oldest make room."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from server import log
from server.actions import keeping
from server.config import Settings

PREFIX, SUFFIX = "sambung-", ".backup"


def nightly(settings: Settings, now: int) -> int:
    """Make a backup in the settings' folder, and only then drop the oldest beyond `backups_kept`; gives 1.

    Files of other names are let alone: an administrator may keep a copy there for good.
    """
    settings.backups.mkdir(parents=True, exist_ok=True)
    size = keeping.backup(settings.backups / name_of(now), settings, now, beside=True)
    copied = keeping.copy_beside(settings.backups, settings)  # afterwards: so all that the backup names is there
    log.said("backup", bytes=size, files=copied)
    for old in kept(settings.backups)[settings.backups_kept :]:
        old.unlink(missing_ok=True)
    return 1


def name_of(now: int) -> str:
    """Named by the moment in UTC, so that names sort as nights do."""
    return f"{PREFIX}{datetime.fromtimestamp(now / 1000, UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"


def kept(folder: Path) -> list[Path]:
    """The nightly backups that are there, newest first."""
    return sorted(folder.glob(f"{PREFIX}????????T??????Z{SUFFIX}"), reverse=True)
