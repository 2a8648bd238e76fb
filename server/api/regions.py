"""`GET /api/v1/regions`: the names of regions, for whoever has a token."""

from __future__ import annotations

from flask import Response

from schemas import problem
from schemas.region import level
from server.actions.regions import regions_below
from server.api import door, messages
from server.api.routes import call
from server.problems import Refusal
from server.store.regions_data import ATTRIBUTION

ALL_LEVELS = 4
USUAL_DEPTH = {"nation": 1, "province": 1}
MOST_DEPTH = {"nation": 3}  # the villages of the whole nation are 80,000: ask by province


@call(
    "GET", "/regions",
    ("Kode dan nama wilayah di bawah sebuah wilayah: semuanya, atau sedalam `depth` tingkat; dari nasional dan "
     "provinsi satu tingkat bila `depth` tidak disebut.",
     "Codes and names of what lies below a region: all of it, or `depth` levels; of the nation and of a province one "
     "level unless `depth` says more."),
    who="device or person", query=messages.RegionsAsked(), answers=messages.Regions(), cached=True,
    problems=(problem.NOT_FOUND, problem.INVALID),
)  # fmt: skip
def regions() -> Response:
    door.who()
    asked = door.query(messages.RegionsAsked())
    within = asked["within"]
    most = MOST_DEPTH.get(level(within), ALL_LEVELS)
    depth = asked["depth"] or USUAL_DEPTH.get(level(within), ALL_LEVELS)
    if depth > most:
        raise door.invalid({"depth": [f"out-of-range:1:{most}"]})
    found = regions_below(within, depth)
    if found is None:
        raise Refusal(problem.NOT_FOUND)
    return door.answer_cached({
        "within": found.region.code, "name": found.region.name,
        "regions": [region._asdict() for region in found.regions], "attribution": ATTRIBUTION,
    })  # fmt: skip
