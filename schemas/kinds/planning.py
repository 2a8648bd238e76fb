"""Who is protected with which money: scenarios and their budget lines, how people are ranked, decrees and their lists."""

from __future__ import annotations

import re

from schemas.fields import OPEN, SENSITIVE, Choice, Day, Members, Real, Table, Text, Things, Whole, Words, record_id, rupiah
from schemas.kinds.parts import FUNDING, PROGRAMS
from schemas.kinds.regional import RegionalKind, month
from schemas.policy import REVIEW

PAYERS = tuple(payer for payer in FUNDING if payer != "self")
CRITERIA = ("remoteness", "decile", "risk", "age", "waiting")
YEAR = re.compile(r"20[2-9][0-9]")


class ScenarioTable(Table):
    """One way to spend a year's money, to be laid beside others. Of a region and year one at a time is adopted."""

    title = Text(200, 1, policy=REVIEW, needed=True, privacy=OPEN)
    year = Whole(2020, 2099, policy=REVIEW, needed=True, privacy=OPEN)
    state = Choice("draft", "proposed", "adopted", "dropped", policy=REVIEW, needed=True, privacy=OPEN)
    ranking = record_id(policy=REVIEW, privacy=OPEN)
    notes = Text(4000, privacy=OPEN)


class BudgetTable(Table):
    """A budget line: so many people, for so many months, from this source. amount: what there is, in rupiah."""

    scenario = record_id(policy=REVIEW, needed=True, privacy=OPEN)
    title = Text(200, 1, policy=REVIEW, needed=True, privacy=OPEN)
    funding = Choice(*PAYERS, policy=REVIEW, needed=True, privacy=OPEN)
    first_month = month(policy=REVIEW, needed=True)
    last_month = month(policy=REVIEW, needed=True)
    people = Whole(0, 10**8, policy=REVIEW, privacy=OPEN)
    programs = Members(PROGRAMS, least=("JKK", "JKM"), policy=REVIEW, needed=True, privacy=OPEN)
    income = rupiah(policy=REVIEW, privacy=OPEN)  # a month, of those it is for; nothing is the lowest tier
    amount = rupiah(policy=REVIEW, privacy=OPEN)
    document = Text(200, policy=REVIEW, privacy=OPEN)  # its number in the budget document
    notes = Text(4000, privacy=OPEN)


class Weight(Table):
    criterion = Choice(*CRITERIA, required=True)
    weight = Real(0, 100, required=True)


class RankingTable(Table):
    """Who is funded first: a rule of the regency, changed only by another one after it was in force."""

    title = Text(200, 1, policy=REVIEW, needed=True, privacy=OPEN)
    state = Choice("draft", "in_force", "ended", policy=REVIEW, needed=True, privacy=OPEN)
    valid_from = Day(policy=REVIEW, privacy=OPEN)
    weights = Things(Weight, 10, policy=REVIEW, needed=True, privacy=OPEN)
    deciles_up_to = Whole(1, 10, policy=REVIEW, privacy=OPEN)
    age_from = Whole(0, 120, policy=REVIEW, privacy=OPEN)
    age_below = Whole(0, 121, policy=REVIEW, privacy=OPEN)
    legal_basis = Text(500, policy=REVIEW, privacy=OPEN)
    notes = Text(4000, privacy=OPEN)


class DecreeTable(Table):
    """A decree (SK) on whose contributions are paid. people: how many it says; its list are the `beneficiary` records."""

    number = Text(100, policy=REVIEW, privacy=OPEN)
    title = Text(200, 1, policy=REVIEW, needed=True, privacy=OPEN)
    state = Choice("draft", "proposed", "signed", "revoked", policy=REVIEW, needed=True, privacy=OPEN)
    signed_on = Day(policy=REVIEW, privacy=OPEN)
    revoked_on = Day(policy=REVIEW, privacy=OPEN)
    funding = Choice(*PAYERS, policy=REVIEW, needed=True, privacy=OPEN)
    budget = record_id(policy=REVIEW, privacy=OPEN)
    first_month = month(policy=REVIEW, needed=True)
    last_month = month(policy=REVIEW, needed=True)
    programs = Members(PROGRAMS, least=("JKK", "JKM"), policy=REVIEW, needed=True, privacy=OPEN)
    people = Whole(0, 10**8, policy=REVIEW, privacy=OPEN)
    ranking = record_id(policy=REVIEW, privacy=OPEN)
    notes = Text(4000, privacy=OPEN)


class BeneficiaryTable(Table):
    """One name of a decree's list: `beneficiary:<the decree's region>:<the decree's key>.<hash of the worker's id>`.

    score, because: of the ranking by which he was chosen, so that it can be explained to him.
    """

    worker = record_id(policy=REVIEW, needed=True)
    decree = record_id(policy=REVIEW, needed=True, privacy=OPEN)
    rank = Whole(1, 10**8, policy=REVIEW, privacy=OPEN)
    score = Real(0, 100, policy=REVIEW, privacy=SENSITIVE)
    because = Words(policy=REVIEW, privacy=SENSITIVE)
    removed_on = Day(policy=REVIEW, privacy=OPEN)
    removed_why = Choice("double", "moved", "deceased", "refused", "mistake", "other", policy=REVIEW, privacy=OPEN)


class ProfileTable(Table):
    """What a village is like in a year: how far away, and what award and ranking ask for. travel_hours: to its kecamatan."""

    remoteness = Whole(1, 5, policy=REVIEW, privacy=OPEN)
    signal = Choice("none", "weak", "good", policy=REVIEW, privacy=OPEN)
    electricity = Choice("none", "part", "full", policy=REVIEW, privacy=OPEN)
    travel_hours = Real(0, 500, policy=REVIEW, privacy=OPEN)
    apparatus = Whole(0, 10**4, policy=REVIEW, privacy=OPEN)  # village staff that there are
    village_budget = rupiah(policy=REVIEW, privacy=OPEN)  # for employment social security, in the village's own budget
    source = Text(200, policy=REVIEW, privacy=OPEN)
    as_of = Day(policy=REVIEW, privacy=OPEN)
    notes = Text(2000, privacy=OPEN)


SCENARIO = RegionalKind("scenario", ScenarioTable)
BUDGET = RegionalKind("budget", BudgetTable)
RANKING = RegionalKind("ranking", RankingTable)
DECREE = RegionalKind("decree", DecreeTable, re.compile(r"[a-z0-9]{4,12}"))
BENEFICIARY = RegionalKind("beneficiary", BeneficiaryTable, re.compile(r"[a-z0-9]{4,12}\.[0-9a-f]{20}"), refers="worker")
PROFILE = RegionalKind("profile", ProfileTable, YEAR)
