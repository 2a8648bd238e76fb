"""`/api/v1/budget`: a region's scenarios of a year, planned and confirmed, as JSON; sums, nobody's name."""

from __future__ import annotations

from flask import Response
from marshmallow import fields, validate

from schemas import problem
from server.actions import budgets as acts
from server.api import door, messages
from server.api.messages import Message
from server.api.routes import call
from server.clock import day_at, now_ms

ACT = "see figures"


class AskedBudget(Message):
    within = messages.region()
    year = fields.Integer(load_default=None, validate=validate.Range(2020, 2099), metadata={"examples": [2027]})


class PlannedMonth(Message):
    """people: who are paid for; amount: rupiah."""

    month = fields.String(required=True)
    people = fields.Integer(required=True)
    amount = fields.Integer(required=True)


class SpentMonth(Message):
    """planned_people, planned: as planned; people, amount: as confirmed contributions say."""

    month = fields.String(required=True)
    planned_people = fields.Integer(required=True)
    planned = fields.Integer(required=True)
    people = fields.Integer(required=True)
    amount = fields.Integer(required=True)


class BudgetLineTold(Message):
    """budget: its record, of `/entries`. needed: for all its people and months; ends: the first month not paid for all."""

    budget = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)
    funding = fields.String(required=True, allow_none=True)
    first_month = fields.String(required=True, allow_none=True)
    last_month = fields.String(required=True, allow_none=True)
    people = fields.Integer(required=True, allow_none=True)
    amount = fields.Integer(required=True, allow_none=True)
    needed = fields.Integer(required=True, allow_none=True)
    ends = fields.String(required=True, allow_none=True)
    confirmed = fields.Integer(required=True)
    months = fields.List(fields.Nested(SpentMonth), required=True)


class ScenarioTold(Message):
    """people: the most in one month. programs: rupiah by programme. unplanned, unsure: rupiah by source, of no line or of
    several.
    """

    scenario = fields.String(required=True)
    region = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    people = fields.Integer(required=True)
    person_months = fields.Integer(required=True)
    amount = fields.Integer(required=True)
    needed = fields.Integer(required=True)
    programs = fields.Dict(fields.String(), fields.Integer(), required=True)
    months = fields.List(fields.Nested(PlannedMonth), required=True)
    lines = fields.List(fields.Nested(BudgetLineTold), required=True)
    unplanned = fields.Dict(fields.String(), fields.Integer(), required=True)
    unsure = fields.Dict(fields.String(), fields.Integer(), required=True)


class BudgetTold(Message):
    within = fields.String(required=True)
    year = fields.Integer(required=True)
    scenarios = fields.List(fields.Nested(ScenarioTold), required=True)


@call(
    "GET", "/budget",
    ("Skenario anggaran sebuah wilayah dalam satu tahun: rencana bulan demi bulan di samping iuran yang terkonfirmasi.",
     "A region's budget scenarios of a year: planned month by month beside the contributions that were confirmed."),
    who="person", act=ACT, query=AskedBudget(), answers=BudgetTold(),
    problems=(problem.OUTSIDE_REGION, problem.NOT_FOUND, problem.INVALID),
)  # fmt: skip
def budget_told() -> Response:
    asked, now = door.query(AskedBudget()), now_ms()
    _, scope = door.scope(ACT, asked["within"])
    return door.answer(acts.told_of(scope, asked["year"] or day_at(now, scope).year, now))
