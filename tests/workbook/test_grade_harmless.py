"""Students' text on nbgrader's pages: rendered by nbconvert's own renderer, and found to be nothing but text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workbook.hostile_text import PAYLOADS, acting, text_of
from workbook.build.formats import nbformat_module
from workbook.grade.report import harmless

nbformat_module()
renderer = pytest.importorskip("nbconvert.filters.markdown_mistune", reason="what nbgrader's pages render markdown with")

every_payload = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
_MACRO = re.compile(r"\\(href|style|def|class|url|require|cssId|let|newcommand|mmlToken|unicode)(?![A-Za-z])")

# What markdown is made of, so that every second example has a construct in it.
_PIECES = st.sampled_from(
    [
        *PAYLOADS.values(),
        *"<>&[]()!`~*_-=+#|:\\/ \n\t$\"'",
        "\n\n", "\n> ", "\n- ", "\n1. ", "\n    ", "\n: ", "```", "~~~", "$$", "\\\\[", "\\begin{a}", "\\end{a}", "---", "===", "\n---===\n", "\u2003",
        "<script>", "](", "]:", "][", "<!--", "javascript:alert()", "https://example.org", "mermaid", "# x", "&lt;", "&#60;", "x",
        "\\href{javascript:alert()}{x}", "href", "{", "}", "\r", "\x0b", "\x0c", "\u2028", "\ud800", "\u202e", "\x00", "- [ ] ", "a|b\n-|-\n",
    ]
)  # fmt: skip
_TEXTS = st.lists(st.one_of(_PIECES, st.text(max_size=4)), max_size=25).map("".join)


def rendered(source: str) -> str:
    return str(renderer.markdown2html_mistune(source))


@pytest.mark.parametrize("name", ["script", "image", "link", "reference", "autolink", "diagram", "table", "headings", "comment"])
def test_payloads_do_act_where_nothing_is_done(name: str) -> None:
    """So the tests below can fail."""
    assert acting(rendered(PAYLOADS[name]))


@every_payload
def test_a_payload_is_text_in_markdown(payload: str) -> None:
    html = rendered(harmless.markdown(payload))
    assert acting(html) == []
    assert not _MACRO.search(text_of(html))


@every_payload
def test_a_payload_is_text_as_it_is_written(payload: str) -> None:
    html = rendered(harmless.verbatim(payload))
    assert acting(html) == []
    assert text_of(html).strip() == payload.strip()


@settings(max_examples=400)
@given(_TEXTS)
def test_no_markdown_acts(text: str) -> None:
    html = rendered(harmless.markdown(text))
    assert acting(html) == []
    assert not _MACRO.search(text_of(html))
    html.encode("utf-8")


@settings(max_examples=200)
@given(_TEXTS)
def test_nothing_acts_as_it_is_written(text: str) -> None:
    assert acting(rendered(harmless.verbatim(text))) == []


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* and **b**", "<em>a</em> and <strong>b</strong>"),
        ("- one\n- two", "<li>one</li>"),
        ("a `x < y` b", "<code>x &lt; y</code>"),
        ("$a < b$", "$a &lt; b$"),
        ("```\nif x:\n    pass\n```", "if x:\n    pass"),
        ("a|b\n-|-\n1|2", "<td>1</td>"),
        ("see https://numpy.org/doc", '<a href="https://numpy.org/doc">'),
        ("x[i, j] is 3", "x[i, j] is 3"),
    ],
)
def test_honest_markdown_is_still_rendered(text: str, html: str) -> None:
    assert html in rendered(harmless.markdown(text))


def test_long_markdown_is_shown_as_it_is_written() -> None:
    text = "**so** " * 2_000
    assert harmless.markdown(text) == harmless.verbatim(text)
    assert "<strong>" not in rendered(harmless.markdown(text))


def test_a_fence_is_longer_than_every_run_in_the_text() -> None:
    assert harmless.verbatim("a ```` b").splitlines() == ["`````", "a ```` b", "`````"]


def test_characters_that_cannot_be_shown_are_marked() -> None:
    assert harmless.clean("a\x00b\x1b[1mc\ud800d\u202ee\u2066f\x85") == "a�b�[1mc�d�e�f�"
    assert harmless.clean("ä é 漢字 שלום \U0001f600\tx\n") == "ä é 漢字 שלום \U0001f600\tx\n"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\u2028", "\u2029"])
def test_there_is_one_kind_of_line_end(end: str) -> None:
    assert harmless.clean(f"a{end}b") == "a\nb"


def test_what_is_cut_says_so() -> None:
    assert harmless.cut("abc", 3) == "abc"
    assert harmless.cut("abcdef", 3) == "abc\n[3 more characters were left out]"


def test_code_stays_as_it_is() -> None:
    source = 'def f(x: int) -> int:\n    """Twice <b>x</b>."""\n\n\n    return 2 * x  # & done'
    assert harmless.code(source) == source


def test_code_that_is_slow_to_colour_is_shortened() -> None:
    assert harmless.code("x = 1\n" + " \n" * 5_000 + "y = 2") == "x = 1" + "\n" * 10 + "y = 2"
    line = "a." * 5_000
    assert harmless.code(line) == line[:1_000] + " [...]"
    assert len(harmless.code("x = 1\n" * 100_000)) < 21_000
