"""The same on Spark, for a nation: province by province by all rules, then across provinces by the strict ones.

By all rules at once the pairs of eighty million people are too many, and who moved to another province is found by what
does not move: the NIK, the birth date with the name, the family card. Wants the extra `spark`, and Java 17.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pyspark.sql import DataFrame, SparkSession, functions
from splink import Linker, SparkAPI

from server.linkage import engine as engines
from server.linkage import ready
from server.linkage.engine import ID, Pair
from server.linkage.model import MOST_WITH_ONE, OWN, WORKERS, Weights, shipped
from server.linkage.people import Person


def find_pairs(
    people: Iterable[Person] | Path, *, threshold: float = 0.5, weights: Weights | None = None, folder: Path | None = None,
    session: SparkSession | None = None,
) -> Iterator[Pair]:  # fmt: skip
    """As `bulk.find_pairs`. session: a cluster's own, with a checkpoint directory; without one, Spark is started in this
    process and stopped at the end. people: on a cluster a folder of `ready.write` that all its nodes see.
    """
    with TemporaryDirectory(prefix="linkage-", dir=folder) as place:
        if not isinstance(people, Path):
            ready.write(people, Path(place) / "people")
            people = Path(place) / "people"
        if session is not None:
            yield from _everywhere(session, people, threshold, weights or shipped())
            return
        with local(Path(place)) as own:
            yield from _everywhere(own, people, threshold, weights or shipped())


@contextmanager
def local(place: Path, cores: int = 2, memory_mb: int = 2048) -> Iterator[SparkSession]:
    """Spark in this process, heard on the loopback alone. place: for what it spills."""
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": f"{memory_mb}m",
        "spark.local.dir": str(place / "spark"),
        "spark.sql.shuffle.partitions": str(2 * cores),  # of its own accord two hundred, most of them empty
        "spark.sql.sources.partitionColumnTypeInference.enabled": "false",  # 01 is no number
        "spark.sql.warehouse.dir": str(place / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master(f"local[{cores}]").appName("linkage")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    session.sparkContext.setCheckpointDir(str(place / "checkpoints"))
    try:
        yield session
    finally:
        session.stop()


def _everywhere(session: SparkSession, folder: Path, threshold: float, weights: Weights) -> Iterator[Pair]:
    people = _without_shared(session.read.parquet(str(folder)))
    counts = {row["province"]: row["count"] for row in people.groupBy("province").count().collect()}
    for province in sorted(counts):
        inside = people.where(people["province"] == province)
        yield from _search(session, inside, WORKERS.blocking, threshold, weights, counts[province])
    if len(counts) > 1:
        across = [f"{rule} AND l.province <> r.province" for rule in WORKERS.strict]
        yield from _search(session, people, across, threshold, weights, sum(counts.values()))


def _without_shared(people: DataFrame) -> DataFrame:
    """What `model.OWN` says of values that too many people share. Such values are few."""
    for column in OWN:
        known = people.where(people[column].isNotNull()).groupBy(column).count()
        shared = [row[column] for row in known.where(known["count"] > MOST_WITH_ONE).collect()]
        if shared:
            people = people.withColumn(column, functions.when(~people[column].isin(shared), people[column]))
    return people


def _search(
    session: SparkSession, people: DataFrame, rules: Sequence[str], threshold: float, weights: Weights, count: int
) -> Iterator[Pair]:
    rare = count >= engines.ENOUGH_FOR_RARITY
    registered = SparkAPI(spark_session=session, register_udfs_automatically=False).register(people)
    settings = engines.settings(WORKERS, weights, "spark", rules=rules, rare=rare)
    linker = Linker(registered, settings, log_level=None, validate_settings=False)
    found = linker.inference.predict(threshold, warning_mode="never")
    wanted = ", ".join(f"pair.{column}" for column in engines.columns(WORKERS, rare))
    rows = session.sql(
        f"SELECT l.record, r.record, {wanted} FROM {found.physical_name} AS pair"
        f" JOIN {registered.physical_name} AS l ON l.{ID} = pair.{ID}_l"
        f" JOIN {registered.physical_name} AS r ON r.{ID} = pair.{ID}_r"
    )
    yield from engines.pairs(rows.toLocalIterator(), WORKERS, rare)
    found.drop_table_from_database_and_remove_from_cache()
