"""The programme's rules: each with its dates, its source, and how sure we are of it.

A number of the programme stands in one of the TOML files beside this page and nowhere else. Changing a rule means
closing the old row (`valid_to`) and adding one; nothing that was true in its time is ever edited away.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from programme import months

__all__ = ["NoRule", "Rule", "Rules", "load", "load_data_law", "load_duties", "read", "restored"]

FILES = (
    "contribution.toml", "discount.toml", "membership.toml", "coverage.toml", "claims.toml", "ranking.toml",
    "award.toml", "evaluation.toml",
)  # fmt: skip
DATA_LAW = ("data_law.toml", "retention.toml")
"""What the law on personal data asks of whoever runs this: apart, since it prices and covers nobody."""
DUTIES = ("duties.toml",)
"""What institutions owe by the presidential instruction: apart, as it prices and covers nobody either."""
CONFIDENCES = ("2", "1", "G")
LANGUAGES = ("id", "en")


class NoRule(LookupError):
    """No rule of that name is in force on that day."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule for one stretch of time.

    value: a whole number, a tuple, or a mapping; what it means is said by `title`.
    valid_from, valid_to: both days included; None is open.
    confidence: "2" two independent sources or checked, "1" one source, "G" general knowledge or our own reading.
    verified: False asks staff to compare it with the official text before they lean on it.
    title, note: by language, `id` and `en`.
    """

    id: str
    name: str
    value: Any
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: str
    verified: bool
    title: Mapping[str, str]
    note: Mapping[str, str]

    def in_force(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def starts(self) -> date:
        return self.valid_from or date.min


# Compared by identity: there is one set of rules in a process, and caches keyed by it must be cheap.
@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """All rules, by name and then by time."""

    by_name: Mapping[str, tuple[Rule, ...]]

    def on(self, name: str, when: str | date) -> Rule:
        """The rule of that name in force on a day, or on the first day of a month `YYYY-MM`. Raises NoRule."""
        rule = self.find(name, when)
        if rule is None:
            raise NoRule(f"no rule {name!r} on {when}")
        return rule

    def find(self, name: str, when: str | date) -> Rule | None:
        """As `on`, but None where none is in force: a discount may simply not exist."""
        day = when if isinstance(when, date) else months.first_day(months.number(when))
        return next((rule for rule in self.by_name.get(name, ()) if rule.in_force(day)), None)

    def latest(self, name: str) -> Rule:
        """The newest rule of that name: for how figures are shown, which follows today's manners. Raises NoRule."""
        if name not in self.by_name:
            raise NoRule(f"no rule {name!r}")
        return self.by_name[name][-1]

    def __iter__(self) -> Iterator[Rule]:
        return (rule for versions in self.by_name.values() for rule in versions)

    def describe(self, lang: str) -> list[dict[str, Any]]:
        """Every rule as plain data for staff and for JSON, in `id` or (when `lang` says so) `en`."""
        lang = lang if lang in LANGUAGES else LANGUAGES[0]
        return [_described(rule, lang) for rule in self]


def _described(rule: Rule, lang: str) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "title": rule.title[lang],
        "value": _thawed(rule.value),
        "valid_from": rule.valid_from and rule.valid_from.isoformat(),
        "valid_to": rule.valid_to and rule.valid_to.isoformat(),
        "source": rule.source,
        "confidence": rule.confidence,
        "verified": rule.verified,
        "note": rule.note[lang],
    }


@lru_cache(maxsize=1)
def load() -> Rules:
    """The rules that come with the package, read once. A file that contradicts itself stops here with ValueError."""
    folder = resources.files(__name__)
    return read((folder / name).read_text("utf-8") for name in FILES)


@lru_cache(maxsize=1)
def load_data_law() -> Rules:
    """The clocks of people's rights over their data, and how long each kind of thing is kept; read once."""
    folder = resources.files(__name__)
    return read((folder / name).read_text("utf-8") for name in DATA_LAW)


@lru_cache(maxsize=1)
def load_duties() -> Rules:
    """The duties of each institution, and the days by which reports and agreements are told of; read once."""
    folder = resources.files(__name__)
    return read((folder / name).read_text("utf-8") for name in DUTIES)


def read(texts: Iterable[str]) -> Rules:
    """Rules from TOML texts, each a list `[[rule]]`. Raises ValueError when a row is wrong or two overlap."""
    rules = [_rule(row) for text in texts for row in tomllib.loads(text)["rule"]]
    if len({rule.id for rule in rules}) < len(rules):
        raise ValueError("two rules share an id")
    by_name: dict[str, tuple[Rule, ...]] = {}
    for rule in rules:
        by_name[rule.name] = tuple(sorted((*by_name.get(rule.name, ()), rule), key=Rule.starts))
    for versions in by_name.values():
        _refuse_overlap(versions)
    loaded = Rules(MappingProxyType(by_name))
    _refuse_what_no_code_expects(loaded)
    return loaded


def restored(told: Mapping[str, Iterable[Mapping[str, Any]]]) -> Rules:
    """Rules again from what `describe` told of them, by language: as they were kept beside something that was frozen."""
    first, *others = ({row["id"]: row for row in told[lang]} for lang in LANGUAGES)
    by_name: dict[str, tuple[Rule, ...]] = {}
    for number, row in first.items():
        words = {
            field: _frozen({lang: each[number][field] for lang, each in zip(LANGUAGES, (first, *others), strict=True)})
            for field in ("title", "note")
        }
        days = {field: row[field] and date.fromisoformat(row[field]) for field in ("valid_from", "valid_to")}
        rule = Rule(**{**row, **days, **words, "value": _frozen(row["value"])})
        by_name[rule.name] = tuple(sorted((*by_name.get(rule.name, ()), rule), key=Rule.starts))
    return Rules(MappingProxyType(by_name))


def _rule(row: dict[str, Any]) -> Rule:
    row = {"valid_from": None, "valid_to": None, "note": dict.fromkeys(LANGUAGES, "")} | row
    try:
        rule = Rule(**{key: _frozen(value) for key, value in row.items()})
    except TypeError as wrong:
        raise ValueError(f"rule {row.get('id')!r}: {wrong}") from None
    if rule.confidence not in CONFIDENCES or (rule.verified and rule.confidence != "2"):
        raise ValueError(f"rule {rule.id!r}: only what two sources say may be called verified")
    if not rule.source or set(rule.title) != set(LANGUAGES) or set(rule.note) != set(LANGUAGES):
        raise ValueError(f"rule {rule.id!r} needs a source, and its words in {LANGUAGES}")
    return rule


def _refuse_overlap(versions: tuple[Rule, ...]) -> None:
    for earlier, later in zip(versions, versions[1:], strict=False):
        if earlier.valid_to is None or later.starts() <= earlier.valid_to:
            raise ValueError(f"rules {earlier.id!r} and {later.id!r} are in force on the same day")


def _refuse_what_no_code_expects(rules: Rules) -> None:
    """Find at the start what would otherwise be found by a worker's quote."""
    for rule in rules.by_name.get("due_day", ()):
        # Later than the 27th, a short month could end before its contribution falls due.
        if not 1 <= rule.value <= 27:
            raise ValueError(f"rule {rule.id!r}: a due day is between 1 and 27")
    for rule in rules.by_name.get("tiers", ()):
        starts = [row["from"] for row in rule.value]
        if starts[0] != 0 or starts != sorted(set(starts)):
            raise ValueError(f"rule {rule.id!r}: tiers begin at 0 and rise")
        if any(row["confidence"] not in CONFIDENCES for row in rule.value):
            raise ValueError(f"rule {rule.id!r}: each tier says how sure it is")


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(inner) for key, inner in value.items()})
    return tuple(_frozen(inner) for inner in value) if isinstance(value, list) else value


def _thawed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _thawed(inner) for key, inner in value.items()}
    return [_thawed(inner) for inner in value] if isinstance(value, tuple) else value
