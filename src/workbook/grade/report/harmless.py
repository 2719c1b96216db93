"""A student's text for pages on which it must not act: a tag, a link, a macro or a heading in it stays text.

nbgrader's pages render markdown as it comes, raw HTML and `javascript:` links included. Everything here works on characters, and
knows nothing of a renderer: where `<` is never followed by a letter there is no tag, whatever reads it.
"""

from __future__ import annotations

import re

__all__ = ["clean", "code", "cut", "markdown", "verbatim"]

# Characters that no page can show, halves of a pair that no encoding can write, and those which turn the direction of a line
# around, so that code reads differently from what it does (Boucher and Anderson, "Trojan Source", 2021).
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")

_APART = "\u200b"  # no blank and no letter: what it is put between is no longer one thing
# Macros of MathJax that make links, styles and other macros.
_MACROS = (
    "href|url|class|style|cssId|require|mmlToken|unicode|bbox|data|html\\w*|includegraphics|csname|"
    "[gex]?def|let|(?:re)?newcommand|(?:re)?newenvironment|DeclareMathOperator|input"
)
_BROKEN = (
    (re.compile(r"<(?=[A-Za-z/!?])"), "< "),  # tags, comments, <javascript:...>
    (re.compile(r"&(?=[#\w][^\s&;]{0,40};)"), "& "),  # entities, which would bring back what is broken here
    (re.compile(r"\](?=[(:\[])"), "] "),  # links and images, the places that they may name, and attachments
    (re.compile(rf"\\(?=(?:{_MACROS})(?![A-Za-z]))"), r"\\ "),
    # A heading gets an id, and nbgrader's page looks its input fields up by id. Underlined ones first: they reach over two lines.
    (re.compile(r"^([ \t>]*)(?=[=-]+[ \t]*$)", re.MULTILINE), rf"\1{_APART}"),
    (re.compile(r"^([ \t>*+\-:\d.)]*)(?=#)", re.MULTILINE), rf"\1{_APART}"),
    # Code in a fence stays without colours: a diagram would be put on the page unescaped, and some text takes minutes to colour.
    (re.compile(r"((?:`{3,}|~{3,})[^\S\n]*)(?=[^\s`~])"), rf"\1{_APART}"),
)
# The page's renderers take time with the square of what they are given, or worse: 25,000 blank lines keep the one that colours
# code busy for minutes, and nbgrader's server answers nobody meanwhile. Up to these sizes any text takes about a second at most.
_RENDERED = 10_000
_LINE = 1_000
_BLANK = re.compile(r"\n{10,}")


def clean(text: str) -> str:
    """The text with one kind of line end, and a mark in place of each character that cannot or must not be shown.

    >>> clean("a\\r\\nb\\x00")
    'a\\nb\ufffd'
    """
    return _UNFIT.sub("\ufffd", _LINE_ENDS.sub("\n", text))


def cut(text: str, length: int) -> str:
    """At most `length` characters, and a line that says how many are missing."""
    return text if len(text) <= length else f"{text[:length]}\n[{len(text) - length} more characters were left out]"


def code(text: str, length: int = 20_000) -> str:
    """Code to be coloured: not longer than that, no endless line, no blanks at the ends of lines, few blank lines together.

    >>> code("x = 1   \\n\\ny = 2")
    'x = 1\\n\\ny = 2'
    """
    lines = (line if len(line) <= _LINE else f"{line[:_LINE]} [...]" for line in cut(clean(text), length).split("\n"))
    return _BLANK.sub("\n" * 10, "\n".join(line.rstrip() for line in lines))


def markdown(text: str) -> str:
    """Markdown in which emphasis, lists, tables, code and formulas work, and nothing else; very long text comes as it is written.

    >>> markdown("**so**: [x](javascript:alert()) <b>")
    '**so**: [x] (javascript:alert()) < b>'
    """
    text = clean(text)
    if len(text) > _RENDERED:
        return verbatim(text)
    for pattern, apart in _BROKEN:
        text = pattern.sub(apart, text)
    return text


def verbatim(text: str) -> str:
    """A markdown cell that shows the text character by character."""
    text = clean(text)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}\n{text}\n{fence}"
