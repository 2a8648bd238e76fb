"""Which changes name which files, which of them are here, and what is on its way.

A naming is `kept` when its device brought the content, or was allowed to see it; what such a record names is shown with
it. Until then it is `wanted`, be the content here or not: so whoever knows a photo's hash neither comes to see the photo
by writing the hash into a record of his own, nor learns whether it is here. Bringing the content settles it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, insert, select, update

from server.store import devices
from server.store import tables as t
from server.store.bulk import add_missing, among, in_chunks

WANTED, KEPT = "wanted", "kept"


class Named(NamedTuple):
    """A file that a change of a device names. village: the record's home as the change has it."""

    sha256: str
    record: str
    village: str


class File(NamedTuple):
    sha256: str
    size: int
    type: str
    by: str
    stored_at: int


class Upload(NamedTuple):
    """size: bytes that it will have. done_at: when it was whole and right; None before. Times in milliseconds."""

    id: str
    device: str
    sha256: str
    size: int
    type: str
    touched_at: int
    done_at: int | None


class Doomed(NamedTuple):
    """What the caller takes off the disk once all is committed: contents by their SHA-256, uploads by their id."""

    contents: list[str]
    uploads: list[str]


_FILE = select(*(t.file.c[name] for name in File._fields))
_UPLOAD = select(*(t.upload.c[name] for name in Upload._fields))
_CARRIER = t.record.alias("carrier")
_HOME = func.coalesce(_CARRIER.c.home, t.record.c.home, t.naming.c.village)
_HOMES = (
    select(t.naming.c.sha256, t.naming.c.device, _HOME)
    .select_from(
        t.naming.outerjoin(t.record, t.record.c.id == t.naming.c.record)
        .outerjoin(_CARRIER, _CARRIER.c.id == t.record.c.carrier)
    )
    .where(among(t.naming.c.sha256, "shas"), t.naming.c.state == KEPT)
)  # fmt: skip
_HERE = select(t.file.c.sha256, t.file.c.by).where(among(t.file.c.sha256, "shas"))
# Who names what is here holds it until he is done: a photo must not be dropped as nobody's in that moment.
_HELD = _HERE.order_by(t.file.c.sha256).with_for_update(read=True, key_share=True)
_WANTED = (
    select(t.naming.c.sha256)
    .where(t.naming.c.device == bindparam("device"), t.naming.c.state == WANTED)
    .order_by(t.naming.c.at.desc()).limit(bindparam("most"))
)  # fmt: skip
_FORMER = t.device.alias("former")
_BEFORE = (
    select(_FORMER.c.id).select_from(t.device.join(_FORMER, _FORMER.c.id == t.device.c.former))
    .where(t.device.c.id == bindparam("id"), _FORMER.c.successor == t.device.c.id)  # anybody may say who he was before
)  # fmt: skip
_AFTER = select(t.device.c.successor).where(t.device.c.id == bindparam("id"))


# Naming ---------------------------------------------------------------------------------------------------------------


def name(
    connection: Connection, device: str, villages: Collection[str], named: Collection[Named], now: int
) -> bool:
    """Note what the device's changes name, within their own transaction; whether some of it is wanted of it.

    villages: its own, in which it may see what records name.
    """
    shas = {each.sha256 for each in named}
    brought = {sha: by for sha, by in connection.execute(_HELD, {"shas": shas})}
    ours = _lives_of(connection, device) if brought else {device}
    foreign = {sha for sha, by in brought.items() if by not in ours}
    seen = {
        sha for sha, namer, home in connection.execute(_HOMES, {"shas": foreign}) if namer in ours or home in villages
    } if foreign else set()  # fmt: skip
    kept = brought.keys() - (foreign - seen)
    rows = {
        (sha, record): {
            "sha256": sha, "record": record, "device": device, "village": village, "at": now,
            "state": KEPT if sha in kept else WANTED,
        }
        for sha, record, village in named
    }  # fmt: skip
    add_missing(connection, t.naming, list(rows.values()))
    return bool(shas - kept)


def _lives_of(connection: Connection, device: str) -> set[str]:
    """The ids under which this phone wrote before and after: it proved with its token that it was the other."""
    found = {device}
    for step in (_BEFORE, _AFTER):
        at: str | None = device
        while (at := connection.scalar(step, {"id": at})) is not None and at not in found:
            found.add(at)
    return found


def lacked(connection: Connection, device: str, most: int) -> list[str]:
    """What is wanted of the device, the newest first: what it has no more must not hide what it has.

    Costs the same however much is wanted: an officer may be offline for a month with his photos.
    """
    return list(dict.fromkeys(connection.scalars(_WANTED, {"device": device, "most": most})))


def stop_wanting(connection: Connection, device: str) -> None:
    """Nothing is wanted of the device any more, unless a change has named more this moment."""
    devices.lock(connection, device)
    if not lacked(connection, device, 1):
        devices.change_device(connection, device, wants=False)


def homes(connection: Connection, sha256: str) -> set[str]:
    """Where the records lie with which this file is shown; of a joined one where its carrier does."""
    return {home for _, _, home in connection.execute(_HOMES, {"shas": [sha256]})}


def shown_with(connection: Connection, sha256: str) -> list[tuple[str, str]]:
    """The records with which this file is shown, each with its home; of a joined one those of its carrier."""
    record = func.coalesce(t.record.c.carrier, t.naming.c.record)
    query = (
        select(record, _HOME).distinct()
        .select_from(
            t.naming.outerjoin(t.record, t.record.c.id == t.naming.c.record)
            .outerjoin(_CARRIER, _CARRIER.c.id == t.record.c.carrier)
        )
        .where(t.naming.c.sha256 == sha256, t.naming.c.state == KEPT)
    )  # fmt: skip
    return [(each, home) for each, home in connection.execute(query)]


def is_kept_of(connection: Connection, sha256: str, device: str) -> bool:
    """Whether a change of the device names what it brought, or was allowed to see."""
    return connection.scalar(
        select(t.naming.c.sha256)
        .where(t.naming.c.sha256 == sha256, t.naming.c.device == device, t.naming.c.state == KEPT).limit(1)
    ) is not None  # fmt: skip


# Contents -------------------------------------------------------------------------------------------------------------


def read(connection: Connection, sha256: str) -> File | None:
    row = connection.execute(_FILE.where(t.file.c.sha256 == sha256)).first()
    return File(*row) if row else None


def keep(connection: Connection, file: File) -> None:
    """The content is on the disk, brought by `file.by`: it is wanted no more of that phone, and of who may see it."""
    add_missing(connection, t.file, [file._asdict()])  # first of all: two who bring the same wait for each other here
    settle(connection, file.sha256, file.by)


def settle(connection: Connection, sha256: str, by: str) -> None:
    """What these two are: a content, and a device that brought it."""
    wanted = (t.naming.c.sha256 == sha256, t.naming.c.state == WANTED)
    _keep_of(connection, wanted, _lives_of(connection, by))
    waiting = set(connection.scalars(select(t.naming.c.device).where(*wanted).distinct()))
    if waiting:
        shown = homes(connection, sha256)
        theirs = devices.villages_of(connection, waiting)
        _keep_of(connection, wanted, {device for device in waiting if not shown.isdisjoint(theirs[device])})


def _keep_of(connection: Connection, wanted: tuple[ColumnElement[bool], ...], whose: Collection[str]) -> None:
    if whose:
        connection.execute(update(t.naming).where(*wanted, t.naming.c.device.in_(whose)).values(state=KEPT))


def forget(connection: Connection, records: Collection[str]) -> Doomed:
    """The records name nothing any more; gives what no other names."""
    shas: set[str] = set()
    for part in in_chunks(records):
        shas |= set(connection.scalars(select(t.naming.c.sha256).where(t.naming.c.record.in_(part)).distinct()))
        connection.execute(delete(t.naming).where(t.naming.c.record.in_(part)))
    return drop_unnamed(connection, shas)


def drop_unnamed(connection: Connection, shas: Collection[str]) -> Doomed:
    """Those of these contents that no record names are here no more, and are not on their way; gives which."""
    doomed = Doomed([], [])
    for part in in_chunks(sorted(shas)):
        # Whoever is just naming one is waited for here, and his naming is then seen by the next query.
        connection.execute(select(t.file.c.sha256).where(t.file.c.sha256.in_(part)).order_by(t.file.c.sha256).with_for_update())
        nobodys = sorted(set(part) - named_among(connection, part))
        connection.execute(delete(t.file).where(t.file.c.sha256.in_(nobodys)))
        doomed.uploads.extend(connection.scalars(select(t.upload.c.id).where(t.upload.c.sha256.in_(nobodys))))
        connection.execute(delete(t.upload).where(t.upload.c.sha256.in_(nobodys)))
        doomed.contents.extend(nobodys)
    return doomed


def unnamed(connection: Connection, before: int) -> list[str]:
    """What was brought before that moment, and no change names."""
    named = exists().where(t.naming.c.sha256 == t.file.c.sha256)
    return list(connection.scalars(select(t.file.c.sha256).where(t.file.c.stored_at < before, ~named)))


def known_among(connection: Connection, shas: Collection[str]) -> set[str]:
    return {sha for sha, _ in connection.execute(_HERE, {"shas": shas})}


def named_among(connection: Connection, shas: Collection[str]) -> set[str]:
    query = select(t.naming.c.sha256).where(among(t.naming.c.sha256, "shas")).distinct()
    return set(connection.scalars(query, {"shas": shas}))


def all_files(connection: Connection) -> Iterable[File]:
    """Every file, in the order of hashes, a few at a time in memory."""
    query = _FILE.order_by(t.file.c.sha256).execution_options(yield_per=500)
    return (File(*row) for row in connection.execute(query))


def want_again(connection: Connection, shas: Collection[str]) -> None:
    """These contents were lost: whoever named them is asked for them once more."""
    for part in in_chunks(shas):
        connection.execute(delete(t.file).where(t.file.c.sha256.in_(part)))
        connection.execute(update(t.naming).where(t.naming.c.sha256.in_(part)).values(state=WANTED))
        namers = select(t.naming.c.device).where(t.naming.c.sha256.in_(part))
        connection.execute(update(t.device).where(t.device.c.id.in_(namers)).values(wants=True))


def put_back(connection: Connection, files: Collection[File]) -> None:
    """Contents that a replaced database knew and that lie on the disk."""
    add_missing(connection, t.file, [file._asdict() for file in files])
    wanted = t.naming.c.state == WANTED
    here = select(t.file.c.sha256, t.file.c.by).where(exists().where(t.naming.c.sha256 == t.file.c.sha256, wanted))
    for sha256, by in connection.execute(here).all():
        settle(connection, sha256, by)


# Uploads --------------------------------------------------------------------------------------------------------------


def begin_upload(connection: Connection, upload: Upload, most: int) -> list[str]:
    """Note a new upload; gives the ids of the device's oldest unfinished ones, which make room for it."""
    devices.lock(connection, upload.device)  # two at once must not both find room
    unfinished = (t.upload.c.device == upload.device, t.upload.c.done_at.is_(None))
    query = select(t.upload.c.id).where(*unfinished).order_by(t.upload.c.touched_at.desc(), t.upload.c.id)
    too_many = list(connection.scalars(query))[max(most - 1, 0) :]
    connection.execute(delete(t.upload).where(t.upload.c.id.in_(too_many)))
    connection.execute(insert(t.upload).values(**upload._asdict()))
    return too_many


def upload(connection: Connection, upload_id: str) -> Upload | None:
    row = connection.execute(_UPLOAD.where(t.upload.c.id == upload_id)).first()
    return Upload(*row) if row else None


def done_upload(connection: Connection, sha256: str, device: str) -> Upload | None:
    """One of the device's by which it brought the content, or was told that it is here."""
    mine = (t.upload.c.device == device, t.upload.c.sha256 == sha256, t.upload.c.done_at.is_not(None))
    row = connection.execute(_UPLOAD.where(*mine).limit(1)).first()
    return Upload(*row) if row else None


def touch_upload(connection: Connection, upload_id: str, now: int) -> None:
    connection.execute(update(t.upload).where(t.upload.c.id == upload_id).values(touched_at=now))


def finish_upload(connection: Connection, upload_id: str, now: int) -> bool:
    """False where it was ended meanwhile."""
    done = update(t.upload).where(t.upload.c.id == upload_id).values(touched_at=now, done_at=now)
    return connection.execute(done).rowcount == 1


def end_upload(connection: Connection, upload_id: str) -> None:
    connection.execute(delete(t.upload).where(t.upload.c.id == upload_id))


def old_uploads(connection: Connection, before: int) -> list[str]:
    return list(connection.scalars(select(t.upload.c.id).where(t.upload.c.touched_at < before)))


def uploads_among(connection: Connection, ids: Collection[str]) -> set[str]:
    return set(connection.scalars(select(t.upload.c.id).where(among(t.upload.c.id, "ids")), {"ids": ids}))
