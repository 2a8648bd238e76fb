"""The definition as Splink takes it, for DuckDB and Spark alike, and what Splink says as ours.

Splink keeps a model as SQL of one engine, so a model saved on DuckDB does not run on Spark. We keep the numbers alone
(`model.Weights`) and write the SQL anew each time.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from splink import Linker, SettingsCreator
from splink.internals.dialects import SplinkDialect

from server.linkage.model import Chance, Comparison, Definition, Field, Level, Weights
from server.linkage.ready import ID

Engine = Literal["duckdb", "spark"]
ENOUGH_FOR_RARITY = 20_000  # of fewer people one can't say which names are rare
_NEVER = 1e-12  # for what was never seen among pairs: strong, but no certainty

# What it tells of itself is of no use beside a server's log, and its warnings are for those who build models by hand.
logging.getLogger("splink").setLevel(logging.ERROR)


class Pair(NamedTuple):
    """Two records, a < b, that are one person with `probability`; weight: the same in bits, the prior included."""

    a: str
    b: str
    probability: float
    weight: float
    comparisons: tuple[Comparison, ...]


def settings(
    definition: Definition, weights: Weights, engine: Engine, *, rules: Sequence[str] = (), rare: bool = True
) -> SettingsCreator:
    """rules: in place of the definition's own. rare: a name's rarity counts, which wants `ENOUGH_FOR_RARITY` people."""
    dialect = SplinkDialect.from_string(engine)
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name=ID,
        probability_two_random_records_match=weights.prior,
        comparisons=[_comparison(field, weights.levels[field.name], dialect, rare) for field in definition.fields],
        blocking_rules_to_generate_predictions=[{"blocking_rule": rule} for rule in rules or definition.blocking],
        retain_matching_columns=True,  # which level it was is kept with the values only
        retain_intermediate_calculation_columns=True,
    )


def _comparison(field: Field, chances: Mapping[str, Chance], dialect: SplinkDialect, rare: bool) -> dict[str, Any]:
    levels = [_level(level, chances[level.name], dialect, rare) for level in field.levels]
    nothing = {"sql_condition": _sql(field.nothing, dialect), "is_null_level": True, "label_for_charts": "nothing"}
    return {"output_column_name": field.name, "comparison_levels": [nothing, *levels]}


def _level(level: Level, chance: Chance, dialect: SplinkDialect, rare: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "sql_condition": _sql(level.sql, dialect), "label_for_charts": level.name,
        "m_probability": chance.m, "u_probability": chance.u, "fix_u_probability": level.fixed,
    }  # fmt: skip
    if rare and level.rarity:
        # Of a name that nobody else bears one can't say how rare it is: not rarer than one in half a million.
        told |= {"tf_adjustment_column": level.rarity, "tf_minimum_u_value": 2e-6, "disable_tf_exact_match_detection": True}
    return told


def _sql(text: str, dialect: SplinkDialect) -> str:
    return text.format(levenshtein=dialect.levenshtein_function_name)


def learn_u(linker: Linker, weights: Weights, random_pairs: float, seed: int = 1) -> Weights:
    """Learn from pairs at random how often two people are at a level. linker: made with `settings(..., weights, ...)`.

    What no pair shows, and what is `fixed`, stays as it was.
    """
    linker.training.estimate_u_using_random_sampling(max_pairs=random_pairs, seed=seed, min_count_per_level=None)
    found = {
        (comparison.output_column_name, level.label_for_charts): level._u_probability
        for comparison in linker._settings_obj.core_model_settings.comparisons
        for level in comparison.comparison_levels
        if not level.is_null_level
    }
    return Weights(weights.prior, {
        field: {level: Chance(m, _seen(found[field, level], u)) for level, (m, u) in chances.items()}
        for field, chances in weights.levels.items()
    })  # fmt: skip


def _seen(new: Any, old: float) -> float:
    """Splink writes words where it saw nothing."""
    return new if isinstance(new, float) and new > _NEVER else old


def learn_m(
    found: Iterable[Pair], before: Weights, all_pairs: float, sure: float = 8.0, worth: float = 50.0
) -> Weights:  # fmt: skip
    """Learn how often one person is at a level, of each field from those pairs that all others make sure of; and the prior.

    Expectation maximisation, which Splink would do, was tried and found namesakes of one village to be one person, since
    they are many and alike. found: also pairs that are not likely; sure: in bits; worth: as many pairs as what was known
    `before` counts for. all_pairs: of whom there are found some. u is kept from `before`.
    """
    counts: Counter[tuple[str, str]] = Counter()
    ones = 0
    for pair in found:
        ones += pair.probability >= 0.5
        for field, level, weight in pair.comparisons:
            if pair.weight - weight >= sure:
                counts[field, level] += 1
    learnt = {}
    for field, chances in before.levels.items():
        seen = sum(counts[field, level] for level in chances) + worth
        learnt[field] = {level: Chance((counts[field, level] + worth * m) / seen, u) for level, (m, u) in chances.items()}
    return Weights(max(ones, 1) / all_pairs, learnt)


def columns(definition: Definition, rare: bool) -> list[str]:
    """What is read of each pair that Splink found, in the order that `pairs` expects."""
    weighed = [name for field in definition.fields for name in _weighed(field, rare)]
    return ["match_probability", "match_weight", *weighed]


def _weighed(field: Field, rare: bool) -> list[str]:
    with_rarity = rare and any(level.rarity for level in field.levels)
    return [f"gamma_{field.name}", f"mw_{field.name}", *([f"mw_tf_adj_{field.name}"] if with_rarity else [])]


def pairs(rows: Iterator[Sequence[Any]], definition: Definition, rare: bool) -> Iterator[Pair]:
    """rows: two records, then `columns`."""
    places = []
    at = 4
    for field in definition.fields:
        width = len(_weighed(field, rare))
        places.append((field, at, at + 2 if width == 3 else None))
        at += width
    for row in rows:
        a, b = sorted(row[:2])
        found = tuple(_comparisons(row, places))
        yield Pair(a, b, row[2], row[3], found)


def _comparisons(row: Sequence[Any], places: Sequence[tuple[Field, int, int | None]]) -> Iterator[Comparison]:
    for field, at, rarity in places:
        gamma = row[at]
        if gamma >= 0:
            weight = row[at + 1] + (row[rarity] if rarity else 0.0)
            yield Comparison(field.name, field.levels[len(field.levels) - 1 - gamma].name, weight)
