"""The wanted places of a JSON text, and nothing else: time grows with its length, memory with what is wanted.

`json.loads` makes an object of every value: 100 MB of brackets become gigabytes, and the outputs of a notebook would lie in memory
for nothing. Here what is not wanted is passed over by regular expressions, and every loop of Python's counts its steps.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

__all__ = ["FLAG", "TEXT", "WORD", "Many", "NotJson", "TooMuch", "Wanted", "clean", "nothing", "read_sparse"]

TEXT = "text"  # a string, or a list of strings to be joined
WORD = "word"  # a short string or a small number
FLAG = "flag"  # true or false

_DECODER = json.JSONDecoder(strict=False)
_STEPS = 2_000_000  # one to two seconds
_MEMBER = 4  # steps, by the time that they take
_WORD = 1_000  # bytes
_QUICK = 1_000_000  # bytes of a text that may be read as a whole

# No quantifier here gives back what it took, so that no text makes them try twice. The look-ahead keeps a group from failing
# half-way, which Python before 3.11.5 does not take back either (its issues 100061 and 106052).
_STRING_SOURCE = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_STRING = re.compile(_STRING_SOURCE, re.DOTALL)
_BLANK = rb"[ \t\r\n]*+"
_SPACE = re.compile(_BLANK)
_NOTHING = re.compile(rb"[ \t\r\n\0]*+")
_SCALAR = re.compile(rb"true|false|null|NaN|-?Infinity|-?\d[-+.\deE]*+")
_LETTERS = re.compile(rb"[-+.\w]*+")
_KEY = re.compile(rb"(" + _STRING_SOURCE + rb")" + _BLANK + rb":" + _BLANK, re.DOTALL)
_COMMA = re.compile(_BLANK + rb"," + _BLANK)
_STRINGS = re.compile(
    rb"\[" + _BLANK + rb"(?:" + _STRING_SOURCE + _BLANK + rb"(?:," + _BLANK + rb'(?="))?)*+\]',
    re.DOTALL,
)
_PLAIN = rb'[^"\[\]{}]*+'
_FLAT = re.compile(
    _PLAIN + rb"(?:(?:" + _STRING_SOURCE + rb"|(?=\[" + _PLAIN + rb"\])\[" + _PLAIN + rb"\]|\{\})" + _PLAIN + rb")*+",
    re.DOTALL,
)


class NotJson(ValueError):
    """The text is no JSON; `place` is the byte where it stops to be."""

    def __init__(self, place: int, ended: bool = False) -> None:
        self.place = place
        self.ended = ended
        super().__init__(f"the text ends in the middle, at byte {place}" if ended else f"no JSON at byte {place}")


class TooMuch(ValueError):
    """More of something than is read."""


@dataclass(frozen=True)
class Many:
    """A list of at most `limit` values of one kind; `name` is what its entries are called."""

    entry: Wanted
    limit: int
    name: str


Wanted = str | Many | dict[str, Any] | None


def read_sparse(data: bytes, wanted: Wanted, text_limit: int, total_limit: int) -> Any:
    """What is wanted of a JSON text in UTF-8: dicts of the wanted keys, lists, strings; None for what is of another type.

    Args:
        wanted: `TEXT`, `WORD`, `FLAG`, `Many`, or the wanted keys of an object, each with what is wanted of its value.
        text_limit, total_limit: characters of one `TEXT`, and of all of them together.

    Raises:
        NotJson: also for a text that goes on after its value.
        TooMuch: of list entries, of characters in a text, of values altogether.

    >>> read_sparse(b'{"a": [1, {"b": 2}], "c": {"d": ["x", "y"], "e": 3}}', {"c": {"d": TEXT, "e": TEXT}}, 10, 20)
    {'c': {'d': 'xy', 'e': None}}
    """
    if len(data) <= _QUICK:
        try:
            return _Picker(text_limit, total_limit).value(_DECODER.decode(data.decode()), wanted)
        except (ValueError, RecursionError):  # whatever is odd is looked at closely
            pass
    reader = _Reader(data, text_limit, total_limit)
    value, end = reader.value(reader.space(0), wanted)
    end = reader.match(_NOTHING, end)
    if end < len(data):
        raise NotJson(end)
    return value


def nothing(data: bytes) -> bool:
    """Are there only blanks, or the noughts that a crashed computer leaves?"""
    found = _NOTHING.match(data)
    return found is not None and found.end() == len(data)


def clean(text: str) -> str:
    """The text without lone surrogates, which no file and no channel can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


@dataclass
class _Picker:
    """The wanted part of what `json` has read. ValueError for anything that is not as usual."""

    text_limit: int
    total_limit: int
    total: int = 0

    def value(self, value: Any, wanted: Wanted) -> Any:
        if isinstance(wanted, dict):
            return {key: self.value(value[key], wanted[key]) for key in value if key in wanted} if type(value) is dict else None
        if isinstance(wanted, Many):
            if type(value) is list and len(value) > wanted.limit:
                raise ValueError
            return [self.value(entry, wanted.entry) for entry in value] if type(value) is list else None
        if wanted == FLAG:
            return value if type(value) is bool else None
        if wanted == TEXT and type(value) is list and all(type(line) is str for line in value):
            value = "".join(value)
        if type(value) is not str or wanted is None:
            return None
        self.total += len(value) if wanted == TEXT else 0
        if len(value) > (self.text_limit if wanted == TEXT else _WORD // 8) or self.total > self.total_limit:
            raise ValueError
        return clean(value) if wanted == TEXT else value


@dataclass
class _Reader:
    """Walks over the wanted part of one text. Every method takes a place and tells where it stopped."""

    data: bytes
    text_limit: int
    total_limit: int
    total: int = 0
    steps: int = 0

    def value(self, place: int, wanted: Wanted) -> tuple[Any, int]:
        first = self.data[place : place + 1]
        if isinstance(wanted, dict) and first == b"{":
            return self.members(place, wanted)
        if isinstance(wanted, Many) and first == b"[":
            return self.entries(place, wanted)
        if wanted == TEXT and first in (b'"', b"["):
            return self.text(place)
        end = self.skip(place)
        if wanted == WORD and first == b'"' and end - place <= _WORD:
            return self.loads(place, end), end
        if wanted == FLAG and self.data[place:end] in (b"true", b"false"):
            return end - place == 4, end
        return None, end

    def members(self, place: int, wanted: dict[str, Any]) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        place, more = self.first(place, b"}")
        while more:
            key, place = self.key(place)
            value, place = self.value(place, wanted.get(key))
            if key in wanted:
                found[key] = value
            place, more = self.following(place, b"}")
        return found, place

    def key(self, place: int) -> tuple[str, int]:
        found = _KEY.match(self.data, place)
        if found is None:
            raise self.broken(place)
        start, end = found.span(1)
        raw = self.data[start + 1 : end - 1] if end - start <= _WORD else b""
        return str(self.loads(start, end)) if b"\\" in raw else raw.decode("utf-8", "replace"), found.end()

    def entries(self, place: int, wanted: Many) -> tuple[list[Any], int]:
        found: list[Any] = []
        place, more = self.first(place, b"]")
        while more:
            if len(found) == wanted.limit:
                raise TooMuch(f"more than {wanted.limit:,} {wanted.name}")
            value, place = self.value(place, wanted.entry)
            found.append(value)
            place, more = self.following(place, b"]")
        return found, place

    def text(self, place: int) -> tuple[str | None, int]:
        strings = _STRINGS.match(self.data, place)
        end = strings.end() if strings else self.skip(place)
        if strings is None and self.data[place] != ord('"'):
            return None, end
        # Escaped characters have six bytes, but no text has only those.
        if end - place > 4 * self.text_limit + _WORD:
            raise TooMuch(f"more than {self.text_limit:,} characters in one cell")
        text = clean("".join(self.loads(place, end)))
        self.total += len(text)
        if len(text) > self.text_limit:
            raise TooMuch(f"more than {self.text_limit:,} characters in one cell")
        if self.total > self.total_limit:
            raise TooMuch(f"more than {self.total_limit:,} characters in all cells together")
        return text, end

    def skip(self, place: int) -> int:
        """The end of any value. Brackets are only counted: what is passed over need not be valid to the last comma."""
        first = self.data[place : place + 1]
        if first == b'"':
            return self.match(_STRING, place)
        if first not in (b"[", b"{"):
            return self.match(_SCALAR, place)
        depth, place = 1, place + 1
        while depth:
            place = self.match(_FLAT, place)
            bracket = self.data[place : place + 1]
            if bracket in (b"[", b"{"):
                depth += 1
            elif bracket in (b"]", b"}"):
                depth -= 1
            else:
                raise self.broken(place)
            place += 1
            self.step()
        return place

    def first(self, place: int, close: bytes) -> tuple[int, bool]:
        """Where the first entry begins, or the end of an empty value."""
        place = self.space(place + 1)
        return (place + 1, False) if self.data[place : place + 1] == close else (place, True)

    def following(self, place: int, close: bytes) -> tuple[int, bool]:
        """Where the next entry begins, or the end of the value."""
        self.step(_MEMBER)
        comma = _COMMA.match(self.data, place)
        if comma is not None:
            return comma.end(), True
        place = self.space(place)
        if self.data[place : place + 1] != close:
            raise self.broken(place)
        return place + 1, False

    def space(self, place: int) -> int:
        return self.match(_SPACE, place)

    def match(self, pattern: re.Pattern[bytes], place: int) -> int:
        found = pattern.match(self.data, place)
        if found is None:
            raise self.broken(place)
        return found.end()

    def loads(self, place: int, end: int) -> Any:
        raw = self.data[place:end]
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = raw.decode("latin-1")  # any byte is a character there: written by an editor that knows no UTF-8
        try:
            return _DECODER.decode(text)
        except ValueError:
            raise NotJson(place) from None

    def step(self, weight: int = 1) -> None:
        self.steps += weight
        if self.steps > _STEPS:
            raise TooMuch("too many values")

    def broken(self, place: int) -> NotJson:
        """The error at a place: did the text end, perhaps in a string that begins here, or is something wrong in it?"""
        if self.data[place : place + 1] == b'"':
            string = _STRING.match(self.data, place)
            return NotJson(place, ended=string is None or self.space(string.end()) == len(self.data))
        return NotJson(place, ended=place > 0 and self.match(_LETTERS, place) == len(self.data))
