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
_builders: dict[Any, Any] = {}
_engine_options = db._engine_options
_compile_builder = Rule._compile_builder


def _options(settings: Settings) -> dict[str, Any]:
    return _engine_options(settings) | {"execution_options": {"compiled_cache": _statements}}


def _builder(rule: Rule, append_unknown: bool = True) -> Any:
    """What a rule builds its addresses with: a function of the rule, which asks the rule for its converters."""
    if rule.defaults:  # they are written into it, as its converters say them
        return _compile_builder(rule, append_unknown)
    key = (rule.rule, tuple(rule._trace), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


def once() -> None:
    """From now on, in this process."""
    db._engine_options = _options
    Rule._compile_builder = _builder  # type: ignore[method-assign]
