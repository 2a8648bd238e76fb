"""A few weeks of a village in one call: everything that can happen to a record happens to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select

from server.actions.merge_received import merge_received
from server.actions.replay import Difference, replay
from server.actions.settle import erase, link, settle
from server.clock import now_ms
from server.store.tables import metadata
from tests.server.installation import NEIGHBOUR, VILLAGE, WORKER, Installation, Phone


@dataclass
class Story:
    """Two phones of the village, one of both villages, and the records that they made, by what became of them."""

    siti: Phone
    budi: Phone
    wati: Phone
    records: dict[str, str]


def tell(server: Installation, siti: Phone, budi: Phone, wati: Phone) -> Story:
    """Plain, edited, in conflict, settled, paid for, moved twice, joined, parted, erased, waited for, quarantined."""
    names = ("plain", "edited", "conflict", "settled", "moved", "joined", "parted", "erased")
    ids = {name: f"{siti.id}-{number}" for number, name in enumerate(names, siti.seq + 1)}
    siti.sync(*(siti.change(None, WORKER | {"village": VILLAGE, "notes": name}) for name in names))
    ids |= {f"{name} too": f"{budi.id}-{budi.seq + n}" for n, name in enumerate(("joined", "parted"), 1)}
    budi.sync(budi.change(), budi.change())
    seen = {siti.id: siti.seq}
    wati.sync(wati.change(ids["edited"], {"phone": "+628125550001"}, seen=seen, village=VILLAGE))
    for phone, name in ((siti, "Nur Hayati"), (budi, "Nurhayati"), (wati, "Noor Hayati")):
        phone.sync(
            phone.change(ids["conflict"], {"full_name": name}, seen=seen, village=VILLAGE),
            phone.change(ids["settled"], {"full_name": name}, seen=seen, village=VILLAGE),
        )
    seen[siti.id] = siti.seq
    wati.sync(wati.change(ids["moved"], {"village": NEIGHBOUR}, seen=seen, village=VILLAGE))
    wati.sync(wati.change(ids["moved"], {"notes": "pindah"}, seen=seen, village=NEIGHBOUR))
    paid = {
        "worker": ids["plain"], "months": ["2026-11"], "programs": ["JKK", "JKM"], "amount": 16800, "funding": "self",
        "paid_on": "2026-11-02",
    }  # fmt: skip
    siti.sync(siti.change(None, paid, kind="contribution"))
    ids["paid"] = f"{siti.id}-{siti.seq}"
    ids["waited for"] = f"{wati.id}-{wati.seq + 3}"
    siti.sync(siti.change(ids["waited for"], {"notes": "dari seberang"}), siti.change(fields={"nik": "12"}))
    ids["never made"] = f"{wati.id}-999"
    siti.sync(siti.change(ids["never made"], {"notes": "belum ada"}))
    wati.sync(wati.change(None, WORKER, village=VILLAGE), wati.change(None, WORKER, village=NEIGHBOUR))
    wati.sync(wati.change(ids["waited for"], WORKER, village=VILLAGE))
    with server.app.app_context():
        assert merge_received(server.settings, now_ms()) == 1
        settle(ids["settled"], None, {"full_name": "Nur Hayati"}, None, now_ms())
        for name in ("joined", "parted"):
            link(ids[name], ids[f"{name} too"], True, "NIK sama", None, now_ms())
    budi.sync(budi.change(ids["joined too"], {"phone": "+628125550002"}), budi.change(ids["parted"], {"rt": "004"}))
    with server.app.app_context():
        link(ids["parted"], ids["parted too"], False, "saudara kembar", None, now_ms())
        erase([ids["erased"]], "atas permintaan", None, server.settings, now_ms())
    return Story(siti, budi, wati, ids)


def told(server: Installation) -> Story:
    """The story on a server where nobody is enrolled yet."""
    return tell(server, server.enrolled(VILLAGE), server.enrolled(VILLAGE), server.enrolled(VILLAGE, NEIGHBOUR))


def check(server: Installation) -> list[Difference]:
    """What a replay finds, and leaves as it is."""
    with server.app.app_context():
        return replay(server.settings, now_ms(), check=True).differences


def everything(server: Installation, *but: str) -> dict[str, list[Any]]:
    """Every row of every table, for comparing before and after. but: tables left out besides the regions."""
    with server.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(*_told_apart(table))).all()))
            for table in metadata.sorted_tables
            if table.name not in (*but, "region")
        }


def _told_apart(table: Table) -> list[Any]:
    """PostgreSQL never gives a number of its own twice, also not one that a crash took back."""
    return [column for column in table.c if (table.name, column.name) != ("mail", "id")]
