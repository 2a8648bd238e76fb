"""Region names for phones and people."""

from __future__ import annotations

import pytest

from tests.server.installation import Installation, Person


@pytest.fixture
def viewer(server: Installation) -> Person:
    return server.person("viewer", "64.02.11")


def codes(person: Person, **query: object) -> list[str]:
    return [region["code"] for region in person.get("/api/v1/regions", **query).json["regions"]]


def test_a_district_is_told_with_all_its_villages(viewer: Person) -> None:
    told = viewer.get("/api/v1/regions", within="64.02.11").json
    assert (told["within"], told["name"]) == ("64.02.11", "Muara Kaman")
    assert {"code": "64.02.11.2005", "name": "Muara Kaman Ulu"} in told["regions"]
    assert all(region["code"].startswith("64.02.11.") for region in told["regions"])
    assert "ODbL" in told["attribution"]


def test_of_the_nation_and_of_a_province_one_level_is_told_unless_more_is_asked_for(viewer: Person) -> None:
    assert len(codes(viewer)) == len(codes(viewer, within="id")) == 38
    regencies = codes(viewer, within="64")
    assert len(regencies) == 10 and all(len(code) == 5 for code in regencies)
    assert {len(code) for code in codes(viewer, within="64", depth=2)} == {5, 8}
    assert {len(code) for code in codes(viewer, within="64", depth=4)} == {5, 8, 13}
    assert {len(code) for code in codes(viewer, within="64.02")} == {8, 13}


def test_the_villages_of_the_whole_nation_are_too_many_at_once(viewer: Person) -> None:
    answer = viewer.get("/api/v1/regions", within="id", depth=4)
    assert answer.status_code == 422 and list(answer.json["errors"]) == ["depth"]


def test_a_neighbouring_code_that_begins_alike_is_not_below(viewer: Person) -> None:
    assert codes(viewer, within="64.02.11.2005") == []
    assert not set(codes(viewer, within="64.02")) & set(codes(viewer, within="64.03"))


@pytest.mark.parametrize(("within", "status"), [("99", 404), ("64.02.99", 404), ("6402", 422), ("", 422), ("ID", 422)])
def test_what_is_no_region_is_said_so(viewer: Person, within: str, status: int) -> None:
    assert viewer.get("/api/v1/regions", within=within).status_code == status


def test_what_a_phone_has_already_is_not_sent_again(server: Installation) -> None:
    siti = server.enrolled()
    first = server.client.get("/api/v1/regions?within=64.02", headers=siti.headers)
    etag = first.headers["ETag"]
    for said in (etag, f'"other", {etag}', "*"):
        again = server.client.get("/api/v1/regions?within=64.02", headers=siti.headers | {"If-None-Match": said})
        assert again.status_code == 304 and again.data == b"" and again.headers["ETag"] == etag
    other = server.client.get("/api/v1/regions?within=64.03", headers=siti.headers | {"If-None-Match": etag})
    assert other.status_code == 200 and other.headers["ETag"] != etag


def test_gzip_or_not_it_is_the_same_and_has_the_same_etag(server: Installation) -> None:
    headers = server.enrolled().headers
    plain = server.client.get("/api/v1/regions?within=64", headers=headers)
    squeezed = server.client.get("/api/v1/regions?within=64", headers=headers | {"Accept-Encoding": "gzip"})
    assert squeezed.headers["Content-Encoding"] == "gzip" and len(squeezed.data) < len(plain.data)
    assert squeezed.headers["ETag"] == plain.headers["ETag"]
