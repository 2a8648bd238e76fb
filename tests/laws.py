"""A law that holds in every village that is drawn: in a few each day, in many with `make test-slow`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis.strategies import SearchStrategy


def in_villages(
    *drawn: SearchStrategy[Any], always: Iterable[tuple[Any, ...]] = (), few: int = 40, many: int = 1000
) -> Callable[[Callable[..., None]], Callable[[int], None]]:
    """Make a law a test of the everyday part, and of the slow one. always: villages that are tried each time."""

    def of(law: Callable[..., None]) -> Callable[[int], None]:
        def holds(villages: int) -> None:
            tried = given(*drawn)(law)
            for one in always:
                tried = example(*one)(tried)
            settings(max_examples=villages)(tried)()

        holds.__name__, holds.__doc__, holds.__module__ = law.__name__, law.__doc__, law.__module__
        return pytest.mark.parametrize("villages", [few, pytest.param(many, marks=pytest.mark.slow, id="many")])(holds)

    return of
