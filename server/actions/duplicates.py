"""Find workers who bear one NIK: two registrations of one person, or a slip of the pen. Whether, a person decides."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from schemas import nik as niks
from server.config import Settings
from server.db import reading, transaction
from server.sealing import read_secret
from server.store import duplicates
from server.store.duplicates import Bearer


def find_duplicates(settings: Settings, now: int) -> int:
    """Look at all NIKs again; gives how many records were found or are none any more. Harmless to repeat.

    What is found stays under a keyed hash: there are too few NIKs for a plain one to hide them.
    """
    secret = read_secret(settings.secret, settings.data_dir / "secret")
    with reading() as connection:
        apart = duplicates.parted(connection)
        found = set(_bearers(duplicates.same_nik(connection), apart, secret))
    with transaction() as connection:
        before = duplicates.known(connection)
        duplicates.add_found(connection, found - before, now)
        duplicates.drop(connection, before - found)
    return len(found ^ before)


def _bearers(rows: Iterable[tuple[str, str]], apart: Collection[tuple[str, str]], secret: bytes) -> Iterator[Bearer]:
    """rows: (NIK, record), sorted. Left out is who was told apart from all others of his NIK."""
    for nik, group in groupby(rows, key=itemgetter(0)):
        if niks.is_nik(nik):
            records = [record for _, record in group]
            for record in records:
                if any(_may_be_one(record, other, apart) for other in records if other != record):
                    yield hash_nik(nik, secret), record


def _may_be_one(a: str, b: str, apart: Collection[tuple[str, str]]) -> bool:
    return (min(a, b), max(a, b)) not in apart


def hash_nik(nik: str, secret: bytes) -> bytes:
    """32 bytes by which the same NIK is known again, on this installation only."""
    return hmac.digest(secret, b"duplicate nik:" + nik.encode(), "sha256")
