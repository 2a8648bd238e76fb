"""Awards to villages: the published criteria, what judges give, the sealed result. What is computed is frozen elsewhere."""

from __future__ import annotations

from schemas.fields import OPEN, Choice, Day, Pattern, Real, Table, Text, Things, VillageCode, Whole, record_id, rupiah
from schemas.kinds.regional import RegionalKind, month
from schemas.policy import REVIEW


class Criterion(Table):
    """criterion: as `programme/rules/award.toml` names it, or one of the panel's own."""

    criterion = Pattern("[a-z_]{1,40}", "bad-criterion", 40, required=True)
    weight = Real(0, 100, required=True)


class Standing(Table):
    village = VillageCode(required=True)
    band = Pattern("[a-z_]{1,40}", "bad-band", 40, required=True)
    rank = Whole(1, 10**6, required=True)
    score = Real(0, 100, required=True)


class Lift(Table):
    """A disqualification that is lifted: somebody says why, somebody else agrees. reason: a rule `award_out_<reason>`."""

    village = VillageCode(required=True)
    reason = Pattern("[a-z_]{1,40}", "bad-criterion", 40, required=True)
    why = Text(1000, 1, required=True)
    state = Choice("proposed", "approved", "refused", required=True)


class AwardTable(Table):
    """version: of the criteria; run: of the scores, see `award_line`; seal: SHA-256 over the dossier; places: the result
    that was sealed, best first; released_amount: the prizes together.
    """

    title = Text(200, 1, policy=REVIEW, needed=True, privacy=OPEN)
    first_month = month(policy=REVIEW, needed=True)
    last_month = month(policy=REVIEW, needed=True)
    state = Choice("draft", "published", "scored", "proposed", "sealed", "released", "dropped", policy=REVIEW, needed=True,
                   privacy=OPEN)  # fmt: skip
    criteria = Things(Criterion, 30, policy=REVIEW, privacy=OPEN)
    version = Whole(1, 1000, policy=REVIEW, privacy=OPEN)
    published_on = Day(policy=REVIEW, privacy=OPEN)
    frozen_on = Day(policy=REVIEW, privacy=OPEN)  # the snapshot's day
    winners_a_band = Whole(1, 20, policy=REVIEW, privacy=OPEN)
    run = Whole(1, 10**6, policy=REVIEW, privacy=OPEN)
    lifts = Things(Lift, 200, policy=REVIEW, privacy=OPEN)
    places = Things(Standing, 1000, policy=REVIEW, privacy=OPEN)
    seal = Pattern("[0-9a-f]{64}", "bad-sha256", 64, policy=REVIEW, privacy=OPEN)
    sealed_on = Day(policy=REVIEW, privacy=OPEN)
    released_on = Day(policy=REVIEW, privacy=OPEN)
    prize = rupiah(policy=REVIEW, privacy=OPEN)  # for each place of the list
    released_amount = rupiah(policy=REVIEW, privacy=OPEN)
    notes = Text(4000, privacy=OPEN)


class Points(Table):
    criterion = Pattern("[a-z_]{1,40}", "bad-criterion", 40, required=True)
    points = Real(0, 100, required=True)


class PanelTable(Table):
    """What one judge gives one village. judge: the name of his account."""

    award = record_id(policy=REVIEW, needed=True, privacy=OPEN)
    village = VillageCode(policy=REVIEW, needed=True, privacy=OPEN)
    judge = Text(100, 1, policy=REVIEW, needed=True)
    scores = Things(Points, 30, policy=REVIEW, needed=True, privacy=OPEN)
    note = Text(2000, policy=REVIEW)


AWARD = RegionalKind("award", AwardTable)
PANEL = RegionalKind("panel", PanelTable)
