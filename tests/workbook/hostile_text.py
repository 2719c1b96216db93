"""Texts that try to act on the page that shows them, and a reader of HTML which says what in a page could act."""

from __future__ import annotations

from html.parser import HTMLParser

__all__ = ["PAYLOADS", "RAN", "acting", "text_of"]

RAN = "window.__ran.push"  # what a payload calls when it runs

PAYLOADS = {
    "script": f"<script>{RAN}('script')</script>",
    "image": f'<img src="nowhere" onerror="{RAN}(\'image\')">',
    "svg": f"<svg onload=\"{RAN}('svg')\"><animate onbegin=\"{RAN}('animate')\" attributeName=x dur=1s></svg>",
    "frame": f"<iframe srcdoc=\"<script>parent.{RAN.removeprefix('window.')}('frame')</script>\"></iframe>",
    "frame address": f"<iframe src=\"javascript:parent.{RAN.removeprefix('window.')}('address')\"></iframe>",
    "entities": f"&lt;img src=nowhere onerror={RAN}(1)&gt; &#60;script&#62;{RAN}(2)&#60;/script&#62;",
    "diagram": f"```mermaid\n<img src=nowhere onerror={RAN}('diagram')>\n```",
    "diagram of entities": f"~~~ mermaid\n&lt;img src=nowhere onerror={RAN}('diagram')&gt;\n~~~",
    "link": f"[press](javascript:{RAN}('link')) [me](<javascript:{RAN}('link')>)",
    "reference": f"[press][x] [x]\n\n[x]: javascript:{RAN}('reference')",
    "autolink": f"<javascript:{RAN}('autolink')>",
    "picture": "![x](https://example.org/seen.png) ![y](attachment:none.png)",
    "formula": f"$\\href{{javascript:{RAN}('formula')}}{{x}}$ and $$\\style{{background:url(//example.org)}}{{y}}$$",
    "formula of entities": f"$\\h&#114;ef{{javascript:{RAN}('formula')}}{{x}}$ \\\\href{{javascript:{RAN}(3)}}{{x}}",
    "macro": f"$\\def\\x{{\\href}}\\x{{javascript:{RAN}('macro')}}{{x}}$",
    "other formulas": (
        f"$\\mmlToken{{mi}}[href='javascript:{RAN}(4)']{{x}}$ $\\let\\a=\\href \\a{{javascript:{RAN}(5)}}{{x}}$ "
        "$\\class{full-credit}{x}\\cssId{double}{y}$ $\\unicode[a;background:url(//example.org)]{x41}$"
    ),
    "diagram after a wide blank": f"```\u2003mermaid\n<img src=nowhere onerror={RAN}('diagram')>\n```",
    "table": f"a|b\n-|-\n<img src=nowhere onerror={RAN}('table')>|[x](javascript:{RAN}('table'))",
    "list": f"- <details open ontoggle={RAN}('list')>\n  <summary>x</summary>\n- [ ] <b onclick={RAN}(1)>x</b>",
    "definition": f"word\n: <img src=nowhere onerror={RAN}('definition')>",
    "comment": f"<!-- --><img src=nowhere onerror={RAN}('comment')><?x ?><![CDATA[x]]>",
    "title": f"</title><script>{RAN}('title')</script>",
    "end of everything": f"</pre></code></textarea></div></body><script>{RAN}('end')</script>",
    "attribute": f"\" onmouseover=\"{RAN}('attribute')\" x='",
    "style": "<style>body{display:none}</style><link rel=stylesheet href=//example.org/x.css>",
    "form": f"<form action=//example.org><button formaction=javascript:{RAN}('form')>x</button></form>",
    "headings": (
        "# double\n\n## trace_of\n\nmean_trace\n===\n\nquestion_views-comment\n---\n\ntrace_of\n---===\n\n> # Meter\n\n1. # flipped"
    ),
    "object": f"<object data=\"javascript:{RAN}('object')\"></object><embed src=\"javascript:{RAN}('embed')\">",
}

_TAGS = {
    *("a", "p", "em", "strong", "del", "code", "pre", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "hr", "br"),
    *("table", "thead", "tbody", "tr", "th", "td", "input", "div", "span"),
}
_ATTRIBUTES = {
    "a": {"href": "http"},
    "input": {"type": "checkbox", "disabled": "", "class": "task-list-item-checkbox"},
    "li": {"class": "task-list-item"},
    "th": {"style": "text-align:"},
    "td": {"style": "text-align:"},
    "code": {"class": "language-"},
    "ol": {"start": ""},
}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        allowed = _ATTRIBUTES.get(tag, {})
        if tag not in _TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name not in allowed or not (value or "").startswith(allowed[name]):
                self.found.append(f"<{tag} {name}={value!r}>")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.found.append(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.found.append(f"<![{data}]>")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def acting(html: str) -> list[str]:
    """What is in rendered markdown beside text, lists, tables, code and links to web addresses: all that could act, or be an id."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found


def text_of(html: str) -> str:
    """The text that a page shows."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.texts)
