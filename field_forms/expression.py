"""The XPath subset of our forms: parsed once, at publishing, to the small trees that `README.md` describes.

A tree is a JSON list whose first item says what it is. `evaluator.py` works it out here, `client/src/expression.ts`
on the phone, and `schemas/vectors/expressions.json` holds both to the same answers. So nothing passes that they would
not both know: an axis, a type or a function outside this page is refused, in words that whoever wrote the form understands.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from field_forms.functions import FORMAT_SIGNS, FUNCTIONS
from field_forms.pattern import BadPattern, portable

Tree = list[Any]
MAX_LENGTH, MAX_DEPTH = 10_000, 60

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)
    | (?P<string>"[^"]*"|'[^']*')
    | (?P<name>[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?)
    | (?P<sign>\.\.|//|::|!=|<=|>=|[-+*=<>|()\[\],/.@$])
    )""",
    re.VERBOSE,
)
_LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))
_NUMBERS = frozenset({"num", "neg", "+", "-", "*", "div", "mod"})  # what a filter that is only this would be: a position
_ITEM_PATH = ["/", "root", "/", "item"]


class BadExpression(ValueError):
    """An expression that can't be published; `indonesian` and `english` say what is wrong and what to do."""

    def __init__(self, indonesian: str, english: str) -> None:
        super().__init__(f"{indonesian} / {english}")
        self.indonesian, self.english = indonesian, english


class Token(NamedTuple):
    """kind: number, string, name, sign, or end."""

    kind: str
    text: str


def parse(text: str, root: str = "data", list_of: Callable[[str], str | None] | None = None) -> Tree:
    """The tree of an XPath expression as pyxform writes it. Raises BadExpression.

    root: the name of the form's outermost element, with which absolute paths begin.
    list_of: the choice list of the question at a path, for `jr:choice-name`; without it the path itself stands there.
    """
    return _Parser(text, root, list_of).whole(False)


def parse_filter(text: str, root: str = "data") -> Tree:
    """The tree of a choice filter: bare names are columns of the choice that is looked at. Raises BadExpression."""
    return _Parser(text, root, None).whole(True)


def _tokens(text: str) -> list[Token]:
    if len(text) > MAX_LENGTH:
        raise BadExpression("Rumus ini terlalu panjang; bagi menjadi beberapa.", "This is too long; divide it into several.")
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        token = _TOKEN.match(text, at)
        if not token or not token.lastgroup:
            rest = text[at:].strip()[:20]
            raise BadExpression(f'Tidak terbaca mulai dari "{rest}".', f'It can\'t be read from "{rest}" on.')
        found.append(Token(token.lastgroup, token.group(token.lastgroup)))
        at = token.end()
    return [*found, Token("end", "")]


class _Parser:
    """One method for each rule of the grammar; each takes its tokens and gives a tree."""

    def __init__(self, text: str, root: str, list_of: Callable[[str], str | None] | None) -> None:
        self.tokens, self.at, self.depth = _tokens(text), 0, 0
        self.root, self.list_of = root, list_of
        self.in_filter = False

    def whole(self, in_filter: bool) -> Tree:
        if self.next.kind == "end":
            raise BadExpression("Rumus ini kosong.", "There is nothing in it.")
        self.in_filter = in_filter
        tree = self.operation(0)
        if self.next.kind != "end":
            raise self.unexpected()
        return _checked_filter(tree) if in_filter else tree

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.next
        self.at += 1
        return token

    def sees(self, *signs: str) -> bool:
        return self.next.text in signs and self.next.kind in ("sign", "name")

    def expect(self, sign: str) -> None:
        if not self.sees(sign):
            raise self.unexpected()
        self.at += 1

    def unexpected(self) -> BadExpression:
        if self.next.kind == "end":
            return BadExpression("Rumus ini terputus di tengah.", "It ends in the middle.")
        shown = self.next.text[:20]
        return BadExpression(f'"{shown}" tidak pada tempatnya.', f'"{shown}" is not where it can be.')

    def operation(self, level: int) -> Tree:
        """`a or b or c` and so on down to `a * b`, each from left to right."""
        if level == len(_LEVELS):
            return self.negation()
        left = self.operation(level + 1)
        while self.sees(*_LEVELS[level]):
            operator = self.take().text
            left = [operator, left, self.operation(level + 1)]
            if _depth(left) > MAX_DEPTH:
                raise _too_deep()
        return left

    def negation(self) -> Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _too_deep()
        if self.sees("-"):
            self.at += 1
            tree: Tree = ["neg", self.negation()]
        else:
            tree = self.primary()
        if self.sees("|"):
            raise BadExpression('Gabungan dengan "|" tidak dikenal HP.', 'The phone has no unions ("|").')
        self.depth -= 1
        return tree

    def primary(self) -> Tree:
        token = self.next
        if token.kind == "number":
            value = float(self.take().text)
            return ["num", int(value) if value.is_integer() and value < 2**53 else value]
        if token.kind == "string":
            return ["str", self.take().text[1:-1]]
        if token.text == "(":
            self.at += 1
            inside = self.operation(0)
            self.expect(")")
            return self.without_predicate(inside)
        if token.kind == "name":
            return self.call() if self.tokens[self.at + 1].text == "(" else self.column()
        if token.text == "/":
            return self.absolute()
        if token.text in (".", ".."):
            if self.in_filter:
                raise BadExpression(
                    'Dalam penyaring pilihan tulis current()/.. atau ${nama}, bukan "..".',
                    'Inside a choice filter write current()/.. or ${name}, not "..".',
                )
            return self.relative()
        raise self.unexpected()

    # --- paths

    def absolute(self) -> Tree:
        self.expect("/")
        if self.next.kind != "name":
            raise self.unexpected()
        if self.take().text != self.root:
            raise BadExpression(f"Jalur harus mulai dari /{self.root}/.", f"A path must begin with /{self.root}/.")
        names = self.names()
        if not names:
            raise BadExpression("Sebut pertanyaannya: ${nama}.", "Name the question: ${name}.")
        return self.without_predicate(["ref", 0, names])

    def relative(self) -> Tree:
        if self.sees("."):
            self.at += 1
            if self.sees("/"):
                raise BadExpression('Tulis ${nama}, bukan "./nama".', 'Write ${name} instead of "./name".')
            return ["self"]
        up = 0
        while self.sees(".."):
            self.at, up = self.at + 1, up + 1
            if not (self.sees("/") and self.tokens[self.at + 1].text == ".."):
                break
            self.at += 1
        return self.without_predicate(["ref", up, self.names()])

    def names(self) -> list[str]:
        """The steps down: `/a/b`."""
        steps = []
        while self.sees("/"):
            self.at += 1
            if self.next.kind != "name" or self.tokens[self.at + 1].text in ("(", "::"):
                raise self.bad_step()
            steps.append(self.take().text)
        if self.sees("//", "::", "@"):
            raise self.bad_step()
        return steps

    def bad_step(self) -> BadExpression:
        shown = self.next.text[:20]
        return BadExpression(
            f'Jalur dengan "{shown}" di sini tidak dikenal HP; tulis ${{nama}}.',
            f'The phone knows no path with "{shown}" here; write ${{name}}.',
        )

    def without_predicate(self, tree: Tree) -> Tree:
        if self.sees("["):
            raise BadExpression(
                "Syarat [...] hanya dikenal pada instance('daftar')/root/item[...].",
                "A condition [...] is known only in instance('list')/root/item[...].",
            )
        if self.sees("/", "//"):
            raise self.bad_step()
        return tree

    def column(self) -> Tree:
        name = self.take().text
        if self.sees("::"):
            raise self.bad_step()
        if not self.in_filter:
            raise BadExpression(f"Tulis ${{{name}}} bila itu sebuah pertanyaan.", f"Write ${{{name}}} if it is a question.")
        return self.without_predicate(["col", "value" if name == "name" else name])

    # --- functions

    def call(self) -> Tree:
        name = self.take().text
        self.expect("(")
        if name == "current":
            return self.current()
        if name == "instance":
            return self.lookup()
        if name not in FUNCTIONS:
            raise BadExpression(f"Fungsi {name}() tidak dikenal HP.", f"The phone has no function {name}().")
        return self.without_predicate(self.checked_call(name, self.arguments()))

    def arguments(self) -> list[Tree]:
        found: list[Tree] = []
        while not self.sees(")"):
            if found:
                self.expect(",")
            found.append(self.operation(0))
        self.expect(")")
        return found

    def checked_call(self, name: str, arguments: list[Tree]) -> Tree:
        least, most = FUNCTIONS[name].least, FUNCTIONS[name].most
        if not least <= len(arguments) <= most:
            wanted = str(least) if least == most else f"{least}-{most}"
            raise BadExpression(
                f"{name}() diberi {len(arguments)} isian, seharusnya {wanted}.",
                f"{name}() is given {len(arguments)} arguments and takes {wanted}.",
            )
        if FUNCTIONS[name].of_answers and arguments[0][0] != "ref":
            raise BadExpression(f"{name}() harus diberi ${{nama}}.", f"{name}() must be given ${{name}}.")
        if name == "position" and (arguments[0][1] == 0 or arguments[0][2]):
            raise BadExpression("Tulis position(..) saja.", "Write position(..) and nothing else.")
        if name == "regex":
            arguments[1] = ["str", _pattern(arguments[1])]
        if name == "format-date":
            _check_format(arguments[1])
        if name == "jr:choice-name":
            arguments[1] = ["str", self.list_at(arguments[1])]
        return ["call", name, *arguments]

    def list_at(self, argument: Tree) -> str:
        path = argument[1].strip() if argument[0] == "str" else ""
        name = self.list_of(path) if self.list_of else path
        if not name:
            raise BadExpression(
                "jr:choice-name(): isian kedua harus '${nama}' dari sebuah pertanyaan pilihan.",
                "jr:choice-name(): the second argument must be '${name}' of a question with choices.",
            )
        return name

    def current(self) -> Tree:
        """`current()/../x`: from the question, also inside a filter."""
        self.expect(")")
        self.expect("/")
        if not self.sees(".."):
            raise self.unexpected()
        return self.relative()

    def lookup(self) -> Tree:
        """`instance('workers')/root/item[filter]/nik`"""
        name = self.take()
        self.expect(")")
        path = [token.text for token in self.tokens[self.at : self.at + 4]]
        if name.kind != "string" or path != _ITEM_PATH or self.in_filter:
            raise BadExpression(
                "Tulis instance('daftar')/root/item[syarat]/kolom.", "Write instance('list')/root/item[condition]/column."
            )
        self.at += 4
        if not self.sees("["):
            raise BadExpression("Sebut barisnya: item[syarat].", "Say which item: item[condition].")
        self.at += 1
        self.in_filter = True
        condition = _checked_filter(self.operation(0))
        self.in_filter = False
        self.expect("]")
        columns = self.names()
        if len(columns) != 1:
            raise BadExpression("Sebut satu kolom: item[syarat]/kolom.", "Name one column: item[condition]/column.")
        column = "value" if columns[0] == "name" else columns[0]
        return self.without_predicate(["lookup", name.text[1:-1], condition, column])


def _checked_filter(tree: Tree) -> Tree:
    if tree[0] in _NUMBERS or (tree[0] == "call" and FUNCTIONS[tree[1]].gives_number):
        raise BadExpression(
            "Syarat ini menghasilkan angka; tulis perbandingan, misalnya kolom = ${nama}.",
            "This condition gives a number; write a comparison, such as column = ${name}.",
        )
    return tree


def _depth(tree: Tree) -> int:
    """How deep a chain of operators leans to the left: each evaluator goes down it step by step."""
    depth = 0
    while isinstance(tree, list) and len(tree) > 1 and tree[0] not in ("ref", "call", "lookup"):
        tree, depth = tree[1], depth + 1
    return depth


def _too_deep() -> BadExpression:
    return BadExpression("Rumus ini bertumpuk terlalu dalam; bagi menjadi beberapa.", "This is nested too deep; divide it.")


def _pattern(argument: Tree) -> str:
    if argument[0] != "str":
        raise BadExpression("regex(): tulis polanya langsung di antara tanda kutip.", "regex(): quote the pattern itself.")
    try:
        return portable(argument[1])
    except BadPattern as bad:
        raise BadExpression(
            f'regex(): "{bad}" tidak dibaca sama di semua HP; tulis dengan cara lain.',
            f'regex(): "{bad}" is not read alike on every phone; write it in another way.',
        ) from None


def _check_format(argument: Tree) -> None:
    signs = re.findall("%(.?)", argument[1]) if argument[0] == "str" else [""]
    wrong = [sign for sign in signs if sign not in FORMAT_SIGNS or not sign]
    if wrong:
        known = " ".join(f"%{sign}" for sign in FORMAT_SIGNS)
        raise BadExpression(
            f"format-date(): tulis bentuknya di antara tanda kutip, hanya dengan {known}.",
            f"format-date(): write the form in quotes, with nothing but {known}.",
        )
