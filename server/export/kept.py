"""Finished exports on the disk: sealed, under their number; and the folder in which one is made.

Workbooks and databases can't be written in one go, so while one is made its parts lie readable in a folder that only the
server's own user may enter. It goes with the making; what a kill left there goes before the next is made.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.config import Settings
from server.sealed_file import BadFile, SealedReader, SealedWriter, make_folder, written_whole
from server.sealing import read_secret

MAGIC = b"SAMBUNG EXPORT 1\n"
SUFFIX = ".sealed"
PIECE_BYTES = 1 << 18
SWEPT_AFTER_MS = 10 * 60 * 1000  # what nobody has written to for so long, nobody is making any more
_WORK = ".work-"


class _Counted(io.RawIOBase):
    def __init__(self, sealed: SealedWriter) -> None:
        self._sealed, self.size = sealed, 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.size += len(data)
        return self._sealed.write(data)


class Kept:
    def __init__(self, settings: Settings) -> None:
        self.folder = settings.files / "exports" if settings.files_dir else settings.data_dir / "exports"
        secret = read_secret(settings.secret, settings.data_dir / "secret")
        self._key = HKDF(SHA256(), 32, None, b"sambung exports").derive(secret)

    def path(self, number: int) -> Path:
        return self.folder / f"{number}{SUFFIX}"

    def put(self, number: int, write: Callable[[BinaryIO], None]) -> int:
        """Seal what `write` writes; gives its size as it was written."""
        make_folder(self.folder)
        with written_whole(self.path(number)) as file:
            sealed = SealedWriter(file, self._key, {"export": number}, MAGIC)
            counted = _Counted(sealed)
            out = io.BufferedWriter(counted, PIECE_BYTES)
            write(cast(BinaryIO, out))
            out.flush()
            sealed.finish()
        return counted.size

    def open(self, number: int) -> Iterator[bytes] | None:
        """The file's pieces, unsealed as they are read; None where it is not here."""
        try:
            file = open(self.path(number), "rb")  # noqa: SIM115  closed by who reads the pieces
            reader = SealedReader(file, self._key, MAGIC)
        except (FileNotFoundError, BadFile):
            return None
        if reader.header.get("export") != number:
            file.close()
            return None
        return _pieces(file, reader)

    def drop(self, numbers: Collection[int]) -> None:
        for number in numbers:
            self.path(number).unlink(missing_ok=True)

    def numbers(self) -> set[int]:
        if not self.folder.is_dir():
            return set()
        names = (path.name.removesuffix(SUFFIX) for path in self.folder.glob(f"*{SUFFIX}"))
        return {int(name) for name in names if name.isdecimal()}

    @contextmanager
    def at_work(self) -> Iterator[Path]:
        """A folder of one's own to make a file in."""
        make_folder(self.folder)
        with work_folder(self.folder) as folder:
            yield folder

    def sweep(self, now: int, age_ms: int) -> None:
        """Drop what a kill left of files that were just being made."""
        sweep(self.folder, now, age_ms)


def sweep(folder: Path, now: int, age_ms: int) -> None:
    """Drop work folders and unfinished files in which nobody has written for so long."""
    left = (*folder.glob(f"{_WORK}*"), *folder.glob(".*.part")) if folder.is_dir() else ()
    for path in left:
        if _newest(path) < now - age_ms:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _newest(path: Path) -> int:
    """When something was last written to it, in milliseconds."""
    try:
        return max(int(each.stat().st_mtime * 1000) for each in (path, *(path.iterdir() if path.is_dir() else ())))
    except FileNotFoundError:
        return 0


@contextmanager
def work_folder(above: Path) -> Iterator[Path]:
    """A new folder that nobody else may enter, thrown away with what is in it."""
    folder = Path(tempfile.mkdtemp(prefix=_WORK, dir=above))
    os.chmod(folder, 0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pieces(file: BinaryIO, reader: SealedReader) -> Iterator[bytes]:
    with file:
        while piece := reader.read(PIECE_BYTES):
            yield piece
