"""`GET /api/v1/gaps`: how many workers of a region and its parts have no active cover, and why; numbers, and nobody."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from schemas import problem
from server import auth
from server.actions.gaps import counts_only
from server.actions.regions import region_exists, region_names
from server.api import door, messages
from server.api.messages import Message
from server.api.routes import call
from server.clock import now_ms
from server.problems import Refusal
from server.store.devices import Device
from server.store.gaps import Counts

ACT = "see figures"


class Asked(Message):
    within = messages.region()


class ByReason(Message):
    unregistered = fields.Integer(required=True)
    incomplete = fields.Integer(required=True)
    proposed = fields.Integer(required=True)
    awaiting_payment = fields.Integer(required=True)
    unconfirmed = fields.Integer(required=True)
    in_arrears = fields.Integer(required=True)
    inactive = fields.Integer(required=True)
    age = fields.Integer(required=True)
    wage_earner = fields.Integer(required=True)
    apparatus = fields.Integer(required=True)


class GapsOfRegion(Message):
    code = fields.String(required=True)
    name = fields.String(required=True)
    reasons = fields.Nested(ByReason, required=True)
    villages_without = fields.Integer(required=True)
    villages_above = fields.Integer(required=True)


class Gaps(Message):
    within = fields.String(required=True)
    name = fields.String(required=True)
    month = fields.String(required=True)
    total = fields.Nested(ByReason, required=True)
    villages_without = fields.Integer(required=True)
    villages_above = fields.Integer(required=True)
    regions = fields.List(fields.Nested(GapsOfRegion), required=True)


@call(
    "GET", "/gaps",
    ("Berapa pekerja belum terlindungi di sebuah wilayah dan wilayah di bawahnya, menurut alasannya. `unconfirmed` juga ada "
     "di alasan lain. `villages_above`: desa yang terdata lebih banyak daripada pekerjanya, tak ada yang belum terdata.",
     "How many workers of a region and of those one level below it have no active cover, by why. `unconfirmed` stand under "
     "another reason too. `villages_above`: villages with more registered than workers, where nobody is unregistered."),
    who="person", act=ACT, query=Asked(), answers=Gaps(), problems=(problem.OUTSIDE_REGION, problem.NOT_FOUND),
)  # fmt: skip
def gaps() -> Response:
    known, asked = door.who(), door.query(Asked())
    if isinstance(known, Device):
        raise Refusal(problem.FORBIDDEN)
    within = asked["within"] or known.region
    auth.allow(known, ACT, within)
    if not region_exists(within):
        raise Refusal(problem.NOT_FOUND)
    told = counts_only(within, now_ms())
    return door.answer({
        "within": within, "name": region_names([within]).get(within, within), "month": told.month,
        "total": told.total.by_reason, "villages_without": told.total.without,
        "villages_above": told.total.above,
        "regions": [{"code": part.code, "name": part.name} | _told(part.counts) for part in told.parts],
    })  # fmt: skip


def _told(counts: Counts) -> dict[str, Any]:
    return {"reasons": counts.by_reason, "villages_without": counts.without, "villages_above": counts.above}
