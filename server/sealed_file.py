"""Files that only who has the key can read, and that can't be cut, stretched, reordered or altered unnoticed.

A file begins with `MAGIC` (what is no backup with another), the length of its header (4 bytes, big-endian) and the
header, which anybody may read. The rest are chunks: the length of each (4 bytes), then AES-256-GCM of up to
`CHUNK_BYTES`. The key is drawn by HKDF from the owner's key, a salt of this file and the header, so no nonce is ever
used twice under one key; the nonce is the chunk's number, and number and "this is the last" are authenticated with it
(the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár).
"""

from __future__ import annotations

import io
import os
import secrets
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"SAMBUNG BACKUP 1\n"
CHUNK_BYTES = 1 << 20
TAG_BYTES = 16
SALT_BYTES = 32
MOST_HEADER_BYTES = 1 << 16


class BadFile(ValueError):
    """It is no such file (`foreign`), or was cut or altered, or is sealed under another key: which can't be told."""

    def __init__(self, foreign: bool = False) -> None:
        super().__init__("foreign" if foreign else "altered")
        self.foreign = foreign


class _Cipher:
    def __init__(self, key: bytes, salt: bytes, header: bytes) -> None:
        self._aead = AESGCM(HKDF(SHA256(), 32, salt, b"sambung backup\0" + header).derive(key))
        self._number = 0

    def _next(self, last: bool) -> tuple[bytes, bytes]:
        self._number += 1
        return self._number.to_bytes(12, "big"), struct.pack(">Q?", self._number, last)

    def seal(self, plain: bytes, last: bool) -> bytes:
        nonce, beside = self._next(last)
        return self._aead.encrypt(nonce, plain, beside)

    def open(self, sealed: bytes, last: bool) -> bytes:
        nonce, beside = self._next(last)
        try:
            return self._aead.decrypt(nonce, sealed, beside)
        except InvalidTag:
            raise BadFile from None


class SealedWriter(io.RawIOBase):
    """Takes bytes as any file does; `close` writes the last chunk, without which the file is no whole one."""

    def __init__(self, file: BinaryIO, key: bytes, header: dict[str, Any], magic: bytes = MAGIC) -> None:
        salt = secrets.token_bytes(SALT_BYTES)
        text = orjson.dumps({**header, "salt": salt.hex()})
        file.write(magic + struct.pack(">I", len(text)) + text)
        self._file, self._cipher, self._held = file, _Cipher(key, salt, text), bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        while len(self._held) > CHUNK_BYTES:  # one chunk is always kept back: it may be the last
            self._put(bytes(self._held[:CHUNK_BYTES]), last=False)
            del self._held[:CHUNK_BYTES]
        return len(data)

    def finish(self) -> None:
        self._put(bytes(self._held), last=True)
        self._held.clear()

    def _put(self, plain: bytes, last: bool) -> None:
        sealed = self._cipher.seal(plain, last)
        self._file.write(struct.pack(">I", len(sealed)) + sealed)


class SealedReader(io.RawIOBase):
    """What was sealed, as a file to read from. Raises BadFile where it is not whole and as it was written."""

    def __init__(self, file: BinaryIO, key: bytes, magic: bytes = MAGIC) -> None:
        self.header, text = _header(file, magic)
        salt = bytes.fromhex(self.header.get("salt", ""))
        self._cipher, self._held = _Cipher(key, salt, text), memoryview(b"")
        self._chunks = self._open_all(file)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._held = memoryview(chunk)
        taken = self._held[: len(buffer)]
        buffer[: len(taken)] = taken
        self._held = self._held[len(taken) :]
        return len(taken)

    def _open_all(self, file: BinaryIO) -> Iterator[bytes]:
        sealed = _chunk(file)
        if sealed is None:
            raise BadFile  # even of nothing there is a last chunk
        while sealed is not None:
            following = _chunk(file)
            yield self._cipher.open(sealed, last=following is None)
            sealed = following


def read_header(path: Path) -> dict[str, Any]:
    """What anybody may read of a file; not yet known to be unaltered. Raises BadFile."""
    with open(path, "rb") as file:
        return _header(file)[0]


def _header(file: BinaryIO, magic: bytes = MAGIC) -> tuple[dict[str, Any], bytes]:
    start = file.read(len(magic) + 4)
    if not start.startswith(magic) or len(start) < len(magic) + 4:
        raise BadFile(foreign=True)
    (length,) = struct.unpack(">I", start[len(magic) :])
    text = file.read(length) if length <= MOST_HEADER_BYTES else b""
    try:
        header = orjson.loads(text)
        bytes.fromhex(header["salt"])
    except (ValueError, KeyError, TypeError):
        raise BadFile from None
    return header, text


def _chunk(file: BinaryIO) -> bytes | None:
    size = file.read(4)
    if not size:
        return None
    length = struct.unpack(">I", size)[0] if len(size) == 4 else 0
    sealed = file.read(length) if TAG_BYTES <= length <= CHUNK_BYTES + TAG_BYTES else b""
    if not sealed or len(sealed) != length:
        raise BadFile
    return sealed


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name only when it is whole and on the disk; nobody but its owner may read it."""
    make_folder(path.parent)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
        sync_folder(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def make_folder(folder: Path) -> None:
    """A folder, with those above it: on the disk when this returns, so that what is then kept in it is found again."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """The names in it must be on the disk too. Windows can't, and needs not."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
