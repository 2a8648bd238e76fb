"""Where the story happens: real villages in all seven regencies of East Kalimantan, officers and numbers invented."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """eligible: how many informal workers the village counted. registered: how many of them its officer wrote down."""

    code: str
    name: str
    officer: str
    eligible: int
    registered: int


PLACES = (
    Place("64.02.11.2005", "Muara Kaman Ulu", "Siti Aminah", 142, 18),
    Place("64.02.11.2004", "Benua Puhun", "Rusmani Tahir", 96, 12),
    Place("64.07.08.2008", "Damai Kota", "Yustina Lihan", 118, 14),
    Place("64.11.01.2006", "Ujoh Bilang", "Gerson Lejau", 52, 17),
    Place("64.03.04.2003", "Long Ayap", "Lawing Ikau", 22, 8),
    Place("64.08.05.2018", "Pulau Miang", "Norsinah Badar", 33, 11),
    Place("64.09.02.2001", "Api-api", "Basuni Hasan", 41, 13),
    Place("64.01.03.2002", "Bekoso", "Mardiah Sabran", 35, 12),
)

MEETING = PLACES[0]  # where two officers meet the same people, and conflicts arise
NEXT_VILLAGE = PLACES[1]
AT_WORK = PLACES[:3]  # where the simulated officers work while the demo runs
