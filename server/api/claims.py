"""`/api/v1/claims/outcomes`: what came of claims in a year, without names."""

from __future__ import annotations

from flask import Response
from marshmallow import fields

from schemas import problem
from server.actions import claim_outcomes as acts
from server.actions.claim_outcomes import Outcomes, Sum
from server.actions.regions import region_names
from server.api import door, messages
from server.api.messages import Message
from server.api.routes import call
from server.clock import day_at, now_ms

ACT = "see figures"


class AskedOutcomes(Message):
    within = messages.region()
    year = messages.asked_number(2015, 2100, default=None)


class Counted(Message):
    """what: what the line is about. claims, amount: null where so few are not told."""

    what = fields.String(required=True)
    claims = fields.Integer(required=True, allow_none=True)
    amount = fields.Integer(required=True, allow_none=True)


class ClaimOutcomes(Message):
    """fewer_are_hidden: counts below it are null, and some beside them, so that none can be worked out.

    families: by decile, `unknown` too. days: median from the village's report to the payment. told: whether the branch was
    told of accidents in time, `running` where not yet.
    """

    within = fields.String(required=True)
    name = fields.String(required=True)
    year = fields.Integer(required=True)
    fewer_are_hidden = fields.Integer(required=True)
    claims = fields.Integer(required=True, allow_none=True)
    amount = fields.Integer(required=True, allow_none=True)
    children = fields.Integer(required=True, allow_none=True)
    days = fields.Float(required=True, allow_none=True)
    programs = fields.List(fields.Nested(Counted), required=True)
    months = fields.List(fields.Nested(Counted), required=True)
    families = fields.List(fields.Nested(Counted), required=True)
    refused = fields.List(fields.Nested(Counted), required=True)
    reported = fields.List(fields.Nested(Counted), required=True)
    told = fields.List(fields.Nested(Counted), required=True)
    regions = fields.List(fields.Nested(Counted), required=True)


@call(
    "GET", "/claims/outcomes",
    ("Hasil klaim sebuah wilayah dalam setahun tanpa nama: manfaat yang dibayarkan, keluarga menurut desil, anak penerima "
     "beasiswa, alasan ditolak.",
     "What came of a region's claims in a year, without names: benefits paid, families by decile, children on scholarship, "
     "reasons of refusals."),
    who="person", act=ACT, query=AskedOutcomes(), answers=ClaimOutcomes(),
    problems=(problem.OUTSIDE_REGION, problem.NOT_FOUND, problem.INVALID),
)  # fmt: skip
def claim_outcomes_told() -> Response:
    asked = door.query(AskedOutcomes())
    _, scope = door.scope(ACT, asked["within"])
    year = day_at(now_ms(), "64" if scope == "id" else scope).year
    found = acts.outcomes_of(scope, asked["year"] or year, year)
    return door.answer(_as_json(found, region_names([str(scope)]).get(str(scope), "")))


def _as_json(found: Outcomes, name: str) -> dict[str, object]:
    def lines(sums: list[Sum]) -> list[dict[str, object]]:
        return [each._asdict() for each in sums]

    return {
        "within": str(found.region), "name": name, "year": found.year, "fewer_are_hidden": found.least,
        "claims": found.total.claims, "amount": found.total.amount, "children": found.children, "days": found.days,
        "programs": lines(found.programs), "months": lines(found.months), "families": lines(found.families),
        "refused": lines(found.refused), "reported": lines(found.reported), "told": lines(found.told),
        "regions": lines([row for _, row in found.regions]),
    }  # fmt: skip
