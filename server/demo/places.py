"""Where the story happens: real villages in all seven regencies of East Kalimantan, officers and numbers invented."""

from __future__ import annotations

from typing import NamedTuple

GOOD, FAIR, POOR = "good", "fair", "poor"


class Place(NamedTuple):
    """eligible: how many informal workers the village counted. registered: how many of them its officer wrote down.

    care: how well contributions are collected there. staff: of the village office, who are written down too.
    """

    code: str
    name: str
    officer: str
    eligible: int
    registered: int
    care: str = FAIR
    staff: int = 0


PLACES = (
    Place("64.02.11.2005", "Muara Kaman Ulu", "Siti Aminah", 142, 44, GOOD, 6),
    Place("64.02.11.2004", "Benua Puhun", "Rusmani Tahir", 96, 30, FAIR, 4),
    Place("64.07.08.2008", "Damai Kota", "Yustina Lihan", 118, 34, FAIR, 5),
    Place("64.11.01.2006", "Ujoh Bilang", "Gerson Lejau", 52, 27, GOOD, 4),
    Place("64.03.04.2003", "Long Ayap", "Lawing Ikau", 22, 8, FAIR, 2),
    Place("64.08.05.2018", "Pulau Miang", "Norsinah Badar", 33, 18, FAIR, 3),
    Place("64.09.02.2001", "Api-api", "Basuni Hasan", 41, 23, FAIR, 3),
    Place("64.01.03.2002", "Bekoso", "Mardiah Sabran", 35, 19, FAIR, 3),
    Place("64.02.08.2019", "Liang Ulu", "Hatikah Juk", 74, 38, GOOD, 4),
    Place("64.02.10.2007", "Long Beleh Haloq", "Ubang Jalung", 46, 15, POOR, 3),
    Place("64.02.06.1001", "Jahab", "Jamilah Syamsul", 130, 24, FAIR),
    Place("64.07.07.2004", "Pepas Eheng", "Libau Kumpai", 38, 12, POOR, 2),
    Place("64.07.15.2003", "Linggang Tutung", "Tiung Nyuk", 61, 29, GOOD, 4),
    Place("64.11.02.2002", "Memahak Teboq", "Bulan Apui", 44, 26, GOOD, 3),
    Place("64.11.04.2004", "Tiong Ohang", "Anyeq Lung", 27, 16, GOOD, 2),
    Place("64.03.13.2001", "Biatan Ulu", "Ipansyah Mahlan", 57, 24, FAIR, 3),
    Place("64.03.04.2011", "Tepian Buah", "Norlaila Bahrun", 68, 17, POOR, 3),
    Place("64.08.09.2001", "Sepaso", "Juhri Rahmad", 32, 49, GOOD, 4),  # more members than workers: an old head count
    Place("64.08.01.2004", "Long Nah", "Pelangi Usat", 40, 14, POOR, 2),
    Place("64.09.03.2004", "Gunung Intan", "Arbain Tahir", 83, 40, GOOD, 5),
    Place("64.09.04.2010", "Semoi Dua", "Ribut Hasan", 90, 33, FAIR, 4),
    Place("64.01.05.2002", "Lolo", "Mirhan Sangen", 49, 21, FAIR, 3),
    Place("64.01.07.2008", "Long Sayo", "Asung Baya", 24, 9, POOR, 2),
    Place("64.01.08.2013", "Mendik Makmur", "Maslan Badar", 64, 31, GOOD, 4),
)

MEETING = PLACES[0]  # where two officers meet the same people, and conflicts arise
NEXT_VILLAGE = PLACES[1]
AT_WORK = PLACES[:3]  # where the simulated officers work while the demo runs
