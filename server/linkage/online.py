"""Likely doubles at entry: one person beside those whom the database names, by rapidfuzz, in about a millisecond.

    found = candidates for blocks(person)      the store's query: indexed columns, no more than some hundred rows
    likely(person, found)                      the likely ones, the likeliest first, with what speaks for and against

It weighs by the same levels and weights as the work in bulk (`model`), which besides knows how rare each name is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from rapidfuzz.distance import JaroWinkler, Levenshtein
from rapidfuzz.process import extract

from server.linkage.model import WORKERS, Comparison, Level, Weights, probability, shipped
from server.linkage.people import Person, Traits, skeletons, swapped, traits

AT_LEAST = 0.5


class Likeness(NamedTuple):
    """score: how probable it is that two records are one person, 0 to 1; weight: the same in bits, the prior included."""

    score: float
    weight: float
    comparisons: tuple[Comparison, ...]


class Likely(NamedTuple):
    person: Person
    likeness: Likeness


class Block(NamedTuple):
    """Records to ask for: those that have all these values. Columns are those of `Traits`, and `year`, that of `day`."""

    values: tuple[tuple[str, str], ...]


def likeness(a: Person, b: Person, weights: Weights | None = None) -> Likeness:
    """How likely two records are one person, with what speaks for it and against; the same whichever comes first."""
    return compare(traits(a), traits(b), weights or shipped())


def compare(a: Traits, b: Traits, weights: Weights) -> Likeness:
    found = tuple(_comparisons(a, b, weights))
    weight = weights.prior_weight + sum(each.weight for each in found)
    return Likeness(probability(weight), weight, found)


def _comparisons(a: Traits, b: Traits, weights: Weights) -> list[Comparison]:
    """A field that says nothing is left out."""
    found = []
    for field in WORKERS.fields:
        if not field.silent(a, b):
            level = _level(field.levels, a, b)
            found.append(Comparison(field.name, level, weights.levels[field.name][level].weight))
    return found


def _level(levels: Iterable[Level], a: Traits, b: Traits) -> str:
    for level in levels:
        if level.test(a, b):
            return level.name
    raise AssertionError("the last level is for all")


def likely(
    one: Person, candidates: Collection[Person], at_least: float = AT_LEAST, weights: Weights | None = None
) -> list[Likely]:
    """Those of `candidates` who are probably `one`, the likeliest first; the record itself is left out."""
    weights, mine = weights or shipped(), traits(one)
    others = [person for person in candidates if person.record != one.record]
    worth = [others[at] for at in _worth_comparing(one, others)]
    found = [Likely(person, compare(mine, traits(person), weights)) for person in worth]
    return sorted((each for each in found if each.likeness.score >= at_least), key=lambda each: -each.likeness.weight)


def _worth_comparing(one: Person, others: Sequence[Person]) -> set[int]:
    """Where NIKs or names are alike, or a word of the name and something else besides: whoever has none of it can't come
    out likely, and nearly all have none. Here nothing is made ready but names, which are remembered."""
    worth: set[int] = set()
    if one.nik:
        niks = [other.nik for other in others]
        worth.update(at for _, _, at in extract(one.nik, niks, scorer=Levenshtein.distance, score_cutoff=2, limit=None))
    mine = skeletons(one.full_name)
    if mine:
        names = [skeletons(other.full_name) for other in others]
        written = [" ".join(name) or None for name in names]
        alike = extract(" ".join(mine), written, scorer=JaroWinkler.similarity, score_cutoff=0.85, limit=None)
        worth.update(at for _, like, at in alike if like >= 0.93 or _something_else(one, others[at]))
        apart = set(mine).isdisjoint
        worth.update(at for at, name in enumerate(names) if not apart(name) and _something_else(one, others[at]))
    return worth


def _something_else(a: Person, b: Person) -> bool:
    """Whether two whose names are only a little alike share more, as far as it is known."""
    if not (a.birth_date and b.birth_date) or a.birth_date[:4] == b.birth_date[:4] or a.birth_date[5:] == b.birth_date[5:]:
        return True
    return bool((a.kk_number and a.kk_number == b.kk_number) or (a.phone and a.phone == b.phone))


def blocks(person: Person) -> list[Block]:
    """What to ask the store for, so that a slip in any one field does not hide the other record.

    A NIK with a slip is found through the village and year, the birth date and sex, or the village and a word of
    the name; a birth date with a slip through the NIK or the name; a move through the NIK or the birth date.
    """
    mine = traits(person)
    year = mine.day[:4] if mine.day else None
    asked = [
        {"nik": mine.nik},
        {"kk": mine.kk},
        {"phone": mine.phone},
        {"day": mine.day, "sex": mine.sex},
        {"day": swapped(mine.day) if mine.day else None, "sex": mine.sex},
        {"village": mine.village, "year": year},
        {"village": mine.village, "first": mine.first},
        {"village": mine.village, "last": mine.last},
    ]
    return [
        Block(tuple((column, value) for column, value in each.items() if value)) for each in asked if all(each.values())
    ]
