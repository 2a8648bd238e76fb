"""The contents of files on the disk, sealed; and parts of those that are still on their way.

    ab/ab12….sealed     a whole content under its SHA-256, as `server.sealed_file` seals, never changed
    parts/<id>          what came of an upload so far: pieces, each sealed by itself
    parts/<id>.lock     held by who is adding to it; under a SHA-256, by who keeps or drops that content

All keys come from the server's secret. A piece counts only when it is whole: what a kill or a power cut tore is cut
off before more is added, so an offset that was told is never taken back, and none is told that can't be kept.
"""

from __future__ import annotations

import io
import os
import secrets
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from filelock import FileLock, Timeout

from schemas.files import is_sha256
from server.config import Settings
from server.sealed_file import BadFile, SealedReader, SealedWriter, make_folder, sync_folder, written_whole
from server.sealing import NONCE_BYTES, read_secret

MAGIC = b"SAMBUNG FILE 1\n"
PIECE_BYTES = 64 * 1024
SUFFIX = ".sealed"
HELD_SECONDS = 30.0
_TAG_BYTES = 16
_LENGTH = struct.Struct(">I")


class Busy(Exception):
    """Another request is adding to this upload, or keeping this content."""


def of(settings: Settings) -> Contents:
    """The contents of this installation. Raises NoSecret."""
    return Contents(settings.files, read_secret(settings.secret, settings.data_dir / "secret"))


class Contents:
    def __init__(self, folder: Path, secret: bytes) -> None:
        self.folder, self._secret = folder, secret

    def _key(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, None, purpose.encode()).derive(self._secret)

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}{SUFFIX}"

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def put(self, sha256: str, content: bytes) -> None:
        """Durable when it returns; harmless to repeat."""
        with written_whole(self.path(sha256)) as file:
            sealed = SealedWriter(file, self._key("sambung files"), {"sha256": sha256}, MAGIC)
            sealed.write(content)
            sealed.finish()

    def get(self, sha256: str) -> bytes | None:
        """The content; None where it is not here, or was altered."""
        try:
            with open(self.path(sha256), "rb") as file:
                reader = SealedReader(file, self._key("sambung files"), MAGIC)
                return io.BufferedReader(reader).read() if reader.header.get("sha256") == sha256 else None
        except (FileNotFoundError, BadFile):
            return None

    @contextmanager
    def holding(self, sha256: str) -> Iterator[None]:
        """Nobody else keeps or drops this content meanwhile, on whichever node. Raises Busy after a long wait."""
        with self._locked(sha256, HELD_SECONDS) as lock:
            yield
            with suppress(OSError):  # who waits for it finds that it is gone, and makes it anew; not so Windows
                Path(lock.lock_file).unlink(missing_ok=True)

    def drop(self, shas: Iterable[str]) -> None:
        for sha256 in shas:
            self.path(sha256).unlink(missing_ok=True)

    def all(self) -> Iterator[str]:
        """The SHA-256 of every content that lies here."""
        if self.folder.is_dir():
            for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
                names = (path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))
                yield from sorted(name for name in names if is_sha256(name))

    def torn(self, now: int, age_ms: int) -> Iterator[Path]:
        """What a kill left of contents that were just being written."""
        for path in self.folder.glob("[0-9a-f][0-9a-f]/.*.part"):
            if _age_ms(now, path) > age_ms:
                yield path

    # Uploads ----------------------------------------------------------------------------------------------------------

    @property
    def _parts(self) -> Path:
        return self.folder / "parts"

    def uploads(self) -> Iterator[str]:
        """The id of every upload of which something lies here."""
        if self._parts.is_dir():
            yield from sorted({path.name.removesuffix(".lock") for path in self._parts.iterdir()})

    def age_ms(self, upload: str, now: int) -> int:
        """How long ago something was added to it."""
        return _age_ms(now, self._parts / upload, self._parts / f"{upload}.lock")

    def content_age_ms(self, sha256: str, now: int) -> int:
        return _age_ms(now, self.path(sha256))

    @contextmanager
    def adding_to(self, upload: str) -> Iterator[Part]:
        """The upload, for this request alone, on whichever node. Raises Busy."""
        with self._locked(upload, 0):
            yield Part(self._parts / upload, self._key(f"sambung upload {upload}"))

    @contextmanager
    def _locked(self, name: str, seconds: float) -> Iterator[FileLock]:
        make_folder(self._parts)
        lock = FileLock(self._parts / f"{name}.lock", timeout=seconds, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            raise Busy from None
        try:
            yield lock
        finally:
            lock.release()

    def forget(self, upload: str) -> None:
        """What came of an upload, and its lock."""
        (self._parts / upload).unlink(missing_ok=True)
        with suppress(OSError):  # Windows lets no held file go; the nightly sweep does
            (self._parts / f"{upload}.lock").unlink(missing_ok=True)


class Part:
    """What came of one upload. size: bytes of the content that are here for good; pieces: in how many."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path, self._aead = path, AESGCM(key)
        self.pieces = self._end = self.size = 0
        for piece, end in self._pieces():
            self.pieces, self._end, self.size = self.pieces + 1, end, self.size + len(piece)

    def content(self) -> bytes:
        return b"".join(piece for piece, _ in self._pieces())

    def add(self, pieces: Iterable[bytes]) -> None:
        """Keep what comes, up to where it ends; durable when this returns."""
        is_new = not self._path.exists()
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b") as file:
            file.truncate(self._end)
            file.seek(self._end)
            for piece in _in_pieces(pieces):
                self._put(file, piece)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(self._path.parent)

    def cut_to(self, size: int) -> None:
        """Take back what was added since it had that size."""
        self.pieces = self._end = self.size = 0
        for piece, end in self._pieces():
            if self.size + len(piece) > size:
                break
            self.pieces, self._end, self.size = self.pieces + 1, end, self.size + len(piece)
        os.truncate(self._path, self._end)

    def _put(self, file: BinaryIO, piece: bytes) -> None:
        # A torn piece may be replaced by another under the same number: its nonce must then be another too.
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._aead.encrypt(nonce, piece, self._beside(self.pieces))
        file.write(_LENGTH.pack(len(sealed)) + sealed)
        file.flush()  # a kill right after this leaves it whole
        self.pieces += 1
        self._end += _LENGTH.size + len(sealed)
        self.size += len(piece)

    def _pieces(self) -> Iterator[tuple[bytes, int]]:
        """Every whole piece from the start on, with where it ends in the part file."""
        if not self._path.exists():
            return
        with open(self._path, "rb") as file:
            number = 0
            while (piece := self._read(file, number)) is not None:
                number += 1
                yield piece, file.tell()

    def _read(self, file: BinaryIO, number: int) -> bytes | None:
        head = file.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack(head)
        if not NONCE_BYTES + _TAG_BYTES < length <= NONCE_BYTES + PIECE_BYTES + _TAG_BYTES:
            return None
        sealed = file.read(length)
        try:
            return self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._beside(number))
        except (InvalidTag, ValueError):
            return None

    @staticmethod
    def _beside(number: int) -> bytes:
        return number.to_bytes(8, "big")


def _age_ms(now: int, *paths: Path) -> int:
    """How long ago any of them was written; what has just gone is as young as can be."""
    times: list[float] = []
    for path in paths:
        with suppress(FileNotFoundError):
            times.append(path.stat().st_mtime)
    return now - int(max(times) * 1000) if times else 0


def _in_pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of one size, however they trickle in; the last may be smaller."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= PIECE_BYTES:
            yield bytes(held[:PIECE_BYTES])
            del held[:PIECE_BYTES]
    if held:
        yield bytes(held)
