"""Lists and sets of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import fields

from schemas.fields.told import Told, Tools, refuse, text_of

LONGEST_WORD = 60  # characters


class Members(Told, fields.List):
    """A set of a few words out of a closed list, kept as a sorted list without doubles."""

    most = 100

    def __init__(self, words: Sequence[str], least: Sequence[str] = (), may_be_empty: bool = True, **told: Any) -> None:
        shape = {"uniqueItems": True, "minItems": max(len(least), 0 if may_be_empty else 1)}
        super().__init__(fields.String(metadata={"enum": list(words)}), shape=shape, **told)
        self.words, self.least, self.may_be_empty = words, frozenset(least), may_be_empty

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        members = sorted(set(texts_of(value, self.most)))
        if not members and not self.may_be_empty:
            raise refuse("empty")
        if not set(members) <= set(self.words):
            raise refuse("not-one-of:" + " | ".join(self.words))
        if not self.least <= set(members):
            raise refuse("lacks-members:" + " + ".join(sorted(self.least)))
        return value if value == members else members

    def unchanged(self, value: str, tools: Tools) -> str:
        name = f"sets_{len(tools)}"
        subsets = [subset for subset in _subsets(sorted(self.words)) if self.least <= set(subset)]
        tools[name] = [subset for subset in subsets if subset or self.may_be_empty]
        return f"{value} in {name}"


def _subsets(words: list[str]) -> list[list[str]]:
    """Every subset, each in the order of `words`."""
    if not words:
        return [[]]
    rest = _subsets(words[1:])
    return [[words[0], *subset] for subset in rest] + rest


def texts_of(value: Any, most: int) -> list[str]:
    """`value` as a list of short texts, in the order given. Raises ValidationError."""
    if type(value) is not list:
        raise refuse("not-a-list")
    if len(value) > most:
        raise refuse(f"too-many:{most}")
    texts = [text_of(one, LONGEST_WORD) for one in value]
    if not all(texts):
        raise refuse("empty")
    return texts


def are_plain(texts: list[Any]) -> bool:
    """Whether these are short texts that `texts_of` would leave alone; false of some that are not ASCII."""
    for one in texts:
        if not (one and one.isascii() and len(one) <= LONGEST_WORD and "\0" not in one and one.strip() == one):
            return False
    return True


class Words(Told, fields.List):
    """A list of short texts, in the order given; as a `bag` a set of them, kept sorted without doubles."""

    most = 100

    def __init__(self, bag: bool = False, **told: Any) -> None:
        super().__init__(fields.String(), shape={"uniqueItems": bag, "maxItems": self.most}, **told)
        self.bag = bag

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        texts = texts_of(value, self.most)
        texts = sorted(set(texts)) if self.bag else texts
        return value if value == texts else texts

    def unchanged(self, value: str, tools: Tools) -> str:
        tools["are_plain"], tools["rises"] = are_plain, rises
        order = f" and rises({value})" if self.bag else ""
        return f"type({value}) is list and len({value}) <= {self.most} and are_plain({value}){order}"


def rises(texts: Sequence[str]) -> bool:
    """Whether each is greater than the one before."""
    return all(earlier < later for earlier, later in zip(texts, texts[1:], strict=False))
