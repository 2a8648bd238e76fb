"""Backup and restore: a whole, consistent, sealed copy while serving, and a new life from one.

What a backup holds, sealed (see `server.sealed_file`) and gzipped, is JSON lines: first the secret that unseals the
server's keys and the ledger; then of each table its layout and its rows, bytes in base64; then the contents of files;
last, how many rows each table had. A nightly backup holds no contents: they lie beside it, each once for all nights, in
the folder `files`, sealed as they are on the server's own disk.
"""

from __future__ import annotations

import base64
import gzip
import io
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag

from schemas.change import from_ms
from server import audit, ledger
from server.actions import auditing
from server.actions.entering import ERASED
from server.actions.files import take_off
from server.actions.forms import publish_shipped
from server.actions.initialise import new_epoch
from server.actions.mending import redraw
from server.config import Settings
from server.db import Connection, snapshot, transaction
from server.sealed_file import BadFile, SealedReader, SealedWriter, written_whole
from server.sealing import NoSecret, read_secret, seal, unseal, write_secret_file
from server.store import contents, erasures, files, life, records, replaying, schema, whole
from server.store.bulk import in_chunks
from server.store.contents import Contents
from server.store.regions import load_regions
from server.store.streams import Streams
from server.store.whole import Layout, Outliving

FORMAT = 1
SECRET, KEY = "secret", "backup.key"
BESIDE = "files"  # the folder of contents beside nightly backups

NOT_OURS = (
    "Ini bukan cadangan Sambung Desa; periksa nama berkasnya. Tidak ada yang diubah. / "
    "This is no backup of Sambung Desa; check the file's name. Nothing was changed."
)
UNREADABLE = (
    "Cadangan ini terpotong, berubah, atau disegel dengan kunci lain; pakai salinan lain, atau kunci dari waktu itu. "
    "Tidak ada yang diubah. / This backup was cut or altered, or is sealed under another key; use another copy, or the "
    "key of that time. Nothing was changed."
)
NEWER = (
    "Cadangan ini dibuat oleh versi yang lebih baru; perbarui Sambung Desa dulu. Tidak ada yang diubah. / "
    "This backup was made by a newer version; update Sambung Desa first. Nothing was changed."
)
NOTHING_THERE = "Basis data belum dibuat; jalankan `sambung init`. / The database is not made yet; run `sambung init`."


class CantKeep(RuntimeError):
    """A backup can't be made, or not be restored; the text says why and what to do, in Indonesian and English."""


class Restored(NamedTuple):
    """epoch: of the life that began. changes: how many the log has. made_at: when the backup was made, RFC 3339.

    files, missing: how many photos are here now, and how many are not: those phones are asked for once more.
    """

    epoch: str
    changes: int
    made_at: str
    files: int
    missing: int


def backup(path: Path, settings: Settings, now: int, *, beside: bool = False) -> int:
    """Write a whole copy as of this moment, while others read and write; gives its size in bytes.

    beside: leave the contents of files out; `copy_beside` keeps them. The file has its name only when it is whole and
    on the disk. Raises CantKeep.
    """
    key = key_of(settings)
    with snapshot() as connection:
        is_current = schema.is_current(connection)
    if is_current:
        auditing.anchor(settings, now)
    with snapshot() as connection:
        revision = whole.revision(connection)
        if revision is None:
            raise CantKeep(NOTHING_THERE)
        header = {"format": FORMAT, "revision": revision, "at": from_ms(now), "engine": connection.dialect.name}
        with written_whole(path) as file:
            sealed = SealedWriter(file, key, header)
            squeezed: Any = gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=5, mtime=0)
            with io.BufferedWriter(squeezed, 1 << 18) as out:  # closes `squeezed` too
                out.writelines(orjson.dumps(line) + b"\n" for line in _lines_of(connection, settings, beside))
            sealed.finish()
    size = path.stat().st_size
    if is_current:
        audit.look("backup", bytes=size, photos=not beside)
    return size


def key_of(settings: Settings) -> bytes:
    """The key that seals backups. Raises CantKeep."""
    try:
        return read_secret(settings.backup_key, settings.data_dir / KEY)
    except NoSecret as lacking:
        raise CantKeep(f"Kunci cadangan tidak ada. / The key for backups is missing: {lacking}") from None


def copy_beside(folder: Path, settings: Settings) -> int:
    """Copy what is not there yet into the folder beside nightly backups, and drop what the law or `tidy` has dropped.

    What a nightly backup names and is dropped here was erased since, or named by nothing. Gives how many were copied.
    """
    disk, copy = contents.of(settings), Contents(folder / BESIDE, b"")
    lying = set(copy.all())  # first of all: another run may add what this one's snapshot does not know
    with snapshot() as connection:
        known = {file.sha256 for file in files.all_files(connection)}
    copy.drop(lying - known)
    copied = 0
    for sha in sorted(known - lying):
        with suppress(FileNotFoundError):  # erased since, or lost
            with open(disk.path(sha), "rb") as source, written_whole(copy.path(sha)) as out:
                shutil.copyfileobj(source, out)
            copied += 1
    return copied


def _lines_of(connection: Connection, settings: Settings, beside: bool) -> Iterator[Any]:
    secret = read_secret(settings.secret, settings.data_dir / SECRET)
    yield {"secret": _text(secret), "ledger": list(ledger.lines(settings.data_dir))}
    counts = {}
    for layout in whole.layouts():
        yield layout._asdict()
        places = [layout.columns.index(name) for name in layout.bytes]
        counts[layout.name] = 0
        for row in whole.rows_of(connection, layout):
            counts[layout.name] += 1
            yield _with_text(row, places) if places else list(row)
    if not beside:
        disk = contents.of(settings)
        for file in files.all_files(connection):
            content = disk.get(file.sha256)
            if content is not None:  # erased since this moment began, or lost
                yield {"content": file.sha256, "body": _text(content)}
    yield {"end": counts}


def _with_text(row: Any, places: list[int]) -> list[Any]:
    told = list(row)
    for place in places:
        told[place] = None if told[place] is None else _text(bytes(told[place]))
    return told


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


# Restoring ------------------------------------------------------------------------------------------------------------


def restore(path: Path, settings: Settings, now: int) -> Restored:
    """Put a backup in the place of what is there, in one transaction, and begin a new epoch.

    The whole file is verified first. Revocations and erasures since are applied again: from the ledger beside the
    database, from that in the backup, and from the database that is replaced. Nobody else should be served meanwhile.
    Raises CantKeep, and then nothing was changed.
    """
    key = key_of(settings)
    with _reading(path, key) as (header, lines):
        last, digest = _audit_head(lines)
    if not schema.is_known(header["revision"]):
        raise CantKeep(NEWER)
    with transaction() as connection, _reading(path, key) as (header, lines):
        known = whole.outliving(connection)
        entries = whole.audit_behind(connection, last, digest)
        whole.take_down(connection)
        schema.migrate(connection, header["revision"])
        # Contents lie under their hash, so those of a restore that fails disturb nothing; the nightly sweep takes them.
        kept = _fill(connection, lines, settings)
        schema.migrate(connection)
        load_regions(connection)
        whole.take_stock(connection)
        secret = _own_secret(settings, kept.secret)
        _remember(settings, kept.ledger, known)
        epoch, doomed = _begin_anew(connection, settings, kept, known, secret, now)
        auditing.carry_over(connection, entries, last, epoch, now, settings)
        known_files = [file for file in known.files if file.sha256 not in set(doomed)]
        there, missing = _take_files(connection, settings, path.parent / BESIDE, kept.secret, known_files, now)
    take_off(files.Doomed(doomed, []), settings)
    auditing.anchor(settings, now)
    publish_shipped(now)  # those that came with the program since
    return Restored(epoch, kept.changes, header["at"], there, missing)


def _audit_head(lines: Iterator[Any]) -> tuple[int, bytes]:
    """The number and hash of the audit log's last entry; reads the backup to its end. (0, zeros) where it has no log."""
    head, is_next = (0, bytes(32)), False
    for line in lines:
        if is_next and isinstance(line, list):
            _, last, digest = line
            head = last, base64.b64decode(digest)
        is_next = isinstance(line, dict) and line.get("name") == "audit_head"
    return head


def _take_files(
    connection: Connection, settings: Settings, beside: Path, then: bytes, known: list[files.File], now: int
) -> tuple[int, int]:
    """Fetch what the database names and lies beside the backup; what is nowhere, phones are asked for once more.

    then: the secret under which the contents beside were sealed. known: what the replaced database had; its contents
    lie here still, and phones that send again what names them need not send those too.
    """
    disk, copy = contents.of(settings), Contents(beside, then)
    files.put_back(connection, [file._replace(stored_at=now) for file in known if disk.has(file.sha256)])
    there, missing = 0, []
    for file in files.all_files(connection):
        if disk.get(file.sha256) is not None:
            there += 1
        elif (content := copy.get(file.sha256)) is not None:
            disk.put(file.sha256, content)
            there += 1
        else:
            missing.append(file.sha256)
    files.want_again(connection, missing)
    return there, len(missing)


def read_through(path: Path, settings: Settings) -> Iterator[Any]:
    """A backup's lines from its first to its last, changing nothing. Raises CantKeep where it is not whole."""
    with _reading(path, key_of(settings)) as (_, lines):
        yield from lines


class _Kept(NamedTuple):
    secret: bytes
    ledger: list[dict[str, Any]]
    changes: int


@contextmanager
def _reading(path: Path, key: bytes) -> Iterator[tuple[dict[str, Any], Iterator[Any]]]:
    """A backup's header and its lines. Raises CantKeep, also while they are read, for what was not written so."""
    try:
        file = open(path, "rb")  # noqa: SIM115  closed below
    except OSError as error:
        raise CantKeep(f"{path}: {error.strerror}") from None
    with file:
        try:
            sealed = SealedReader(file, key)
        except BadFile as bad:
            raise CantKeep(NOT_OURS if bad.foreign else UNREADABLE) from None
        if sealed.header.get("format") != FORMAT:
            raise CantKeep(NEWER)
        with gzip.GzipFile(fileobj=io.BufferedReader(sealed, 1 << 18)) as plain:
            yield sealed.header, _parsed(plain)


def _parsed(plain: gzip.GzipFile) -> Iterator[Any]:
    try:
        yield from map(orjson.loads, io.BufferedReader(plain, 1 << 18))
    except (BadFile, EOFError, zlib.error, gzip.BadGzipFile, orjson.JSONDecodeError):
        raise CantKeep(UNREADABLE) from None


def _fill(connection: Connection, lines: Iterator[Any], settings: Settings) -> _Kept:
    first = next(lines)
    secret = base64.b64decode(first["secret"])
    disk = Contents(settings.files, _own_secret(settings, secret))
    layout: Layout | None = None
    counts: dict[str, int] = {}
    held: list[list[Any]] = []
    for line in lines:
        if isinstance(line, list):
            assert layout is not None
            held.append(_with_bytes(line, layout))
            if len(held) == whole.AT_ONCE:
                counts[layout.name] += _put(connection, layout, held)
            continue
        if layout is not None:
            counts[layout.name] += _put(connection, layout, held)
        if "content" in line:
            layout = None
            if disk.get(line["content"]) is None:  # not here, or left under a secret that was lost
                disk.put(line["content"], base64.b64decode(line["body"]))
            continue
        if "end" in line:
            break
        layout = Layout(**line)
        counts[layout.name] = 0
    if counts != line["end"]:
        raise CantKeep(UNREADABLE)
    return _Kept(secret, first["ledger"], counts["change"])


def _put(connection: Connection, layout: Layout, held: list[list[Any]]) -> int:
    whole.fill(connection, layout, held)
    count = len(held)
    held.clear()
    return count


def _with_bytes(row: list[Any], layout: Layout) -> list[Any]:
    for name in layout.bytes:
        place = layout.columns.index(name)
        row[place] = None if row[place] is None else base64.b64decode(row[place])
    return row


def _own_secret(settings: Settings, of_backup: bytes) -> bytes:
    """The secret of this installation; where it has none, the backup brings it along."""
    try:
        return read_secret(settings.secret, settings.data_dir / SECRET)
    except NoSecret:
        write_secret_file(settings.data_dir / SECRET, of_backup)
        return of_backup


def _remember(settings: Settings, of_backup: list[dict[str, Any]], known: Outliving) -> None:
    """What only the backup or the replaced database knew is in the ledger, on the disk, before it takes effect."""
    told = [dict(line) for line in of_backup]
    told += [{"device": device} for device in sorted(known.devices)]
    told += [
        {"revoked": device, "token": token.hex(), "at": at} for device, (token, at) in sorted(known.revoked.items())
    ]
    told += [{"erased": record, **what} for record, what in sorted(known.erased.items())]
    ledger.note_missing(settings.data_dir, told)


def _begin_anew(
    connection: Connection, settings: Settings, kept: _Kept, known: Outliving, secret: bytes, now: int
) -> tuple[str, list[str]]:
    """The epoch that begins, and the contents that erasures since have taken."""
    epoch = new_epoch()
    life.begin_anew(connection, epoch, now)
    _keep_keys(connection, known.keys, kept.secret, secret)
    whole.close_accounts(connection, known.closed)
    lines = list(ledger.lines(settings.data_dir))
    revoked = {line["revoked"]: line for line in lines if "revoked" in line}
    whole.revoke_again(connection, {
        device: (bytes.fromhex(line.get("token") or ""), line.get("at", now)) for device, line in revoked.items()
    })  # fmt: skip
    doomed = _erase_again(connection, {line["erased"]: line for line in lines if "erased" in line}, now)
    whole.go_on_numbering(connection)
    return epoch, doomed


def _keep_keys(connection: Connection, of_replaced: list[dict[str, Any]], then: bytes, secret: bytes) -> None:
    """The keys of the backup are sealed under today's secret; those made since stay: phones have sealed to them."""
    rows = whole.all_keys(connection)
    for row in rows if then != secret else []:
        label = f"server key {row['id']}"
        row["sealed_private"] = seal(secret, unseal(then, row["sealed_private"], label), label)
    there = {row["id"] for row in rows}
    for row in of_replaced:
        if row["id"] not in there and _opens(row, secret):
            rows.append(row)
    whole.put_keys(connection, rows)


def _opens(row: dict[str, Any], secret: bytes) -> bool:
    try:
        unseal(secret, row["sealed_private"], f"server key {row['id']}")
    except InvalidTag:
        return False
    return True


def _erase_again(connection: Connection, erased: dict[str, dict[str, Any]], now: int) -> list[str]:
    """What the law has erased since stays erased: in the log, in the views, and for the phones that still hold it.

    Gives the contents that nothing names any more.
    """
    done = {row["record"] for row in erasures.all_erasures(connection)}
    todo = {record: line for record, line in erased.items() if record not in done}
    doomed: list[str] = []
    for record, line in sorted(todo.items()):
        gone = erasures.erase_values(connection, [record], None, line.get("reason", ""), line.get("at", now))
        doomed += gone.contents
    for part in in_chunks(sorted(todo), 200):
        redraw(connection, part, now)
    unknown = todo.keys() - replaying.rows_of(connection, list(todo)).keys()
    _bury(connection, {record: todo[record]["village"] for record in unknown if "village" in todo[record]})
    return doomed


def _bury(connection: Connection, unknown: dict[str, str]) -> None:
    """An erased record that the backup never had is told as gone where it was at home."""
    streams = Streams(connection)
    streams.lock(unknown.values())
    records.put_gone(connection, [
        {"village": village, "record": record, "why": ERASED, "into": None, "position": streams.next_position(village)}
        for record, village in sorted(unknown.items())
    ])  # fmt: skip
    streams.write()
