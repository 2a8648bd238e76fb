"""What figures may be shown to everybody, so that nobody can be told from them: small numbers hidden, the rest rounded.

A region with fewer active workers than the rule says is hidden. Hidden with it is always the next of its siblings (its
guard), and more of them until what is hidden together is no small number either: else the parent less its shown parts
would give it away. Whatever lies below a hidden region is hidden. Then, even with exact numbers, each hidden one may be
anything from 0 up to all that is hidden beside it. JKK and JKM are hidden where their both are, since both is at most
each. JHT is hidden there too and by itself: whoever takes it that nobody has JHT alone knows it to be at most both.

The guard is chosen by an order that does not follow the counts, so that the same one stays hidden from month to month.
What is shown is rounded, and rates are made of rounded numbers. So whoever keeps the pages of two months, and supposes
that nothing else changed between them, is still left with more than one answer; but where every other count happens to lie
at the same edge of its rounding, one is left, as sure as that supposition is.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

__all__ = ["Counted", "Shown", "hidden", "published", "rounded"]


class Counted(NamedTuple):
    """Active workers of a region: in JKK and JKM both, in each, in JHT."""

    active: int
    jkk: int
    jkm: int
    jht: int


class Shown(NamedTuple):
    """What is shown of a region: rounded counts; None is hidden. active, jkk and jkm are hidden together."""

    active: int | None
    jkk: int | None
    jkm: int | None
    jht: int | None


HIDDEN = Shown(None, None, None, None)
Order = Callable[[str], object]
"""What guards are chosen by, the first one first: something public that hardly changes, such as denominator and code."""


def published(
    root: str, parts: Mapping[str, Sequence[str]], counts: Mapping[str, Counted], order: Order, least: int, base: int
) -> dict[str, Shown]:
    """What may be shown of each region of a tree, one month.

    parts: region -> those one level below it, whose counts make up its own. counts: of regions that ever had anybody;
    that the others have nobody is no secret. least: fewer are hidden. base: to multiples of it counts are rounded.
    """
    both = hidden(root, parts, {code: each.active for code, each in counts.items()}, order, least)
    caps = {code: each.active for code, each in counts.items()}
    jht = hidden(root, parts, {code: each.jht for code, each in counts.items()}, order, least, caps, both)
    return {
        code: HIDDEN if code in both else Shown(
            rounded(each.active, base), rounded(each.jkk, base), rounded(each.jkm, base),
            None if code in jht else rounded(each.jht, base),
        )
        for code, each in counts.items()
    }  # fmt: skip


def hidden(
    root: str, parts: Mapping[str, Sequence[str]], values: Mapping[str, int], order: Order, least: int,
    caps: Mapping[str, int] | None = None, also: Collection[str] = frozenset(),
) -> frozenset[str]:  # fmt: skip
    """The regions whose value must not be shown.

    caps: what everybody knows each value to be at most, where it is shown itself. also: regions that are hidden anyway.
    """
    family = _Families(parts, values, order, least, caps, set(also))
    if root not in values:
        return frozenset()
    family.look_up(root)
    if family.must_hide(root):
        return frozenset(family.all_below(root)) | {root}
    family.look_down(root)
    return frozenset(family.hidden)


class _Families:
    """Parents with their parts; hidden: those found."""

    def __init__(
        self, parts: Mapping[str, Sequence[str]], values: Mapping[str, int], order: Order, least: int,
        caps: Mapping[str, int] | None, also: set[str],
    ) -> None:  # fmt: skip
        self._parts, self._values, self._order, self._least = parts, values, order, least
        self._caps, self._also = caps, also
        self.hidden: set[str] = set()
        self._children: dict[str, list[str]] = {}

    def children(self, code: str) -> list[str]:
        found = self._children.get(code)
        if found is None:
            found = self._children[code] = [part for part in self._parts.get(code, ()) if part in self._values]
        return found

    def must_hide(self, code: str) -> bool:
        return self._values[code] < self._least or code in self._also

    def all_below(self, code: str) -> set[str]:
        found: set[str] = set()
        for part in self.children(code):
            found |= {part} | self.all_below(part)
        return found

    def look_up(self, code: str) -> None:
        """From below: a region whose parts could not be guarded even if all of them were hidden is hidden itself."""
        parts = self.children(code)
        for part in parts:
            self.look_up(part)
        if any(map(self.must_hide, parts)) and not self._is_safe(parts):
            self._also.add(code)

    def look_down(self, code: str) -> None:
        """From above: hide in each family what must be and its guards, and all that lies below them."""
        parts = self.children(code)
        away = [part for part in parts if self.must_hide(part)]
        if away:
            guards = sorted((part for part in parts if part not in away), key=self._order)  # type: ignore[arg-type]
            away += guards[:1]  # always one, also where the small ones guard each other: they may grow
            for guard in guards[1:]:
                if self._is_safe(away):
                    break
                away.append(guard)
        for part in parts:
            if part in away:
                self.hidden |= {part} | self.all_below(part)
            else:
                self.look_down(part)

    def _is_safe(self, away: Sequence[str]) -> bool:
        """Whether each of these may be 0, and may be all that is hidden, for whoever knows their sum and their caps."""
        together = sum(self._values[part] for part in away)
        if len(away) < 2 or together < self._least:
            return False
        if self._caps is None:
            return True
        room = sum(self._caps[part] for part in away)
        return all(room - self._caps[part] >= together for part in away)


def rounded(count: int, base: int) -> int:
    """To the nearest multiple of `base`; half of it is rounded up."""
    return (count + base // 2) // base * base
