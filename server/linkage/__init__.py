"""Likely doubles: two records that may be one person. Whether they are, a person decides.

At entry by `online`, which needs nothing that is not always installed; in bulk by `bulk` and, for a nation, `spark`,
which need the extras `linkage` and `spark`. All of them weigh by the one definition in `model`.
"""

from __future__ import annotations

from importlib.util import find_spec


def available() -> bool:
    """Whether the extra `linkage` is installed, without loading any of it."""
    return find_spec("splink") is not None and find_spec("duckdb") is not None
