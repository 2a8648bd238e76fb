"""The plan that Spark makes of the definition gives what DuckDB's gives. Wants the extra `spark`, and Java."""

import shutil

import pytest

pytest.importorskip("splink", reason="the extra `linkage` is not installed")
pytest.importorskip("pyspark", reason="the extra `spark` is not installed")

from server.linkage import bulk, engine, ready  # noqa: E402
from server.linkage.people import Person  # noqa: E402
from tests.server.linkage.story import SITI, again  # noqa: E402
from tests.server.linkage.synthetic import USUAL, entries  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed, and Spark runs on it"),
]


def by_name(pairs):
    return {(pair.a, pair.b): pair for pair in pairs}


@pytest.mark.parametrize("rare", [False, True], ids=["all names alike", "rare names weigh more"])
def test_spark_finds_the_pairs_that_duckdb_finds_and_weighs_them_alike(rare, monkeypatch):
    monkeypatch.setattr(engine, "ENOUGH_FOR_RARITY", 0 if rare else 10**9)
    people = [entry.person for entry in entries(1000, 13, USUAL._replace(twice=0.3))]
    on_duckdb, on_spark = (by_name(bulk.find_pairs(people, engine=name)) for name in ("duckdb", "spark"))
    assert len(on_duckdb) > 200
    assert on_spark.keys() == on_duckdb.keys()
    for name, pair in on_duckdb.items():
        assert [each[:2] for each in on_spark[name].comparisons] == [each[:2] for each in pair.comparisons]
        assert on_spark[name].weight == pytest.approx(pair.weight)


def test_who_moved_to_another_province_is_found_across_it(tmp_path):
    moved = again(SITI, village="65.01.02.2001", kk_number="6501020807239044", phone=None)
    lost = [Person("nowhere", nik=SITI.nik, full_name=SITI.full_name), Person("nobody")]
    ready.write([SITI, moved, *lost], tmp_path / "people")
    assert sorted(folder.name for folder in (tmp_path / "people").iterdir()) == ["province=00", "province=64", "province=65"]
    assert by_name(bulk.find_pairs(tmp_path / "people", engine="spark")).keys() == {
        ("again", "w1"), ("again", "nowhere"), ("nowhere", "w1"),
    }  # fmt: skip
