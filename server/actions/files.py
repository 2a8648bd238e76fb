"""Files that changes name: what is wanted, resumable uploads, who may see a content, and dropping what has served."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from schemas.files import TYPES, is_of_type
from schemas.region import within
from server import log
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import contents, files
from server.store.accounts import Account
from server.store.contents import Busy, Part
from server.store.devices import Device
from server.store.files import Doomed, File, Upload
from server.store.scoping import for_itself

MOST_WANTED = 100  # told at once
TOUCHED_AGAIN_MS = 60 * 60 * 1000  # an upload's age need not be known closer
MOST_PIECES = 8192  # of one upload: each call opens all that came before
TORN_MS = int(timedelta(days=1).total_seconds() * 1000)
CHECKSUMS = {"sha1": 20, "sha256": 32}  # of a part, and how long they are


class UploadError(Exception):
    """What was asked of an upload can't be done."""


class NoSuchUpload(UploadError):
    """There is none of that id, or it is another device's."""


class WrongType(UploadError):
    """No photo of a type that is taken."""


class TooLarge(UploadError):
    """The file, or what was sent of it, is larger than it may be."""


class WrongOffset(UploadError):
    """`offset`: up to where it came."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class WrongChecksum(UploadError):
    """The part is not what it was when it was sent; nothing of it was kept."""


class Damaged(UploadError):
    """All is here, and it is not the content that was announced; it was dropped."""


class Standing(NamedTuple):
    """An upload: its id, how far it came, how long it will be, and what it was said to be."""

    id: str
    offset: int
    size: int
    sha256: str
    type: str


class Content(NamedTuple):
    sha256: str
    type: str
    body: bytes


def wanted_of(device: str) -> list[str]:
    """What the device's changes name and it is asked for, as sync tells it."""
    with reading() as connection:
        lacked = files.lacked(connection, device, MOST_WANTED)
    if not lacked:
        with transaction() as connection:
            files.stop_wanting(connection, device)
            lacked = files.lacked(connection, device, MOST_WANTED)
    return [f"sha256:{sha}" for sha in lacked]


# Uploads --------------------------------------------------------------------------------------------------------------


def begin(device: Device, sha256: str, kind: str, size: int, settings: Settings, now: int) -> Standing:
    """Announce an upload. What is here already, of a change of the device's own, stands as whole at once.

    The device's oldest unfinished ones make room for it, beyond the setting `uploads_per_device`.
    Raises WrongType, TooLarge.
    """
    if kind not in TYPES:
        raise WrongType
    if size > settings.max_file_bytes:
        raise TooLarge
    made = Upload(secrets.token_urlsafe(18), device.id, sha256, size, kind, now, None)
    with transaction() as connection:
        here = files.read(connection, sha256)
        if here is not None and here.size == size and _is_its_own(connection, here, device.id):
            known = files.done_upload(connection, sha256, device.id)
            if known is not None:
                return _standing(known, size)
            made = made._replace(done_at=now)
        dropped = files.begin_upload(connection, made, settings.uploads_per_device)
    for each in dropped:
        contents.of(settings).forget(each)
    return _standing(made, size if made.done_at else 0)


def _is_its_own(connection: Connection, here: File, device: str) -> bool:
    """Whether the device may know that the content is here: it brought it, or was allowed to see it."""
    if here.by == device:
        files.settle(connection, here.sha256, device)  # what it named while the content was just coming in
        return True
    return files.is_kept_of(connection, here.sha256, device)


def standing(upload_id: str, device: Device, settings: Settings, now: int) -> Standing:
    """How far an upload came. Raises NoSuchUpload, Busy, Damaged.

    One that was whole when the server was killed is finished now: nobody would send it anything more.
    """
    row = _own(upload_id, device)
    if row.done_at is None:
        with contents.of(settings).adding_to(row.id) as part:
            row = _own(upload_id, device)  # it may just have come to its end, and its part be gone
            if row.done_at is None:
                _touch(row, now)
                offset = part.size
                if offset == row.size:
                    _finish(row, part, settings, now)
                return _standing(row, offset)
    return _standing(row, row.size)


def _standing(row: Upload, offset: int) -> Standing:
    return Standing(row.id, offset, row.size, row.sha256, row.type)


def _touch(row: Upload, now: int) -> None:
    if now - row.touched_at > TOUCHED_AGAIN_MS:
        with transaction() as connection:
            files.touch_upload(connection, row.id, now)


def add(
    upload_id: str, device: Device, offset: int, body: Iterable[bytes], checksum: tuple[str, bytes] | None,
    settings: Settings, now: int,
) -> int:  # fmt: skip
    """Keep what comes at `offset`, and all of it when it is whole; gives the offset after it, which is durable.

    body: ends early where the line is cut; what came until then stays. checksum: of all of the body, its algorithm and
    digest; then it is kept whole or not at all.
    What came in far too small parts is dropped, and begins anew.
    Raises NoSuchUpload, Busy, WrongOffset, WrongChecksum, TooLarge, Damaged.
    """
    row = _own(upload_id, device)
    if row.done_at is None:
        with contents.of(settings).adding_to(row.id) as part:
            row = _own(upload_id, device)  # as in `standing`
            if row.done_at is None:
                return _add_to(part, row, offset, body, checksum, settings, now)
    if offset != row.size or any(body):
        raise WrongOffset(row.size)
    return row.size


def _add_to(
    part: Part, row: Upload, offset: int, body: Iterable[bytes], checksum: tuple[str, bytes] | None,
    settings: Settings, now: int,
) -> int:  # fmt: skip
    if part.size != offset:
        raise WrongOffset(part.size)
    if part.pieces >= MOST_PIECES:
        end(row.id, settings)
        raise NoSuchUpload
    _add(part, row.size, _checked(body, checksum, row.size - offset) if checksum else body)
    at = part.size
    _touch(row, now)
    if at == row.size:
        _finish(row, part, settings, now)
    return at


def _add(part: Part, size: int, body: Iterable[bytes]) -> None:
    before = part.size
    part.add(_up_to(size - before + 1, body))
    if part.size > size:
        part.cut_to(before)
        raise TooLarge


def _up_to(most: int, body: Iterable[bytes]) -> Iterable[bytes]:
    for chunk in body:
        yield chunk[:most]
        most -= len(chunk)
        if most <= 0:
            return


def _checked(body: Iterable[bytes], checksum: tuple[str, bytes], most: int) -> list[bytes]:
    whole = b"".join(_up_to(most + 1, body))
    if len(whole) > most:
        raise TooLarge
    algorithm, digest = checksum
    if not secrets.compare_digest(hashlib.new(algorithm, whole).digest(), digest):
        raise WrongChecksum
    return [whole]


def _finish(row: Upload, part: Part, settings: Settings, now: int) -> None:
    """All of it is here: keep it if it is what it was said to be. Harmless to repeat after a kill.

    Raises Damaged, NoSuchUpload, Busy.
    """
    content, disk = part.content(), contents.of(settings)
    if hashlib.sha256(content).hexdigest() != row.sha256 or not is_of_type(content[:12], row.type):
        end(row.id, settings)
        raise Damaged
    with disk.holding(row.sha256):
        if disk.get(row.sha256) != content:  # not here yet, or spoiled
            disk.put(row.sha256, content)  # first the disk: what the database says is here is here
        with transaction() as connection:
            if not files.finish_upload(connection, row.id, now):
                raise NoSuchUpload  # newer ones of the device took its room meanwhile
            files.keep(connection, File(row.sha256, row.size, row.type, row.device, now))
    disk.forget(row.id)
    log.said("file", device=row.device, bytes=row.size)


def end(upload_id: str, settings: Settings) -> None:
    """Give an upload up; harmless to repeat."""
    with transaction() as connection:
        files.end_upload(connection, upload_id)
    contents.of(settings).forget(upload_id)


def give_up(upload_id: str, device: Device, settings: Settings) -> None:
    """The device ends its upload. Raises NoSuchUpload, Busy."""
    row = _own(upload_id, device)
    with contents.of(settings).adding_to(row.id):
        end(row.id, settings)


def _own(upload_id: str, device: Device) -> Upload:
    with reading() as connection:
        row = files.upload(connection, upload_id)
    if row is None or row.device != device.id:
        raise NoSuchUpload
    return row


# Seeing ---------------------------------------------------------------------------------------------------------------


def see(sha256: str, who: Device | Account, settings: Settings) -> Content | None:
    """A file, to whoever may see a record that names it; None to all others, and where it is not here."""
    with reading() as connection, for_itself():  # whether he may see it is asked below
        file = files.read(connection, sha256)
        homes = files.homes(connection, sha256) if file else set()
    if file is None or not any(_may_see(who, home) for home in homes):
        return None
    body = contents.of(settings).get(sha256)
    return None if body is None else Content(sha256, file.type, body)


def people_on(sha256: str, who: Device | Account) -> list[str]:
    """The records with which he may see this file: whom he has looked at."""
    with reading() as connection, for_itself():  # cut to what he may see right here
        return sorted({record for record, home in files.shown_with(connection, sha256) if _may_see(who, home)})


def _may_see(who: Device | Account, home: str) -> bool:
    return home in who.villages if isinstance(who, Device) else within(home, who.region)


# Keeping house --------------------------------------------------------------------------------------------------------


def tidy(settings: Settings, now: int) -> int:
    """Drop uploads that nobody goes on with, files that nothing names, and what kills left; gives how many."""
    disk, before = contents.of(settings), now - int(timedelta(days=settings.file_days).total_seconds() * 1000)
    with transaction() as connection:
        uploads = files.old_uploads(connection, before)
        for upload in uploads:
            files.end_upload(connection, upload)
        unnamed = files.drop_unnamed(connection, files.unnamed(connection, before))
    for upload in uploads:
        disk.forget(upload)
    take_off(unnamed, settings)
    return len(uploads) + len(unnamed.contents) + _sweep(disk, settings, now)


def take_off(doomed: Doomed, settings: Settings) -> int:
    """Take off the disk what the database knows no more; gives how many contents. What has just come again stays."""
    disk, gone = contents.of(settings), 0
    for upload in doomed.uploads:
        disk.forget(upload)
    for sha in doomed.contents:
        with suppress(Busy), disk.holding(sha):
            with reading() as connection:
                known = files.known_among(connection, [sha])
            if not known:
                disk.drop([sha])
                gone += 1
    return gone


def _sweep(disk: contents.Contents, settings: Settings, now: int) -> int:
    """What lies on the disk though the database knows it no more; what is younger may just be on its way into it.

    Spared is what a record names, whatever became of its row, and what is sealed under another secret: who points two
    installations at one folder must not lose the photos of either.
    """
    torn = list(disk.torn(now, TORN_MS))
    for path in torn:
        path.unlink(missing_ok=True)
    idle = [each for each in disk.uploads() if disk.age_ms(each, now) > TORN_MS]
    old = [sha for sha in disk.all() if disk.content_age_ms(sha, now) > TORN_MS]
    with reading() as connection:
        idle = sorted(set(idle) - files.uploads_among(connection, idle))
        old = sorted(set(old) - files.known_among(connection, old) - files.named_among(connection, old))
    for upload in idle:
        disk.forget(upload)
    gone = take_off(Doomed([sha for sha in old if disk.get(sha) is not None], []), settings)
    return len(torn) + len(idle) + gone
