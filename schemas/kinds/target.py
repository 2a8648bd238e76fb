"""What a region wants to have reached by the end of a year: so many workers covered, or such a share of them."""

from __future__ import annotations

import re

from schemas.fields import OPEN, Day, Real, Table, Text, Whole
from schemas.kinds.regional import RegionalKind
from schemas.policy import REVIEW

YEAR = re.compile(r"20[2-9][0-9]")


class TargetTable(Table):
    workers = Whole(0, 10**9, policy=REVIEW, privacy=OPEN)
    rate = Real(0, 100, policy=REVIEW, privacy=OPEN)  # percent of the informal workers
    source = Text(200, policy=REVIEW, privacy=OPEN)
    set_on = Day(policy=REVIEW, privacy=OPEN)
    notes = Text(2000, privacy=OPEN)


TARGET = RegionalKind("target", TargetTable, YEAR)
