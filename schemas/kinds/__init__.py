"""The kinds of records, each one table (protocol section 9)."""

from __future__ import annotations

from schemas.fields import Table
from schemas.kinds.awarding import AWARD, PANEL
from schemas.kinds.claim import CLAIM
from schemas.kinds.contribution import CONTRIBUTION
from schemas.kinds.duties import AGREEMENT, DUTY
from schemas.kinds.eligible import ELIGIBLE
from schemas.kinds.evaluating import CYCLE, FEEDBACK, FINDING, MEETING, SOLUTION
from schemas.kinds.kind import Judged, Kind
from schemas.kinds.link import LINK
from schemas.kinds.planning import BENEFICIARY, BUDGET, DECREE, PROFILE, RANKING, SCENARIO
from schemas.kinds.regional import RegionalKind
from schemas.kinds.target import TARGET
from schemas.kinds.visit import VISIT
from schemas.kinds.worker import WORKER

REGIONAL: dict[str, RegionalKind] = {kind.name: kind for kind in (
    TARGET, SCENARIO, BUDGET, RANKING, DECREE, BENEFICIARY, PROFILE, CYCLE, FINDING, MEETING, FEEDBACK, SOLUTION, AWARD,
    PANEL, DUTY, AGREEMENT,
)}  # fmt: skip
"""What desks enter about regions."""
KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (WORKER, CONTRIBUTION, CLAIM, VISIT, ELIGIBLE, LINK, *REGIONAL.values())
}  # fmt: skip
_OPEN = Kind("", Table)


def kind_of(name: str) -> Kind:
    """The kind of that name; of a name that only a newer app knows, a kind that keeps every field as it is."""
    return KINDS.get(name) or _OPEN.named(name)


__all__ = ["KINDS", "REGIONAL", "Judged", "Kind", "RegionalKind", "kind_of"]
