"""The graded course in nbgrader's own formgrader and as feedback pages, in a real browser: it works, and no student's text acts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.workbook.browser import CHROMIUM
from tests.workbook.conftest import write_home
from tests.workbook.coursefolder import PART, course_folder
from tests.workbook.hostile_text import PAYLOADS
from workbook.build.notebooks import build_notebook
from workbook.grade.book.course import Course, Submitted, open_course
from workbook.grade.book.gradebook import Book
from workbook.grade.reading.submission import read_submission
from workbook.grade.records import Graded
from workbook.grade.report.autograded import answers_in, autograded_notebook
from workbook.grade.report.feedback import feedback_page
from workbook.model import Chapter, Explanation, Part, Result, Status

playwright = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")
if not CHROMIUM.exists():
    pytest.skip(f"browser tests need Debian's chromium at {CHROMIUM}", allow_module_level=True)

# Odd, and right: each of these characters stands for something on some page.
ODD = "o'neill & søn 李"
# A page that takes a name's text for HTML once more would make a picture of this one.
SLY = "&lt;img src=nowhere onerror=window.__ran.push('name')&gt;"
# A few payloads each, so that every one of them stands in every place.
HOSTILE = {f"hostile{n}": list(PAYLOADS.values())[n : n + 7] for n in range(0, len(PAYLOADS), 7)}
# nbgrader's pages take MathJax from the net, and their own script stops without it.
_MATHJAX = "window.MathJax={Hub:{Config(){},Queue(){},Startup:{signal:{Interest(f){setTimeout(()=>f('End'))}}}}}"
_RECORD = "window.__ran=[];window.alert=window.prompt=window.confirm=()=>{window.__ran.push('dialog')};"
# Each with the attributes that act; where the element itself is the thing, with all that it has.
_ACTING = """() => [...document.querySelectorAll('*')].flatMap(element => {
  const all = [...element.attributes];
  const own = all.filter(a => a.name.startsWith('on') || /^\\s*(javascript|data|vbscript):/i.test(a.value));
  const tag = ['SVG', 'IFRAME', 'OBJECT', 'EMBED', 'FORM', 'BASE', 'ANIMATE'].includes(element.tagName.toUpperCase());
  return tag || own.length ? [[element.tagName.toLowerCase(), ...(tag ? all : own).map(a => `${a.name}="${a.value}"`)]] : [];
})"""
_ROWS = "table tbody tr a"


@dataclass(frozen=True)
class Graders:
    """A course with graded submissions, and how to look at it."""

    course: Course
    chapter: Chapter
    part: Part
    environment: dict[str, str]

    def hand_in(self, student: str, payloads: Sequence[str] = (), *, raw: bool = False) -> None:
        """Grade a made-up submission: `double` fails, the rest passes; the payloads stand wherever a student can write.

        Args:
            raw: put them on the page as they are, as a grader would that takes no care.
        """
        notebook = _notebook(self.chapter, self.part, payloads)
        submission = read_submission({f"{PART}.ipynb": json.dumps(notebook).encode()}, self.chapter, self.part)
        notes = tuple(f"a note {payload}" for payload in payloads)
        results = _results(self.part, payloads)
        graded = Graded(student, PART, 7, "0" * 32, "1" * 32, results, written=submission.written, notes=notes)
        text = autograded_notebook(submission, graded, self.chapter, self.part)
        if raw:
            cells = json.loads(text)
            for number, payload in enumerate(payloads):
                cells["cells"].append({"cell_type": "markdown", "id": f"raw{number}", "source": payload, "metadata": {}})
            text = json.dumps(cells)
        with Book(self.course) as book:
            book.ensure(self.chapter, self.part)
            scores = book.write(graded, Submitted(student, self.course.submitted_dir(student, PART)))
        page = feedback_page(graded, scores, self.chapter, self.part, answers_in(text))
        for folder, name, content in (
            (self.course.autograded_dir(student, PART), f"{PART}.ipynb", text),
            (self.course.feedback_dir(student, PART), f"{PART}.html", page),
        ):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")

    def feedback(self, student: str) -> str:
        return (self.course.feedback_dir(student, PART) / f"{PART}.html").as_uri()

    def submission(self, student: str) -> str:
        """The id under which the formgrader has it."""
        from nbgrader.api import Gradebook

        with Gradebook(self.course.db_url) as gradebook:
            return str(gradebook.find_submission_notebook(PART, PART, student).id)

    def points(self, student: str, exercise: str) -> Any:
        with Book(self.course) as book:
            return book.scores(PART)[student].of(exercise)

    def nbgrader(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "nbgrader", *arguments]
        done = subprocess.run(
            command, cwd=self.course.folder, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _notebook(chapter: Chapter, part: Part, payloads: Sequence[str]) -> dict[str, Any]:
    """A submission with each payload in an answer, in cells of every kind and in all kinds of metadata."""
    notebook: dict[str, Any] = json.loads(json.dumps(build_notebook(chapter, part, "self-study")))
    for cell in notebook["cells"]:
        if cell["id"] == "answer-question_views":
            cell["source"] = "\n\n".join(payloads) or "Because *views* share memory."
        if cell["id"] == "answer-double":
            cell["source"] = "\n".join(["def double(x):", "    return 3 * x", *(repr(payload) for payload in payloads), *payloads])
    for payload in payloads:
        metadata = {"tags": [payload], "raw_mimetype": "text/html"}
        attachments = {"none.png": {"image/svg+xml": payload, "text/html": payload}}
        cell = {"source": payload, "metadata": metadata, "attachments": attachments, "outputs": [], "execution_count": None}
        notebook["cells"] += [{"cell_type": kind, **cell} for kind in ("markdown", "raw", "code")]
        notebook["metadata"] |= {"title": payload, "language_info": {"name": payload}, "widgets": {"x": payload}}
    return notebook


def _results(part: Part, payloads: Sequence[str]) -> tuple[Result, ...]:
    """`double` failed and says all payloads, the rest passed with one of them each as a note."""
    said = " ".join(payloads)
    told = Explanation("double", "value", f"All entries differ. {said}", said, ((said, said),), said, said, said, "", "", said)
    names = [exercise.name for exercise in part.exercises if exercise.kind != "question"]
    notes = [payloads[n : n + 1] for n in range(len(names))]
    passed = (Result(name, Status.PASSED, "passed", notes=tuple(note)) for name, note in zip(names[1:], notes, strict=False))
    return Result("double", Status.FAILED, told.fact, told, printed=said), *passed


@pytest.fixture(scope="module")
def graders(tmp_path_factory: pytest.TempPathFactory) -> Graders:
    root = tmp_path_factory.mktemp("graders")
    home = write_home(root / "home")
    settings = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        **{name: str(root / name) for name in settings},
    }
    course = open_course(course_folder(home, root / "course"))
    graders = Graders(course, home.chapters[0], home.chapters[0].parts[0], environment)
    graders.hand_in("ann")
    graders.hand_in(ODD)
    graders.hand_in(SLY)
    for student, payloads in HOSTILE.items():
        graders.hand_in(student, payloads)
    graders.hand_in("careless", [PAYLOADS[name] for name in ("script", "image", "svg", "link")], raw=True)
    return graders


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as tools:
        chromium = tools.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu", "--disable-quic"])
        yield chromium
        chromium.close()


@dataclass(frozen=True)
class Formgrader:
    """nbgrader's server, and tabs at it.

    Attributes:
        own: attributes in nbgrader's own pages; see `own_attributes`.
    """

    context: Any
    address: str
    graders: Graders
    own: frozenset[str]

    @contextmanager
    def page(self, path: str, selector: str) -> Iterator[Any]:
        """A page, once it shows what the selector says."""
        with opened(self.context, f"{self.address}/formgrader/{quote(path)}") as tab:
            tab.wait_for_selector(selector)
            yield tab

    def submission(self, student: str) -> Any:
        return self.page(f"submissions/{self.graders.submission(student)}/", "input#double[placeholder]")

    def acted(self, tab: Any) -> list[str]:
        """What ran, and what would act if somebody pointed at it, beside what is nbgrader's own."""
        return acted(tab, self.own)


@pytest.fixture(scope="module")
def formgrader(graders: Graders, browser: Any) -> Iterator[Formgrader]:
    with _server(graders) as (address, token):
        context = browser.new_context(extra_http_headers={"Authorization": f"token {token}"})
        context.add_init_script(_RECORD)
        context.route(re.compile("^https?://(?!127\\.0\\.0\\.1)"), _from_afar)
        yield Formgrader(context, address, graders, own_attributes())
        context.close()


def own_attributes() -> frozenset[str]:
    """The attributes in nbgrader's templates and scripts, where nothing is filled in: no text of a student is in them."""
    import nbgrader.server_extensions.formgrader as extension

    folder = Path(extension.__file__).parent
    paths = [*folder.glob("templates/**/*.tpl"), *folder.glob("templates/**/*.j2"), *folder.glob("static/js/*.js")]
    found = [re.findall(r"""\s([\w-]+)="([^"{}]*)\"""", path.read_text(encoding="utf-8")) for path in paths]
    return frozenset(f'{name if name == "viewBox" else name.lower()}="{value}"' for pairs in found for name, value in pairs)


@contextmanager
def _server(graders: Graders) -> Iterator[tuple[str, str]]:
    options = ["--no-browser", "--port=0", "--allow-root", f"--ServerApp.root_dir={graders.course.folder}"]
    options += ["--ServerApp.jpserver_extensions", "nbgrader.server_extensions.formgrader=True"]
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "server", *options],
        cwd=graders.course.folder,
        env={**graders.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        seen = []
        for line in process.stderr:
            seen.append(line)
            found = re.search(r"(http://127\.0\.0\.1:\d+)/\S*token=(\w+)", line)
            if found:
                break
        else:
            raise AssertionError("the server did not start:\n" + "".join(seen))
        with _drained(process):
            yield found[1], found[2]
    finally:
        process.terminate()
        process.communicate(timeout=60)  # closes the pipe, too


@contextmanager
def _drained(process: subprocess.Popen[str]) -> Iterator[None]:
    """Read on what the server says: it would stop at a full pipe."""
    assert process.stderr is not None
    reader = threading.Thread(target=process.stderr.read)
    reader.start()
    try:
        yield
    finally:
        process.terminate()
        reader.join()


def _from_afar(route: Any) -> None:
    if "mathjax" in route.request.url.lower():
        route.fulfill(body=_MATHJAX, content_type="text/javascript")
    else:
        route.abort()


@contextmanager
def opened(context: Any, address: str) -> Iterator[Any]:
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    try:
        tab.goto(address)
        tab.wait_for_load_state("networkidle")
        yield tab
    finally:
        tab.close()


def acted(tab: Any, own: frozenset[str] = frozenset()) -> list[str]:
    """What ran, and what would act if somebody pointed at it, but for elements with nothing but attributes of nbgrader's own."""
    found = (entry for entry in tab.evaluate(_ACTING) if len(entry) == 1 or not own.issuperset(entry[1:]))
    return [*map(str, tab.evaluate("window.__ran")), *map(" ".join, found)]


# --- the formgrader -----------------------------------------------------------------------------------------------------


def test_a_careless_grader_would_be_found_out(formgrader: Formgrader) -> None:
    """So the tests below can fail."""
    with formgrader.submission("careless") as tab:
        found = formgrader.acted(tab)
    assert {"script", "image", "svg"} <= set(found)
    assert any("javascript:" in entry for entry in found)
    assert any(entry.startswith("svg onload=") for entry in found)


def test_what_is_nbgraders_own_is_known(formgrader: Formgrader) -> None:
    with formgrader.submission("ann") as tab:
        assert acted(tab), "nbgrader has buttons of its own, and they are told from what a student brings"
        assert formgrader.acted(tab) == []


@pytest.mark.parametrize("student", ["ann", ODD])
def test_scores_and_results_are_shown(formgrader: Formgrader, graders: Graders, student: str) -> None:
    with formgrader.submission(student) as tab:
        scores = {field.get_attribute("id"): field.get_attribute("placeholder") for field in tab.query_selector_all("input.score")}
        expected = {exercise.name: str(exercise.points) for exercise in graders.part.exercises}
        assert scores == expected | {"double": "0", "question_views": None}
        assert "needs_manual_grade" in tab.get_attribute("#question_views", "class")
        text = tab.inner_text("#notebook")
        assert "✗ double: All entries differ." in text and "✓ trace_of: passed" in text
        assert "return 3 * x" in text
        assert tab.inner_html("em:has-text('views')") == "views", "a written answer is rendered"
        commented = [exercise for exercise in graders.part.exercises if exercise.kind != "quiz"]
        assert tab.locator("textarea.comment").count() == len(commented)
        assert formgrader.acted(tab) == []


def test_a_manual_score_a_comment_and_extra_credit_can_be_entered(formgrader: Formgrader, graders: Graders) -> None:
    assert graders.points("ann", "question_views").manual is None
    with formgrader.submission("ann") as tab:
        entered = {"": "1.5", "_extra_credit": "0.5", "-comment": "Which memory?"}
        for field, value in entered.items():
            kind = "comment" if field == "-comment" else "grade"
            with tab.expect_response(lambda said, kind=kind: said.request.method == "PUT" and f"/api/{kind}/" in said.url) as saved:
                tab.fill(f"#question_views{field}", value)
                tab.locator(f"#question_views{field}").blur()
            assert saved.value.ok and value in saved.value.text()
            tab.wait_for_function("jQuery.active === 0")  # until the page has dealt with the answer: it fills the fields in anew
    points = graders.points("ann", "question_views")
    assert (points.manual, points.extra_credit, points.comment, points.needs_manual) == (1.5, 0.5, "Which memory?", False)
    with formgrader.submission("ann") as tab:
        tab.wait_for_function("document.querySelector('#question_views').value === '1.5'")


@pytest.mark.parametrize("student", [*HOSTILE, SLY])
def test_no_text_of_a_student_acts_in_the_formgrader(formgrader: Formgrader, student: str) -> None:
    asked: list[str] = []
    formgrader.context.on("request", lambda request: asked.append(request.url))
    with formgrader.submission(student) as tab:
        assert formgrader.acted(tab) == []
        scores = [tab.get_attribute(f"#{name}", "placeholder") for name in ("double", "trace_of", "mean_trace")]
        assert scores == ["0", "3", "3"], "the scores are still there"
        assert HOSTILE.get(student, ["double"])[0].split()[0] in tab.inner_text("#notebook")
    assert asked
    assert not [address for address in asked if "example.org" in address or "nowhere" in address]


@pytest.mark.parametrize("student", [ODD, SLY])
@pytest.mark.parametrize(
    "page", ["manage_submissions/{part}", "gradebook/{part}/{part}", "manage_students", "manage_students/{student}"]
)
def test_the_lists_of_students_open(formgrader: Formgrader, page: str, student: str) -> None:
    with formgrader.page(page.format(part=PART, student=student), _ROWS) as tab:
        assert tab.evaluate("window.__ran") == []
        assert formgrader.acted(tab) == []


# --- feedback -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_feedback_page_reads_well(browser: Any, graders: Graders, dark: bool) -> None:
    context = browser.new_context(viewport={"width": 800, "height": 900}, color_scheme="dark" if dark else "light")
    with opened(context, graders.feedback(ODD)) as tab:
        assert ODD in tab.inner_text("header")
        assert "6 of 7 exercises pass; 1 not right yet." in tab.inner_text("header")
        assert "All entries differ." in tab.inner_text("#double")
        assert tab.evaluate("document.documentElement.scrollWidth <= 800"), "nothing hangs out of the page"
        page, ink = (tab.evaluate(f"getComputedStyle(document.body).{name}") for name in ("backgroundColor", "color"))
        lightness = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (page, ink)]
        assert (lightness[0] < lightness[1]) is dark
        assert not tab.is_visible("#trace_of pre")
        tab.click("#trace_of summary")
        assert tab.is_visible("#trace_of pre")
    context.close()


@pytest.mark.parametrize("student", HOSTILE)
def test_no_text_of_a_student_acts_on_the_feedback_page(browser: Any, graders: Graders, student: str) -> None:
    context = browser.new_context()
    context.add_init_script(_RECORD)
    requests: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    with opened(context, graders.feedback(student)) as tab:
        assert acted(tab) == []
    assert requests == [graders.feedback(student)]
    context.close()


def test_nbgraders_own_feedback_of_the_same_notebooks(browser: Any, graders: Graders) -> None:
    """`nbgrader generate_feedback` takes our autograded notebooks; nothing acts on its pages either."""
    graders.nbgrader("generate_feedback", f"--assignment={PART}", "--force")
    context = browser.new_context()
    context.add_init_script(_RECORD)
    context.route(re.compile("^https?://"), _from_afar)
    with opened(context, graders.feedback("careless")) as tab:
        assert "script" in acted(tab), "so the rest of this test can fail"
    with opened(context, graders.feedback(ODD)) as tab:
        text = tab.inner_text("body")
        assert "✗ double: All entries differ." in text
        assert re.search(r"Score: 14\.0 / 18\.0", text), text[:300]
        assert acted(tab) == []
    for student in HOSTILE:
        with opened(context, graders.feedback(student)) as tab:
            assert acted(tab) == []
    context.close()
