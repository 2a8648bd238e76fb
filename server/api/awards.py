"""`/api/v1/awards/<award>`: criteria with their weights, how the villages stand, the sealed result."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from schemas import problem
from schemas.kinds import REGIONAL
from server import auth
from server.actions import awards as acts
from server.actions.settle import NoSuchRecord
from server.api import door
from server.api.messages import Message
from server.api.routes import call
from server.clock import now_ms
from server.problems import Refusal

ACT = "see figures"
SHOWN = ("village", "name", "band", "rank", "computed", "score", "points", "out", "lifted")


class CriterionTold(Message):
    """none, full: the values that give 0 and 100 points. is_judged: given by judges, not computed."""

    criterion = fields.String(required=True)
    title = fields.Dict(fields.String(), fields.String(), required=True)
    weight = fields.Float(required=True)
    none = fields.Float(required=True)
    full = fields.Float(required=True)
    unit = fields.String(required=True)
    is_judged = fields.Boolean(required=True)


class VillageTold(Message):
    """computed: of the computed criteria alone; score: with judges' points, as far as the caller may see them.

    out: signs of padded data that put it out, and were not lifted; then it has no rank.
    """

    village = fields.String(required=True)
    name = fields.String(required=True)
    band = fields.String(required=True)
    rank = fields.Integer(required=True, allow_none=True)
    computed = fields.Float(required=True)
    score = fields.Float(required=True)
    points = fields.Dict(fields.String(), fields.Float(allow_none=True), required=True)
    out = fields.List(fields.String(), required=True)
    lifted = fields.List(fields.String(), required=True)


class PlaceTold(Message):
    village = fields.String(required=True)
    band = fields.String(required=True)
    rank = fields.Integer(required=True)
    score = fields.Float(required=True)


class AwardTold(Message):
    """standing: None where the caller may not see scores yet. places: the proposed or sealed result. fits: whether what is
    kept still has the seal's hash; None before it is sealed.
    """

    award = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)
    region = fields.String(required=True)
    state = fields.String(required=True)
    first_month = fields.String(required=True, allow_none=True)
    last_month = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True, allow_none=True)
    published_on = fields.String(required=True, allow_none=True)
    frozen_on = fields.String(required=True, allow_none=True)
    run = fields.Integer(required=True, allow_none=True)
    criteria = fields.List(fields.Nested(CriterionTold), required=True)
    standing = fields.List(fields.Nested(VillageTold), required=True, allow_none=True)
    places = fields.List(fields.Nested(PlaceTold), required=True)
    winners = fields.List(fields.String(), required=True)
    seal = fields.String(required=True, allow_none=True)
    sealed_on = fields.String(required=True, allow_none=True)
    fits = fields.Boolean(required=True, allow_none=True)
    released_on = fields.String(required=True, allow_none=True)
    released_amount = fields.Integer(required=True, allow_none=True)


@call(
    "GET", "/awards/<award>",
    ("Sebuah penghargaan desa: kriteria dan bobotnya, kedudukan desa, hasil yang disegel.",
     "A village award: its criteria and weights, how the villages stand, the sealed result."),
    who="person", act=ACT, answers=AwardTold(), problems=(problem.OUTSIDE_REGION, problem.NOT_FOUND),
)  # fmt: skip
def award_told(award: str) -> Response:
    region = REGIONAL[acts.AWARD].fixed_id(award)
    if region is None:
        door.person(ACT)
        raise Refusal(problem.NOT_FOUND)
    account, scope = door.scope(ACT, region)
    try:
        entry = acts.one(scope, award)
    except NoSuchRecord:
        raise Refusal(problem.NOT_FOUND) from None
    now, said = now_ms(), entry.fields
    sees = acts.shows_scores(entry, auth.may(account, "judge"))
    standing = acts.shown_to(entry, account, auth.may(account, "approve"), now) if sees else None
    is_final = acts.state_of(entry) in acts.FINAL
    shows_places = sees and (is_final or auth.may(account, "approve"))
    told: dict[str, Any] = {
        "award": entry.record, "region": entry.home, "state": acts.state_of(entry),
        **{name: said.get(name) for name in (
            "title", "first_month", "last_month", "version", "published_on", "frozen_on", "run", "seal", "sealed_on",
            "released_on", "released_amount",
        )},
        "criteria": acts.criteria_told(entry, now),
        "standing": None if standing is None else [
            {name: getattr(row, name) for name in SHOWN} for row in standing.rows
        ],
        "places": list(said.get("places") or ()) if shows_places else [],
        "winners": [place.village for place in acts.winners_of(entry)] if shows_places else [],
        "fits": acts.verify(entry).fits if is_final and sees else None,
    }  # fmt: skip
    return door.answer(told)
