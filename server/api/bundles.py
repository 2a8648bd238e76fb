"""`POST /api/v1/bundles`: a file that a device could not send itself, from anyone who has it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import Response, current_app, request

from schemas import problem
from schemas.change import from_ms
from server import log
from server.actions import bundles
from server.actions.enrol import check_refusals, count_refusal
from server.actions.receive import Receipt, Refused
from server.api import door, messages
from server.api.routes import call
from server.api.sync import result
from server.clock import now_ms
from server.limits import Shares
from server.metrics import count_batch
from server.problems import Refusal


@call(
    "POST", "/bundles",
    ("Terima berkas .sambung yang dibawa dengan tangan; mengirimnya dua kali tidak mengubah apa pun.",
     "Take a .sambung file that was carried by hand; taking it twice changes nothing."),
    who="anyone", takes="application/octet-stream", answers=messages.Taken(),
    problems=(problem.BUNDLE_REFUSED, problem.GAP, problem.FORKED, problem.TOO_LARGE, problem.TOO_MANY),
)  # fmt: skip
def take_bundle() -> Response:
    arrived, settings, caller = door.arrived_at(), door.settings(), sha256(door.address().encode()).hexdigest()
    check_refusals(bundles.DOOR, caller, settings, arrived)
    content = _content()
    try:
        opened = bundles.open_one(content, settings)
    except bundles.BadBundle as bad:
        count_refusal(bundles.DOOR, caller, arrived)
        log.said("bundle-refused", why=bad.why)
        raise Refusal(problem.BUNDLE_REFUSED) from None
    shares: Shares = current_app.extensions["sambung.shares"]
    shares.take_as(f"bundle:{opened.device.id}")  # apart: who holds a file must not use up the phone's own share
    receipt = _taken(opened, arrived)
    count_batch(receipt.verdicts)
    lang = door.lang()
    return door.answer({
        "device": opened.device.id, "acked": receipt.acked, "results": [result(each, lang) for each in receipt.verdicts],
        "epoch": receipt.epoch, "server_time": from_ms(now_ms()),
    })  # fmt: skip


def _content() -> bytes:
    """The body as it is, whatever type it is said to be: messengers and browsers name files as they like."""
    most = bundles.most_bytes(door.settings())
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(problem.UNSUPPORTED_MEDIA)
    if (request.content_length or 0) > most:
        raise door.too_large()
    content = request.stream.read(most + 1)
    if len(content) > most:
        raise door.too_large()
    return content


def _taken(opened: bundles.Opened, arrived: int) -> Receipt:
    try:
        return bundles.take_in(opened, door.settings(), arrived)
    except Refused as refused:
        members: dict[str, Any] = {"acked": refused.acked, "epoch": refused.epoch}
        if refused.seq is None:
            raise Refusal(problem.GAP, **members) from None
        raise Refusal(problem.FORKED, seq=refused.seq, **members) from None
