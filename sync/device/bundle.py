"""Bundles: what a device could not send, as a file that travels by hand (protocol section 6).

    {"format":1,"device":"k7f3q2","first":19,"last":31,"key":"1"}\\n        one line of JSON, then
    enc ‖ ciphertext                                                       HPKE over gzip of {"changes":[…]}

HPKE in mode PSK: psk is the SHA-256 (32 bytes) of the token as it stands in `Authorization: Bearer`, its text in
UTF-8; psk_id the device's id; info `sambung bundle 1`. The first line's bytes, without the line feed, are
authenticated with it. So whoever carries the file can neither read nor alter it, nor make one in another's name.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from schemas.change import MAX_SEQ, dumps
from sync.device.hpke import CantOpen, Shared, open_sealed, seal
from sync.device.outbox import NotEnrolled, Outbox

FORMAT = 1
INFO = b"sambung bundle 1"
LONGEST_LINE = 1024
AROUND = len('{"changes":[]}')


class BadBundle(ValueError):
    """It is no bundle, or was cut or altered, or is not for this server: it is refused whole. why: for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class TooLarge(BadBundle):
    """What is in it is larger than may be."""


class Head(NamedTuple):
    """The first line, which anybody may read; not yet known to be unaltered. line: its bytes, without the line feed."""

    device: str
    first: int
    last: int
    key: str
    line: bytes


class Bundle(NamedTuple):
    """name: of the file; it says nothing of a person."""

    name: str
    first: int
    last: int
    content: bytes


# Writing --------------------------------------------------------------------------------------------------------------


def write_bundles(outbox: Outbox) -> list[Bundle]:
    """All that waits, from `acked + 1` on, in as many bundles as the server's bounds ask for; [] when nothing waits.

    Nothing leaves the outbox for it. Raises NotEnrolled when the server's key is not known.
    """
    disk = outbox.disk
    device, token, key = disk.get("device"), disk.get("token"), disk.get("server_key")
    if not device or not token or not key:
        raise NotEnrolled("Enrol this device first.")
    limits = disk.get("limits", {})
    room, most = limits.get("max_bytes", 1 << 20) - AROUND, limits.get("max_changes", 1000)
    bundles = []
    for part in _cut(outbox.own.all_waiting(), room, most):
        bundles.append(seal_bundle(device, token, key, part))
    return bundles


def _cut(changes: list[tuple[int, str]], room: int, most: int) -> list[list[tuple[int, str]]]:
    parts: list[list[tuple[int, str]]] = []
    left = 0
    for seq, text in changes:
        size = len(text.encode()) + 1
        if not parts or size > left or len(parts[-1]) >= most:
            parts.append([])
            left = room
        parts[-1].append((seq, text))
        left -= size
    return parts


def seal_bundle(device: str, token: str, key: dict[str, str], changes: list[tuple[int, str]]) -> Bundle:
    """changes: (seq, JSON text), by seq. key: the server's, as enrolment told it: `id` and `public`."""
    first, last = changes[0][0], changes[-1][0]
    line = dumps({"format": FORMAT, "device": device, "first": first, "last": last, "key": key["id"]}).encode()
    plain = gzip.compress(f'{{"changes":[{",".join(text for _, text in changes)}]}}'.encode(), 9, mtime=0)
    sealed = seal(key["public"], plain, INFO, line, Shared(sha256(token.encode()).digest(), device.encode()))
    return Bundle(f"sambung-{device}-{first}-{last}.sambung", first, last, line + b"\n" + sealed)


# Reading --------------------------------------------------------------------------------------------------------------


def read_head(content: bytes) -> Head:
    """Raises BadBundle."""
    line, feed, _ = content[: LONGEST_LINE + 1].partition(b"\n")
    if not feed:
        raise BadBundle("no-line")
    try:
        told = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise BadBundle("no-json") from None
    if type(told) is not dict or told.get("format") != FORMAT:
        raise BadBundle("format")
    device, key = told.get("device"), told.get("key")
    first: Any = told.get("first")
    last: Any = told.get("last")
    if not (_is_name(device) and _is_name(key)):
        raise BadBundle("names")
    if not (_is_seq(first) and _is_seq(last) and first <= last):
        raise BadBundle("seqs")
    return Head(str(device), first, last, str(key), line)


def _is_name(value: Any) -> bool:
    return type(value) is str and len(value) <= 40 and value.isascii() and value.isalnum()


def _is_seq(value: Any) -> bool:
    return type(value) is int and 1 <= value <= MAX_SEQ


def open_bundle(
    content: bytes, head: Head, private: bytes, token_hash: bytes, inflate: Callable[[bytes], bytes]
) -> bytes:
    """The JSON within. inflate: undoes gzip within bounds, and raises BadBundle. Raises BadBundle."""
    try:
        sealed = content[len(head.line) + 1 :]
        plain = open_sealed(private, sealed, INFO, head.line, Shared(token_hash, head.device.encode()))
    except CantOpen:
        raise BadBundle("sealed") from None
    return inflate(plain)


def inflate_within(most: int) -> Callable[[bytes], bytes]:
    """One layer of gzip of at most so many bytes, whole and with nothing behind it."""

    def inflate(pressed: bytes) -> bytes:
        inflater = zlib.decompressobj(31)
        try:
            plain = inflater.decompress(pressed, most + 1)
        except zlib.error:
            raise BadBundle("gzip") from None
        if len(plain) > most:
            raise TooLarge("inflated")
        if not inflater.eof or inflater.unused_data:
            raise BadBundle("gzip")
        return plain

    return inflate
