"""The definition as Splink takes it, for DuckDB and Spark alike, and what Splink says as ours.

Splink keeps a model as SQL of one engine, so a model saved on DuckDB does not run on Spark. We keep the numbers alone
(`model.Weights`) and write the SQL anew each time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from splink import Linker, SettingsCreator
from splink.internals.dialects import SplinkDialect

from server.linkage.model import Chance, Comparison, Definition, Field, Level, Weights

Engine = Literal["duckdb", "spark"]
ID = "number"
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
    """rules: in place of the definition's own. rare: a name's rarity counts; wants some ten thousand people to be known."""
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
    return text.format(
        levenshtein=dialect.levenshtein_function_name, jaro_winkler=dialect.jaro_winkler_function_name
    )


def train(linker: Linker, definition: Definition, weights: Weights, max_pairs: float = 1e7, seed: int = 1) -> Weights:
    """Learn m and u from many people: u from pairs at random, m from pairs that a training rule found.

    linker: made with `settings(definition, weights, ...)`. What the people don't show stays as it was in `weights`.
    """
    training = linker.training
    training.estimate_u_using_random_sampling(max_pairs=max_pairs, seed=seed, min_count_per_level=None)
    for rule in definition.training:
        training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
    found = {
        comparison.output_column_name: {
            level.label_for_charts: (level._m_probability, level._u_probability)
            for level in comparison.comparison_levels
            if not level.is_null_level
        }
        for comparison in linker._settings_obj.core_model_settings.comparisons
    }
    return Weights(weights.prior, {field: _learnt(found[field], before) for field, before in weights.levels.items()})


def _learnt(found: Mapping[str, tuple[Any, Any]], before: Mapping[str, Chance]) -> dict[str, Chance]:
    return {level: Chance(_seen(found[level][0], m), _seen(found[level][1], u)) for level, (m, u) in before.items()}


def _seen(new: Any, old: float) -> float:
    """Splink writes words where it saw nothing."""
    return new if isinstance(new, float) and new > _NEVER else old


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
