"""All likely doubles of many people at once, by Splink on DuckDB; Spark takes the same model (`spark`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker

from server.linkage import engine as engines
from server.linkage import ready
from server.linkage.engine import ID, Pair
from server.linkage.model import MOST_WITH_ONE, OWN, WORKERS, Definition, Weights, shipped
from server.linkage.people import Person, traits

__all__ = ["Pair", "find_pairs", "train"]

_IN, _OUT = 50_000, 10_000  # so many people go into DuckDB, and so many pairs come out, at once


def find_pairs(
    people: Iterable[Person] | Path, *, engine: str = "duckdb", threshold: float = 0.5, weights: Weights | None = None,
    chunks: int = 1, folder: Path | None = None, memory_mb: int = 1024, threads: int = 2,
) -> Iterator[Pair]:  # fmt: skip
    """Every pair that is one person with at least `threshold`, in no order.

    people: read once; or a folder that `ready.write` wrote. chunks: pairs are looked for in so many parts, one after
    the other, each in the memory of its own. folder: where what does not fit into memory is put, and taken away at the
    end; it holds people's data. Wants the extra `linkage`, and `spark` for `engine="spark"`.
    """
    if engine == "spark":
        from server.linkage import spark

        yield from spark.find_pairs(people, threshold=threshold, weights=weights, folder=folder)
        return
    with TemporaryDirectory(prefix="linkage-", dir=folder) as place, database(Path(place), memory_mb, threads) as db:
        count = fill(db, people)
        if count < 2:
            return
        yield from search(db, count, WORKERS, weights or shipped(), threshold, chunks)


def train(
    people: Iterable[Person] | Path, *, weights: Weights | None = None, folder: Path | None = None, memory_mb: int = 1024,
    threads: int = 2, random_pairs: float = 5e6,
) -> Weights:  # fmt: skip
    """Learn the weights from these people, some hundred thousand or more; `model.save` keeps them.

    random_pairs: from so many is learnt how alike two people are by chance.
    """
    with TemporaryDirectory(prefix="linkage-", dir=folder) as place, database(Path(place), memory_mb, threads) as db:
        count = fill(db, people)
        return learn(db, count, WORKERS, weights or shipped(), random_pairs)


def database(place: Path, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    """place: a folder for what does not fit into `memory_mb`."""
    config: dict[str, Any] = {
        "memory_limit": f"{memory_mb}MB", "temp_directory": str(place / "spill"), "threads": threads,
        "preserve_insertion_order": False,
    }  # fmt: skip
    # In memory, and into `spill` what goes over the limit: a database on the disk would be pressed while it is written.
    db = duckdb.connect(":memory:", config=config)
    db.execute("SET enable_progress_bar = false")
    return db


def fill(db: duckdb.DuckDBPyConnection, people: Iterable[Person] | Path) -> int:
    """Make people ready and put them into a table of their own; gives how many there are."""
    if isinstance(people, Path):
        db.execute(
            f"CREATE TABLE people AS SELECT {ID}, {', '.join(WORKERS.columns)} FROM read_parquet(?)",
            [str(people / "**" / "*.parquet")],
        )
    else:
        written = ", ".join(f"{column} VARCHAR" for column in WORKERS.columns)
        db.execute(f"CREATE TABLE people ({ID} BIGINT, {written})")
        left, begun = iter(people), 0
        while part := [traits(person) for person in islice(left, _IN)]:
            insert(db, ready.table(part, begun))
            begun += len(part)
    for column in OWN:
        shared = f"SELECT {column} FROM people GROUP BY {column} HAVING count(*) > {MOST_WITH_ONE}"
        db.execute(f"UPDATE people SET {column} = NULL WHERE {column} IN ({shared})")
    return db.execute("SELECT count(*) FROM people").fetchall()[0][0]


def insert(db: duckdb.DuckDBPyConnection, rows: pa.Table) -> None:
    """Put rows into the table `people`; their columns are the table's."""
    db.register("part", rows)
    db.execute("INSERT INTO people SELECT * FROM part")
    db.unregister("part")


def search(
    db: duckdb.DuckDBPyConnection, count: int, definition: Definition, weights: Weights, threshold: float, chunks: int = 1
) -> Iterator[Pair]:
    """Look for pairs in the table `people`."""
    rare = count >= engines.ENOUGH_FOR_RARITY
    linker = _linker(db, definition, weights, rare)
    wanted = ", ".join(f"pair.{column}" for column in engines.columns(definition, rare))
    for chunk in range(1, chunks + 1):
        found = linker.inference.predict_chunk((chunk, chunks), (1, 1), threshold, warning_mode="never")
        rows = db.cursor().execute(
            f"SELECT l.record, r.record, {wanted} FROM {found.physical_name} AS pair"
            f" JOIN people AS l ON l.{ID} = pair.{ID}_l JOIN people AS r ON r.{ID} = pair.{ID}_r"
        )
        yield from engines.pairs(_fetched(rows), definition, rare)
        found.drop_table_from_database_and_remove_from_cache()


def learn(
    db: duckdb.DuckDBPyConnection, count: int, definition: Definition, weights: Weights, random_pairs: float = 5e6,
    rounds: int = 3,
) -> Weights:  # fmt: skip
    """Learn from the table `people`, beginning from `weights`, of which the `fixed` u stay."""
    before = learnt = engines.learn_u(_linker(db, definition, weights, rare=False), weights, random_pairs)
    for _ in range(rounds):
        learnt = engines.learn_m(search(db, count, definition, learnt, threshold=1e-4), before, count * (count - 1) / 2)
    return learnt


def _linker(db: duckdb.DuckDBPyConnection, definition: Definition, weights: Weights, rare: bool) -> Linker:
    people = DuckDBAPI(db).register("people")
    settings = engines.settings(definition, weights, "duckdb", rare=rare)
    return Linker(people, settings, log_level=None, validate_settings=False)


def _fetched(rows: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while part := rows.fetchmany(_OUT):
        yield from part
