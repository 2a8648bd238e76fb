"""What an operator looks after: quarantined changes, those that wait, devices."""

from __future__ import annotations

from typing import Any

from flask import Response

from schemas.change import from_ms, loads
from schemas.problem import complain
from server import audit, auth
from server.actions.desk_pages import DAY_MS, Kept, devices, quarantined, waiting
from server.actions.merge_received import decide_waiting
from server.api import door, messages
from server.api.conflicts import DECIDING, PAGED, desk_refusals, looked
from server.api.routes import call
from server.clock import now_ms
from server.store.accounts import Account


@call(
    "GET", "/quarantine",
    ("Perubahan yang dikarantina, yang terbaru lebih dulu: apa yang dikirim, dan mengapa ditahan.",
     "Quarantined changes, the newest first: what was sent, and why it is held."),
    who="person", act="see conflicts", query=messages.Page(), answers=messages.Quarantine(), problems=PAGED,
)  # fmt: skip
def quarantine() -> Response:
    asked = door.query(messages.Page())
    account, scope = door.scope("see conflicts", asked["within"])
    with desk_refusals(scope):
        page = quarantined(scope, asked["cursor"], asked["limit"])
    looked("quarantine", scope, [kept.record for kept in page.entries])
    changes = [
        _change(kept, account) | {"received": from_ms(kept.moment), "errors": door.complaints(kept.errors, door.lang())}
        for kept in page.entries
    ]
    return door.answer({"changes": changes, "next": page.next})


@call(
    "GET", "/waiting",
    ("Perubahan yang diterima tetapi sudah lama menunggu; semuanya dengan `all=1`.",
     "Received changes that have waited long; all of them with `all=1`."),
    who="person", act="see conflicts", query=messages.Waiting(), answers=messages.AllWaiting(), problems=PAGED,
)  # fmt: skip
def waiting_within() -> Response:
    asked, now = door.query(messages.Waiting()), now_ms()
    account, scope = door.scope("see conflicts", asked["within"])
    until = now if asked["all"] else now - door.settings().waiting_days * DAY_MS
    with desk_refusals(scope):
        page = waiting(scope, until, asked["cursor"], asked["limit"])
    looked("waiting", scope, [kept.record for kept in page.entries])
    changes = [_change(kept, account) | _why(kept) for kept in page.entries]
    return door.answer({"changes": changes, "next": page.next})


@call(
    "POST", "/waiting",
    ("Biarkan perubahan yang menunggu membuat catatannya, atau karantinakan.",
     "Let a waiting change create its record, or quarantine it."),
    who="person", act="decide", body=messages.Decide(), answers=messages.Decided(), problems=DECIDING,
)  # fmt: skip
def decide() -> Response:
    account, asked = door.person("decide"), door.load(messages.Decide())
    device, seq = asked["device"], asked["seq"]
    with desk_refusals(account.region):
        status = decide_waiting(device, seq, asked["do"] == "create", account, door.settings(), now_ms())
    return door.answer({"device": device, "seq": seq, "status": status})


@call(
    "GET", "/devices",
    ("Perangkat di wilayah ini: kapan terakhir terdengar, apa yang masih tertahan; dengan `silent` hanya yang diam "
     "selama itu (hari).",
     "Devices that serve the region: when last heard, what they still hold; with `silent` those silent for so many "
     "days."),
    who="person", act="see devices", query=messages.Devices(), answers=messages.KnownDevices(), problems=PAGED,
)  # fmt: skip
def devices_within() -> Response:
    asked = door.query(messages.Devices())
    _, scope = door.scope("see devices", asked["within"])
    with desk_refusals(scope):
        page = devices(scope, asked["silent"], asked["cursor"], asked["limit"], now_ms())
    if page.entries:
        audit.look("list", region=scope, list="devices", devices=len(page.entries))  # and who holds them
    return door.answer({"devices": page.entries, "next": page.next})


def _change(kept: Kept, account: Account) -> dict[str, Any]:
    """Who sent what. Who it was is told to those who look after devices."""
    may_see_officers = account.role in auth.MAY["see devices"]
    return {
        "device": kept.device, "seq": kept.seq, "officer": _officer(kept.officer) if may_see_officers else None,
        "record": kept.record, "kind": kept.kind, "village": kept.village,
        "sent": loads(kept.sent) if kept.sent else None, "size": kept.size,
    }  # fmt: skip


def _officer(officer: tuple[int, str] | None) -> dict[str, Any] | None:
    return {"id": officer[0], "name": officer[1]} if officer else None


def _why(kept: Kept) -> dict[str, Any]:
    text = complain(f"waits-{kept.why}", door.lang())
    return {"since": from_ms(kept.moment), "why": kept.why, "text": text}
