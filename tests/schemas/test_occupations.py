"""The occupation list."""

import re

from schemas.occupations import OCCUPATIONS, sector_of

NAMED_BY_THE_PROTOCOL = "farmer fisher trader builder boat_operator motorcycle_taxi other".split()


def test_the_list_is_short_and_holds_what_the_protocol_names():
    assert set(NAMED_BY_THE_PROTOCOL) <= OCCUPATIONS.keys()
    assert len(OCCUPATIONS) == 92
    assert len({job.group.code for job in OCCUPATIONS.values()}) == 13


def test_every_job_can_be_sent_and_shown():
    for code, job in OCCUPATIONS.items():
        assert re.fullmatch("[a-z_]{1,40}", code)
        assert job.label("id") and job.label("en") and job.group.id and job.group.en
        assert job.sector in ("transport", "other")
        assert all(word and word == word.strip().lower() for word in job.words)
        assert len(set(job.words)) == len(job.words)
    assert len({job.id for job in OCCUPATIONS.values()}) == len(OCCUPATIONS)


def test_riders_drivers_boatmen_and_couriers_are_transport():
    for code in ("motorcycle_taxi", "boat_operator", "truck_driver", "courier", "pedal_carrier"):
        assert sector_of(code) == "transport"
    for code in ("farmer", "fisher", "boat_builder", "porter", "other"):
        assert sector_of(code) == "other"


def test_a_job_that_only_a_newer_list_has_gets_no_longer_discount():
    assert sector_of("drone_pilot") == sector_of(None) == sector_of("") == "other"


def test_local_words_find_their_job():
    def found(word):
        return {code for code, job in OCCUPATIONS.items() if word in job.words}

    assert found("penderes") == found("penoreh") == {"rubber_tapper"}
    assert found("ketinting") == {"boat_operator"}
    assert found("dulang") == {"gold_panner"}
