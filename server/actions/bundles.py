"""Bundles: what a device could not send comes in by hand, by the same act as syncing (protocol section 6)."""

from __future__ import annotations

from schemas.wire import Asked, BadMessage, load_sync
from server import audit, log
from server.actions.receive import Receipt, receive
from server.config import Settings
from server.db import reading
from server.sealing import read_secret, unseal
from server.store import devices, life
from server.store.changes import Verdict
from server.store.devices import Device
from sync.device.bundle import BadBundle, inflate_within, open_bundle, read_head

__all__ = ["BadBundle", "Opened", "most_bytes", "open_one", "take_in"]

DOOR = "bundle"
_AROUND = 4096  # the line, `enc`, the tag, and what gzip adds to what it can't press


class Opened:
    """A bundle whose every byte is as its device wrote it."""

    def __init__(self, device: Device, asked: Asked) -> None:
        self.device, self.asked = device, asked


def most_bytes(settings: Settings) -> int:
    """How large a bundle may be: what is in it is bounded as a sync's body is, and may be no gzip's prey."""
    return settings.max_bytes + _AROUND


def open_one(content: bytes, settings: Settings) -> Opened:
    """Raises BadBundle; which of all causes is for the log alone."""
    if len(content) > most_bytes(settings):
        raise BadBundle("large")
    head = read_head(content)
    with reading() as connection:
        device = devices.by_id(connection, head.device)
        token_hash = devices.token_hash(connection, head.device)
        sealed_key = life.sealed_private(connection, head.key)
    if device is None or token_hash is None or sealed_key is None:
        raise BadBundle("unknown")
    secret = read_secret(settings.secret, settings.data_dir / "secret")
    private = unseal(secret, sealed_key, f"server key {head.key}")
    body = open_bundle(content, head, private, token_hash, inflate_within(settings.max_bytes))
    try:
        asked = load_sync(body)
    except BadMessage:
        raise BadBundle("message") from None
    # Only where device and server meet directly is anything measured, told, or heard of the device itself.
    return Opened(device, asked._replace(sent_at=None, epoch=None, cursors={}, limit=0, status={}))


def take_in(opened: Opened, settings: Settings, now: int) -> Receipt:
    """Keep what is in it, as a sync does; harmless to repeat. Raises `server.actions.receive.Refused`.

    A bundle is bounded by its bytes and not by the number of its changes: they are taken a sync's measure at a time.
    """
    asked = opened.asked
    told: dict[int, Verdict] = {}
    while True:
        with audit.acting(f"device:{opened.device.id}"):  # it wrote and sealed it; who carries it may be anybody
            receipt = receive(asked, opened.device, now, settings, by_hand=True)
        told |= {verdict.seq: verdict for verdict in receipt.verdicts}
        rest = [change for change in asked.changes if change["seq"] > receipt.acked]
        if not rest or len(rest) == len(asked.changes):
            break
        asked = asked._replace(changes=rest)
    log.said("bundle", device=opened.device.id, changes=len(opened.asked.changes), acked=receipt.acked)
    return receipt._replace(verdicts=[told[seq] for seq in sorted(told)])
