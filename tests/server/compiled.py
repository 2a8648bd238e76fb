"""What every application of one test process would compile anew for itself is compiled once.

An application compiles its 300 rules and, with each statement that it sends for the first time, that statement; for a
server that lives as long as one test this is most of what it costs. Nothing here outlives the process, and what is kept
is kept under all that it was made of.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from server import db
from server.config import Settings


class Statements(LRUCache[Any, Any]):
    """SQLAlchemy's cache of compiled statements, for all engines of one kind instead of one engine."""

    @staticmethod
    def _of_its_kind(key: Any) -> Any:
        dialect, *of_the_statement = key
        return (dialect.name, dialect.driver, dialect.server_version_info, *of_the_statement)

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(self._of_its_kind(key), default)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self._of_its_kind(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(self._of_its_kind(key), value)


_statements = Statements(2000)
_rules: dict[Any, Any] = {}
_engine_options = db._engine_options
_compile = Rule.compile


def _options(settings: Settings) -> dict[str, Any]:
    return _engine_options(settings) | {"execution_options": {"compiled_cache": _statements}}


def _compiled(rule: Rule) -> None:
    """What werkzeug makes of a rule: its parts, and two functions that build its addresses and ask it for its converters."""
    if rule.defaults or rule.map is None:  # defaults are written into those functions, as its converters say them
        return _compile(rule)
    about = (rule.rule, rule.host, rule.subdomain, rule.merge_slashes, rule.strict_slashes, rule.is_leaf)
    key = (*about, rule.map.host_matching, *rule.map.converters.items())
    if key not in _rules:
        _compile(rule)
        _rules[key] = (rule._parts, rule._trace, rule._converters, _function(rule._build), _function(rule._build_unknown))
    else:
        rule._parts, rule._trace, rule._converters, build, build_unknown = _rules[key]
        rule.arguments.update(rule._converters)
        rule._build, rule._build_unknown = build.__get__(rule), build_unknown.__get__(rule)


def _function(bound: Any) -> Any:
    return bound.__func__


def once() -> None:
    """From now on, in this process."""
    db._engine_options = _options
    Rule.compile = _compiled  # type: ignore[method-assign]
