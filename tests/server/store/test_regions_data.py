"""The region data is the country's, whole, and says whose it is."""

import gzip
import json
from collections import Counter

import pytest

from server.store import regions_data
from server.store.regions_data import ATTRIBUTION, ATTRIBUTION_FILE, RegionsMissing, build, read_regions


@pytest.fixture(scope="module")
def regions() -> dict[str, str]:
    return dict(read_regions())


def level(code: str) -> int:
    return code.count(".") + 1


def parent(code: str) -> str:
    return code.rpartition(".")[0]


def test_every_province_regency_district_and_village_of_the_decree_is_there(regions):
    assert Counter(map(level, regions)) == {1: 38, 2: 514, 3: 7_285, 4: 83_762}


def test_no_code_comes_twice_and_each_comes_after_its_parent():
    seen = {""}
    for code, _ in read_regions():
        assert parent(code) in seen and code not in seen
        seen.add(code)


def test_every_place_has_a_name_without_space_around_it(regions):
    assert [code for code, name in regions.items() if not name or name != name.strip()] == []


def test_east_kalimantan_has_its_regencies_districts_desa_and_kelurahan(regions):
    inside = [code for code in regions if code.startswith("64.")]
    villages = Counter(code.rpartition(".")[2][0] for code in inside if level(code) == 4)
    assert Counter(map(level, inside)) == {2: 10, 3: 105, 4: 841 + 197}
    assert villages == {"2": 841, "1": 197}


@pytest.mark.parametrize(
    ("regency", "name", "districts", "desa", "kelurahan"),
    [
        ("64.02", "Kabupaten Kutai Kartanegara", 20, 193, 44),
        ("64.11", "Kabupaten Mahakam Ulu", 5, 50, 0),
        ("64.72", "Kota Samarinda", 10, 0, 59),
    ],
)
def test_a_regency_is_as_large_as_the_decree_says(regions, regency, name, districts, desa, kelurahan):
    inside = [code for code in regions if code.startswith(regency + ".")]
    villages = Counter(code.rpartition(".")[2][0] for code in inside if level(code) == 4)
    assert regions[regency] == name
    assert (districts, desa, kelurahan) == (sum(level(code) == 3 for code in inside), villages["2"], villages["1"])


def test_names_with_an_apostrophe_or_a_letter_beyond_ascii_arrive_whole(regions):
    assert any("Long La'ai" in name for name in regions.values())
    assert any(not name.isascii() for name in regions.values())


def test_the_licence_of_the_data_stands_beside_it():
    text = ATTRIBUTION_FILE.read_text(encoding="utf-8")
    assert text.startswith(ATTRIBUTION) and "idn-area-data 4.0.1" in text
    assert "Open Database License" in ATTRIBUTION


def test_a_server_without_the_data_says_what_to_do_in_both_languages(tmp_path):
    with pytest.raises(RegionsMissing, match=r"Jalankan `make setup`.*Run `make setup`"):
        read_regions(tmp_path / "regions.csv.gz")


@pytest.fixture
def package(tmp_path):
    """An npm package of one village, one of whose names needs quotes."""
    data = tmp_path / "package" / "data"
    data.mkdir(parents=True)
    (data.parent / "package.json").write_text(json.dumps({"version": "9.9.9"}))
    (data / "villages.csv").write_text('code,district_code,name\n64.02.01.2001,64.02.01,"Perian, Hulu"\n')
    (data / "districts.csv").write_text("code,regency_code,name\n64.02.01,64.02,Muara Muntai\n")
    (data / "regencies.csv").write_text("code,province_code,name\n64.02,64,Kutai Kartanegara\n")
    (data / "provinces.csv").write_text("code,name\n64,Kalimantan Timur\n")
    return data.parent


def test_what_is_built_is_what_is_read_and_the_same_data_gives_the_same_bytes(package, tmp_path):
    file, attribution = tmp_path / "a.csv.gz", tmp_path / "a.txt"
    assert build(package, file, attribution) == 4
    assert list(read_regions(file))[-1] == ("64.02.01.2001", "Perian, Hulu")
    first = file.read_bytes()
    build(package, file, attribution)
    assert file.read_bytes() == first


def test_a_set_up_that_is_cut_short_leaves_the_old_data_whole(package, tmp_path, monkeypatch):
    file, attribution = tmp_path / "a.csv.gz", tmp_path / "a.txt"
    file.write_bytes(gzip.compress(b"64,Kalimantan Timur\n"))

    def power_cut(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(regions_data.os, "replace", power_cut)
    with pytest.raises(KeyboardInterrupt):
        build(package, file, attribution)
    assert list(read_regions(file)) == [("64", "Kalimantan Timur")]
