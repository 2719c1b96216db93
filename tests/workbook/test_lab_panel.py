"""The progress panel and the home page. The panel in a browser is in test_browser.py."""

from __future__ import annotations

import json
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

import workbook
from workbook.errors import BadInput
from workbook.lab import panel
from workbook.lab.homepage import write_home_page
from workbook.lab.panel import progress_html, progress_text, show_progress
from workbook.lab.progress import Progress
from workbook.lab.summary import summarise
from workbook.model import Home, Result, Status


def ran(home: Home, exercise: str, status: Status) -> None:
    Progress(home.work_dir).record("small_course", "part1_small", Result(exercise, status))


class Words(HTMLParser):
    """The text of a page, and its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.links += [str(value) for name, value in attributes if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_panel_says_in_words_what_its_bars_show(home: Home) -> None:
    ran(home, "double", Status.PASSED)
    ran(home, "flipped", Status.FAILED)
    summary = summarise(home)
    page = Words(progress_html(summary))
    text = " ".join(page.words)
    assert "First steps" in text and "1 of 7 solved, 1 tried" in text and "2 tests run in about a minute of work." in text
    assert page.links == ["part1_small.ipynb", "part1_small.ipynb"] and not page.open
    assert progress_text(summary).splitlines() == [
        "1 of 7 solved, 1 tried       part1_small  First steps",
        "Next: flipped, in part1_small.",
        "2 tests run in about a minute of work.",
    ]


def test_titles_are_text_and_no_html(home: Home) -> None:
    toml = home.root / "small_course" / "chapter.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("First steps", "<b>First</b> steps"), encoding="utf-8")
    assert "&lt;b&gt;First&lt;/b&gt; steps" in progress_html(summarise(Home(home.root)))


def test_when_all_is_solved_nothing_is_next(home: Home) -> None:
    for exercise in home.parts()[0][1].exercises:
        ran(home, exercise.name, Status.PASSED)
    summary = summarise(home, today=date.today())
    assert "Everything is solved." in progress_html(summary) and progress_html(summary).count("<a ") == 1


def test_without_a_notebook_it_is_printed(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(home.root)
    workbook.progress()
    assert capsys.readouterr().out == "0 of 7 solved                part1_small  First steps\nNext: double, in part1_small.\n"


def test_in_a_notebook_it_follows_the_work_and_says_the_same_without_widgets(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("anywidget")
    import IPython
    import IPython.display

    shown: list[dict[str, str]] = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: shown.append(data))
    show_progress(home)
    assert {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"} <= shown[0].keys()
    (widget,) = panel._open
    assert widget.html == progress_html(summarise(home))
    still = shown[0]["text/html"]
    assert still.startswith(widget.html) and "run this cell again" in still
    ran(home, "double", Status.PASSED)
    panel.refresh()
    assert "1 of 7 solved" in widget.html
    Progress(home.work_dir).path.write_text("no database" * 100, encoding="utf-8")
    before = widget.html
    panel.refresh()
    assert widget.html == before, "a record that cannot be read changes nothing"
    panel._open.clear()


def test_the_home_page_is_a_notebook_with_every_part(home: Home) -> None:
    import nbformat

    ran(home, "double", Status.PASSED)
    path = write_home_page(home)
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = notebook.cells[1]
    assert code.source.endswith("workbook.progress()") and "1 of 7 solved" in code.outputs[0].data["text/html"]
    assert "[First steps](part1_small.ipynb): Arrays, a class and two questions. About 42 min." in notebook.cells[2].source
    ran(home, "flipped", Status.PASSED)
    assert "2 of 7 solved" in json.dumps(nbformat.read(write_home_page(home), as_version=4))


def test_without_parts_there_is_no_home_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBOOK_WORK", raising=False)
    with pytest.raises(BadInput, match=r"There is no part in any chapter of .*\nAdd one: workbook new part NAME"):
        write_home_page(Home(tmp_path))
