"""Expression trees: drawn at random, and written as XPath again."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Tree = list[Any]
NAMES = ("a", "b", "page", "rows", "x-y", "div", "and")
_LEVELS = {"or": 0, "and": 1, "=": 2, "!=": 2, "<": 3, "<=": 3, ">": 3, ">=": 3, "+": 4, "-": 4, "*": 5, "div": 5, "mod": 5}
NUMBERS = st.one_of(st.integers(0, 10**6), st.sampled_from([0.5, 2.25, 1000000.125]))
TEXTS = st.text("ab1 -.é'", max_size=5)
REFERENCES = st.builds(
    lambda up, names: ["ref", up, names] if names or up else ["self"],
    st.integers(0, 3), st.lists(st.sampled_from(NAMES), max_size=3),
)  # fmt: skip
LEAVES = st.one_of(
    NUMBERS.map(lambda number: ["num", number]), TEXTS.map(lambda text: ["str", text]), REFERENCES, st.just(["self"])
)


def _larger(inside: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.one_of(
        st.tuples(st.sampled_from(sorted(_LEVELS)), inside, inside).map(list),
        inside.map(lambda tree: ["neg", tree]),
        st.tuples(st.sampled_from(["not", "number", "string", "int", "string-length"]), inside).map(lambda t: ["call", *t]),
        st.tuples(inside, inside, inside).map(lambda parts: ["call", "if", *parts]),
        st.tuples(inside, inside).map(lambda parts: ["call", "concat", *parts]),
        REFERENCES.filter(lambda tree: tree[0] == "ref").map(lambda tree: ["call", "count", tree]),
        st.sampled_from([["call", "today"], ["call", "true"]]),
    )


TREES = st.recursive(LEAVES, _larger, max_leaves=12)


def written(tree: Tree, level: int = 0) -> str:
    """The tree as XPath, with no more brackets than it needs."""
    kind = tree[0]
    if kind == "num":
        return repr(tree[1])
    if kind == "str":
        return f'"{tree[1]}"'
    if kind == "self":
        return "."
    if kind == "ref":
        steps = ["..", *[".."] * (tree[1] - 1)] if tree[1] else ["/data"]
        return "/".join([*steps, *tree[2]])
    if kind == "call":
        return f"{tree[1]}({', '.join(written(part) for part in tree[2:])})"
    if kind == "neg":
        return f"-{written(tree[1], 6)}"
    own = _LEVELS[kind]
    text = f"{written(tree[1], own)} {kind} {written(tree[2], own + 1)}"
    return f"({text})" if own < level else text
