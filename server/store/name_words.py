"""Every word that names hold, kept in the process: which of them read or sound like what somebody typed.

A nation's names are made of some ten thousand words. They are looked through here at once, so that the database is asked
for whole words only, whatever was mistyped. Words are only ever added, so a look for higher numbers keeps it fresh.
"""

from __future__ import annotations

from threading import Lock
from weakref import WeakKeyDictionary

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import Connection, Engine, select

from server.linkage import people
from server.store.desk_tables import word

Way = list[list[int]]
"""For each part of a name the numbers of the words that will do; a person must bear one of each."""

MOST_WORDS = 300  # that stand for one typed: beyond it nobody looks for them
LEAST_INSIDE, LEAST_MISSPELT, LONG = 3, 4, 8  # letters: to be found inside a word; with one slip; with two


class NameWords:
    """The words of one database."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = 0
        self._words: list[str] = []
        self._numbers: list[int] = []
        self._by_word: dict[str, int] = {}
        self._by_bones: dict[str, list[int]] = {}
        self._bones: list[str] = []

    def refresh(self, connection: Connection) -> NameWords:
        """Learn the words that came since."""
        with self._lock:
            query = select(word.c.id, word.c.word, word.c.skeleton).where(word.c.id > self._last).order_by(word.c.id)
            for number, written, bones in connection.execute(query):
                self._last = number
                self._words.append(written)
                self._numbers.append(number)
                self._by_word[written] = number
                if bones and bones not in self._by_bones:
                    self._bones.append(bones)
                self._by_bones.setdefault(bones, []).append(number)
        return self

    def ways(self, parts: tuple[str, ...]) -> list[list[Way]]:
        """How a name of these parts may be borne, from the nearest to the farthest: as it is, or in another spelling;
        written together or apart; as parts of words; misspelt. Each a list of ways, any of which will do.
        """
        same = [self._same(part) for part in parts]
        inside = [sorted({*also, *self._inside(part)}) for part, also in zip(parts, same, strict=True)]
        near = [sorted({*also, *self._near(part)}) for part, also in zip(parts, inside, strict=True)]
        return [[same], self._cut_otherwise(parts, same), [inside], [near]]

    def _same(self, part: str) -> list[int]:
        bones = people.skeleton(part)
        found = list(self._by_bones.get(bones, ())) if bones else []
        if part in self._by_word and self._by_word[part] not in found:
            found.append(self._by_word[part])
        return found

    def _cut_otherwise(self, parts: tuple[str, ...], same: Way) -> list[Way]:
        """Nur Hayati where Nurhayati is written, and the other way round."""
        ways = []
        for n in range(len(parts) - 1):
            if together := self._same(parts[n] + parts[n + 1]):
                ways.append([*same[:n], together, *same[n + 2 :]])
        for n, part in enumerate(parts):
            for cut in range(LEAST_INSIDE, len(part) - LEAST_INSIDE + 1):
                first, second = self._same(part[:cut]), self._same(part[cut:])
                if first and second:
                    ways.append([*same[:n], first, second, *same[n + 1 :]])
        return ways

    def _inside(self, part: str) -> list[int]:
        """Words that begin with it; or, of three letters on, hold it anywhere."""
        pairs = zip(self._numbers, self._words, strict=False)
        if len(part) < LEAST_INSIDE:
            found = [(len(written), number) for number, written in pairs if written.startswith(part)]
        else:
            found = [(len(written), number) for number, written in pairs if part in written]
        return [number for _, number in sorted(found)[:MOST_WORDS]]

    def _near(self, part: str) -> list[int]:
        """Words with a slip of the pen or two, in the letters or in what is left of them."""
        slips = 0 if len(part) < LEAST_MISSPELT else 1 if len(part) < LONG else 2
        if not slips:
            return []
        scored = process.extract(part, self._words, scorer=OSA.distance, score_cutoff=slips, limit=MOST_WORDS)
        found = [self._numbers[place] for _, _, place in scored]
        bones = people.skeleton(part)
        if len(bones) >= LEAST_MISSPELT:
            alike = process.extract(bones, self._bones, scorer=OSA.distance, score_cutoff=1, limit=MOST_WORDS)
            found += [number for each, _, _ in alike for number in self._by_bones[each]]
        return found[:MOST_WORDS]


_known: WeakKeyDictionary[Engine, NameWords] = WeakKeyDictionary()


def name_words(connection: Connection) -> NameWords:
    """The words of this database, as they are now."""
    return _known.setdefault(connection.engine, NameWords()).refresh(connection)
