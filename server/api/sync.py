"""`POST /api/v1/sync`: one round trip."""

from __future__ import annotations

from typing import Any

from flask import Response

from schemas import problem
from schemas.change import dumps, from_ms
from schemas.problem import complain
from schemas.wire import Asked, BadMessage, load_sync
from server import log
from server.actions.files import wanted_of
from server.actions.receive import Receipt, Refused, Revoked, receive
from server.actions.send import Sent, send
from server.actions.whose import newest_key
from server.api import door, messages
from server.api.routes import call
from server.clock import now_ms
from server.metrics import count_batch
from server.problems import Refusal
from server.store.changes import Verdict
from server.store.devices import Device


@call(
    "POST", "/sync",
    ("Kirim perubahan, dan terima apa yang berubah di desa-desa perangkat ini.",
     "Send changes, and be told what changed in the device's villages."),
    who="device", body=messages.Sync(), answers=messages.Synced(), gzip=True,
    problems=(problem.GAP, problem.FORKED, problem.TOO_LARGE, problem.BAD_GZIP, problem.BAD_REQUEST),
)  # fmt: skip
def sync() -> Response:
    arrived, device, lang = door.arrived_at(), door.device(), door.lang()
    try:
        asked = load_sync(door.body())
    except BadMessage as bad:
        what = problem.NOT_JSON if bad.why == "not-json" else problem.BAD_REQUEST
        raise Refusal(what, errors={bad.field: [complain(bad.why, lang)]}) from None
    receipt = _receive(asked, device, arrived)
    most = door.settings().answer_bytes
    sent = send(device, asked.cursors, asked.epoch, min(asked.limit or most, most), lang)
    wanted = wanted_of(device.id) if receipt.wants else []
    count_batch(receipt.verdicts)
    # Keys come with a life of the database: a phone of this one was told of them when it enrolled.
    key = None if asked.epoch == device.life.epoch else newest_key()
    return door.answer_text(_answer(receipt, sent, wanted, key, lang))


def _receive(asked: Asked, device: Device, arrived: int) -> Receipt:
    try:
        receipt = receive(asked, device, arrived, door.settings())
    except Revoked:
        raise Refusal(problem.DEVICE_REVOKED) from None
    except Refused as refused:
        members: dict[str, Any] = {"acked": refused.acked, "epoch": refused.epoch}
        if refused.seq is None:
            raise Refusal(problem.GAP, **members) from None
        raise Refusal(problem.FORKED, seq=refused.seq, **members) from None
    if asked.changes:
        log.said("batch", device=device.id, changes=len(asked.changes), acked=receipt.acked)
    return receipt


def _answer(receipt: Receipt, sent: Sent, wanted: list[str], key: tuple[str, str] | None, lang: str) -> str:
    """The answer's JSON. Records are stored as they are told, so they are put in as text."""
    told = {verdict.seq for verdict in receipt.verdicts}
    verdicts = [*receipt.verdicts, *(verdict for verdict in sent.verdicts if verdict.seq not in told)]
    results = dumps([result(verdict, lang) for verdict in verdicts])
    key_text = f',"server_key":{dumps({"id": key[0], "public": key[1]})}' if key else ""
    return (
        f'{{"server_time":"{from_ms(now_ms())}","epoch":{dumps(receipt.epoch)},"acked":{receipt.acked},'
        f'"results":{results},"records":[{",".join(sent.records)}],"cursors":{dumps(sent.cursors)},'
        f'"more":{"true" if sent.more else "false"},"wanted":{dumps(wanted)},"notices":{dumps(sent.notices)}{key_text}}}'
    )


def result(verdict: Verdict, lang: str) -> dict[str, Any]:
    """What became of one change, as told to its device."""
    told: dict[str, Any] = {"seq": verdict.seq, "status": verdict.status}
    if verdict.version is not None:
        told["version"] = verdict.version
    if verdict.status == "conflict":
        told["fields"] = list(verdict.fields)
    if verdict.errors:
        told["errors"] = door.complaints(verdict.errors, lang)
    return told
