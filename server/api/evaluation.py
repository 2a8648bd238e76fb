"""`/api/v1/cycles/<cycle>/report`: a cycle of monitoring and evaluation for any region that it is about, as JSON."""

from __future__ import annotations

from flask import Response
from marshmallow import fields

from schemas import problem
from server import audit, auth
from server.actions import evaluation as acts
from server.actions import evaluation_report as reports
from server.api import door, messages
from server.api.messages import Message
from server.api.routes import call
from server.clock import now_ms
from server.problems import Refusal

ACT = "see figures"


class AskedReport(Message):
    within = messages.region()


class Indicator(Message):
    """value: a share, 1 is all; of `active` a number. why: it can't be said. target: of a share in percent.

    verdict: met, missed or unknown; None without a target.
    """

    indicator = fields.String(required=True)
    title = fields.String(required=True)
    value = fields.Float(required=True, allow_none=True)
    numerator = fields.Integer(required=True, allow_none=True)
    denominator = fields.Integer(required=True, allow_none=True)
    interval = fields.List(fields.Float(), required=True, allow_none=True)
    why = fields.String(required=True, allow_none=True)
    flag = fields.String(required=True, allow_none=True)
    target = fields.Float(required=True, allow_none=True)
    verdict = fields.String(required=True, allow_none=True)
    source = fields.String(required=True)


class RegionTold(Message):
    code = fields.String(required=True)
    name = fields.String(required=True)
    indicators = fields.List(fields.Nested(Indicator), required=True)


class MonthTold(Message):
    month = fields.String(required=True)
    active = fields.Integer(required=True, allow_none=True)
    rate = fields.Float(required=True, allow_none=True)


class FindingTold(Message):
    """text and what follows from it: None for who may not see people, where an officer wrote it on a visit."""

    finding = fields.String(required=True)
    indicator = fields.String(required=True, allow_none=True)
    about = fields.String(required=True, allow_none=True)
    due = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, allow_none=True)
    late = fields.Boolean(required=True)
    text = fields.String(required=True, allow_none=True)
    recommendation = fields.String(required=True, allow_none=True)
    responsible = fields.String(required=True, allow_none=True)
    follow_up = fields.String(required=True, allow_none=True)
    followed_up_on = fields.String(required=True, allow_none=True)


class MeetingTold(Message):
    """agenda, minutes, decisions: None for who may not see people."""

    meeting = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)
    date = fields.String(required=True, allow_none=True)
    place = fields.String(required=True, allow_none=True)
    attendance = fields.Integer(required=True, allow_none=True)
    agenda = fields.String(required=True, allow_none=True)
    minutes = fields.String(required=True, allow_none=True)
    decisions = fields.String(required=True, allow_none=True)


class ThemeTold(Message):
    theme = fields.String(required=True, allow_none=True)
    said = fields.Integer(required=True)
    waiting = fields.Integer(required=True)


class SolutionTold(Message):
    solution = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)
    theme = fields.String(required=True, allow_none=True)
    challenge = fields.String(required=True, allow_none=True)
    what_worked = fields.String(required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)
    place = fields.String(required=True, allow_none=True)


class RuleTold(Message):
    id = fields.String(required=True)
    title = fields.String(required=True)
    source = fields.String(required=True)
    confidence = fields.String(required=True)
    verified = fields.Boolean(required=True)


class CycleReport(Message):
    """frozen_on: the day of its figures, None while they may change. figures_of_day: that of the snapshot used."""

    cycle = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True)
    home = fields.String(required=True)
    within = fields.String(required=True)
    name = fields.String(required=True)
    first_month = fields.String(required=True)
    last_month = fields.String(required=True)
    month = fields.String(required=True)
    frozen_on = fields.String(required=True, allow_none=True)
    figures_of_day = fields.String(required=True, allow_none=True)
    seal = fields.String(required=True, allow_none=True)
    taken_at = fields.String(required=True, allow_none=True)
    closed_on = fields.String(required=True, allow_none=True)
    conclusions = fields.String(required=True, allow_none=True)
    indicators = fields.List(fields.Nested(Indicator), required=True)
    regions = fields.List(fields.Nested(RegionTold), required=True)
    history = fields.List(fields.Nested(MonthTold), required=True)
    findings = fields.List(fields.Nested(FindingTold), required=True)
    meetings = fields.List(fields.Nested(MeetingTold), required=True)
    feedback = fields.List(fields.Nested(ThemeTold), required=True)
    solutions = fields.List(fields.Nested(SolutionTold), required=True)
    rules = fields.List(fields.Nested(RuleTold), required=True)


@call(
    "GET", "/cycles/<cycle>/report",
    ("Laporan satu siklus monev untuk wilayahnya atau bagiannya: indikator, target, temuan, rapat, masukan, aturan.",
     "The report of an evaluation cycle for its region or a part of it: indicators, targets, findings, meetings, rules."),
    who="person", act=ACT, query=AskedReport(), answers=CycleReport(),
    problems=(problem.OUTSIDE_REGION, problem.NOT_FOUND, problem.INVALID),
)  # fmt: skip
def cycle_report_told(cycle: str) -> Response:
    account, scope = door.scope(ACT, door.query(AskedReport())["within"])
    entry = acts.find_cycle(scope, cycle)
    if entry is None:
        raise Refusal(problem.NOT_FOUND)
    may_see = auth.may(account, "see people")
    told = reports.report(scope, entry, now_ms(), may_see)
    shown = [each.record for each in told.meetings] + [each.entry.record for each in told.findings]
    if may_see and shown:
        audit.look("list", region=told.standing.region, records=shown)
    return door.answer(reports.as_json(told, door.lang(), may_see))
