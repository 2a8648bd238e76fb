"""The files of lists on the disk: parts, each sealed by itself under the server's secret, read as one file.

    lists/<id>/<offset>     the part that begins there; whole and on the disk before its offset is told

A part that comes again takes the place of the one that began there, so a cut upload goes on wherever it was.
"""

from __future__ import annotations

import io
import shutil
from bisect import bisect_right
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.config import Settings
from server.sealed_file import written_whole
from server.sealing import NONCE_BYTES, read_secret, seal, unseal

_BESIDE = NONCE_BYTES + 16  # bytes of a part that are not its content


class Lost(Exception):
    """Something of the file is not here, or was altered."""


class ListParts:
    """The parts of one list's file."""

    def __init__(self, folder: Path, secret: bytes, number: int) -> None:
        self.folder = folder / str(number)
        self._key = HKDF(SHA256(), 32, None, f"sambung list {number}".encode()).derive(secret)

    def put(self, offset: int, content: bytes) -> None:
        """Durable when it returns."""
        with written_whole(self.folder / f"{offset:012d}") as file:
            file.write(seal(self._key, content, str(offset)))

    def cut_to(self, size: int) -> None:
        """Drop the parts that begin there or behind."""
        for offset, path in self._parts():
            if offset >= size:
                path.unlink(missing_ok=True)

    def open(self) -> io.BufferedReader:
        """The whole of what is here, as a file to read from and to seek in. Raises Lost."""
        return io.BufferedReader(_Whole(self), 1 << 17)

    def sha256(self) -> str:
        """Of the whole."""
        made = sha256()
        for offset, _ in self._parts():
            made.update(self.read(offset))
        return made.hexdigest()

    def sha256_of(self, offset: int) -> str | None:
        """Of the part that begins there: by which a browser sees that it goes on with the same file."""
        try:
            return sha256(self.read(offset)).hexdigest()
        except Lost:
            return None

    def last(self) -> int | None:
        """Where the last part begins."""
        return max((offset for offset, _ in self._parts()), default=None)

    def read(self, offset: int) -> bytes:
        try:
            return unseal(self._key, (self.folder / f"{offset:012d}").read_bytes(), str(offset))
        except (FileNotFoundError, InvalidTag, ValueError):
            raise Lost from None

    def sizes(self) -> list[tuple[int, int]]:
        """Where each part begins, and how long it is."""
        return [(offset, path.stat().st_size - _BESIDE) for offset, path in self._parts()]

    def _parts(self) -> Iterator[tuple[int, Path]]:
        if self.folder.is_dir():
            named = sorted(path for path in self.folder.iterdir() if path.name.isdigit())
            yield from ((int(path.name), path) for path in named)

    def drop(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class _Whole(io.RawIOBase):
    """A list's file, unsealed part by part as it is read; nothing of it lies open on the disk."""

    def __init__(self, parts: ListParts) -> None:
        self._parts, self._at = parts, 0
        sizes = parts.sizes()
        self._starts = [offset for offset, _ in sizes]
        self._size = sum(size for _, size in sizes)
        if not sizes or self._starts[0] != 0 or any(a + n != b for (a, n), (b, _) in zip(sizes, sizes[1:], strict=False)):
            raise Lost
        self._held: dict[int, bytes] = {}

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        start = self._starts[bisect_right(self._starts, self._at) - 1]
        begin = self._at - start
        found = self._part(start)[begin : begin + len(buffer)]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _part(self, start: int) -> bytes:
        """A workbook is read here and there at once: a few parts are kept."""
        if start not in self._held:
            while len(self._held) >= 4:
                del self._held[next(iter(self._held))]
            self._held[start] = self._parts.read(start)
        return self._held[start]


def parts_of(settings: Settings, number: int) -> ListParts:
    """Raises NoSecret."""
    return ListParts(settings.lists, read_secret(settings.secret, settings.data_dir / "secret"), number)


def key_of_ids(settings: Settings) -> bytes:
    """By which the ids are made of what only lists know, see `server.imports.claims`. Raises NoSecret."""
    secret = read_secret(settings.secret, settings.data_dir / "secret")
    return HKDF(SHA256(), 32, None, b"sambung ids from lists").derive(secret)


def all_lists(settings: Settings) -> list[int]:
    """Every list of which something lies on the disk."""
    if not settings.lists.is_dir():
        return []
    return sorted(int(path.name) for path in settings.lists.iterdir() if path.name.isdigit())
