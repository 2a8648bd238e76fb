"""All likely doubles of many people at once, by Splink on DuckDB; Spark takes the same model (`spark`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from server.linkage.model import Comparison, Weights
from server.linkage.people import Person


class Pair(NamedTuple):
    """Two records, a < b, that are one person with `probability`; weight: the same in bits, the prior included."""

    a: str
    b: str
    probability: float
    weight: float
    comparisons: tuple[Comparison, ...]


def find_pairs(
    people: Iterable[Person] | Path, *, engine: str = "duckdb", threshold: float = 0.5, weights: Weights | None = None,
    chunks: int = 1, folder: Path | None = None, memory_mb: int = 1024, threads: int | None = None,
) -> Iterator[Pair]:  # fmt: skip
    """Every pair that is one person with at least `threshold`, in no order."""
    raise NotImplementedError
