"""What things are called on screen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.console.jobs import when_in_words
from server.console.lists import writes_in_words
from server.console.words import Words

INDONESIAN, ENGLISH = Words("id"), Words("en")


@pytest.mark.parametrize(
    ("number", "indonesian", "english"),
    [(0, "0 isian", "0 changes"), (1, "1 isian", "1 change"), (1200, "1.200 isian", "1,200 changes")],
)
def test_one_of_a_thing_is_not_several(number: int, indonesian: str, english: str) -> None:
    assert INDONESIAN.counted(number, "isian", "change", "changes") == indonesian
    assert ENGLISH.counted(number, "isian", "change", "changes") == english


@pytest.mark.parametrize(
    ("name", "indonesian", "english"),
    [("HP Siti", "HP Siti", "HP Siti"), ("hp kantor", "hp kantor", "hp kantor"), ("7k4q9w", "HP 7k4q9w", "phone 7k4q9w"),
     ("Hpolo", "HP Hpolo", "phone Hpolo")],
)  # fmt: skip
def test_a_phone_that_is_called_hp_siti_is_not_called_hp_hp_siti(name: str, indonesian: str, english: str) -> None:
    assert (INDONESIAN.phone(name), ENGLISH.phone(name)) == (indonesian, english)


def test_a_job_runs_every_hour_and_not_every_1_hours() -> None:
    assert when_in_words(timedelta(hours=1), "Asia/Makassar") == ("tiap 1 jam", "every hour")
    assert when_in_words(timedelta(minutes=5), "Asia/Makassar") == ("tiap 5 menit", "every 5 minutes")
    assert INDONESIAN.time_zone("Asia/Makassar") == "WITA"


def test_what_a_list_writes_is_told_of_one_and_of_several() -> None:
    assert writes_in_words({"new": 1, "confirm": 3}, ENGLISH) == [
        (3, "contributions confirmed"), (1, "contribution that nobody here had reported"),
    ]  # fmt: skip
