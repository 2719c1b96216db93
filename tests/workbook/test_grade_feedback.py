"""The feedback page: what a student reads of each outcome, and that nothing in it acts."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.workbook.hostile_text import PAYLOADS, text_of
from workbook.grade.book.scores import Points, Scores
from workbook.grade.records import Graded
from workbook.grade.report.feedback import feedback_page
from workbook.model import Chapter, Explanation, Part, Result, Status

every_payload = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())

TOLD = Explanation(
    "double", "value", "2 of 4 entries differ.", "double(x)   on the example", (("x", "[[1 2]\n [3 4]]"),), "[2 4]", "[1 4]",
    "at [0]: expected 2, got 1", "You multiplied every entry by itself.", "square", "Look at the factor.",
)  # fmt: skip


@pytest.fixture
def part(chapter: Chapter) -> Part:
    return chapter.parts[0]


def graded(part: Part, *results: Result, **more: Any) -> Graded:
    """A result of these exercises; the other tested ones passed."""
    given = {result.exercise: result for result in results}
    tested = [exercise.name for exercise in part.exercises if exercise.kind != "question"]
    complete = tuple(given.get(name, Result(name, Status.PASSED, "passed")) for name in tested)
    return replace(Graded("ann", part.name, seed=4711, results=complete, written={"question_views": "Shared."}), **more)


def scored(part: Part, *points: Points, late: float | None = None) -> Scores:
    """These points; the other exercises have all of theirs."""
    given = {entry.exercise: entry for entry in points}
    full = (Points(exercise.name, exercise.points, exercise.points) for exercise in part.exercises)
    return Scores(tuple(given.get(entry.exercise, entry) for entry in full), late)


class _Page(HTMLParser):
    """The text of each element that has an id, and of the head of the page; and every tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"": []}
        self.ids: list[str] = []
        self.section = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        name = dict(attrs).get("id")
        if name:
            self.ids.append(name)
            self.section = name
            self.texts.setdefault(name, [])

    def handle_endtag(self, tag: str) -> None:
        if tag == "section":
            self.section = ""

    def handle_data(self, data: str) -> None:
        if data.strip() and self.tags[-1][0] != "style":
            self.texts[self.section].append(data.strip())

    def text(self, section: str = "") -> str:
        return " ".join(self.texts[section])


def page(graded: Graded, scores: Scores | None, chapter: Chapter, part: Part, **more: Any) -> _Page:
    return _Page(feedback_page(graded, scores, chapter, part, **more))


# --- what is said -------------------------------------------------------------------------------------------------------


def test_a_failure_is_explained(chapter: Chapter, part: Part) -> None:
    result = Result("double", Status.FAILED, TOLD.fact, TOLD, notes=("Something else.",), printed="I was here")
    found = page(
        graded(part, result), scored(part, Points("double", 2, 0)), chapter, part, answers={"double": "def double(x): ..."}
    )
    text = found.text("double")
    assert text.startswith("✗ double not right yet 0 / 2")
    for label, content in TOLD.rows():
        assert label.strip() in text.lower() and " ".join(content.split()) in " ".join(text.split()), label
    assert "Something else." in text and "I was here" in text and "def double(x): ..." in text


def test_a_passed_exercise_takes_one_line_and_folds_the_answer_in(chapter: Chapter, part: Part) -> None:
    found = page(graded(part), scored(part), chapter, part, answers={"double": "my answer"})
    assert found.text("double") == "✓ double passed 2 / 2 Your answer my answer"
    assert ("details", {}) in found.tags and not any("open" in attributes for _, attributes in found.tags)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (Result("double", Status.UNSOLVED, "x"), "○ double not written 0 / 2 Not written yet: the stub is still there."),
        (Result("double", Status.MISSING, "There is no halve."), "– double not found 0 / 2 There is no halve."),
        (Result("double", Status.ERROR, "KeyError"), "! double not tested 0 / 2 Not tested, which is not your fault."),
        (Result("double", Status.FAILED, "it is wrong."), "✗ double not right yet 0 / 2 It is wrong."),
    ],
)
def test_other_outcomes(chapter: Chapter, part: Part, result: Result, said: str) -> None:
    text = page(graded(part, result), scored(part, Points("double", 2, 0)), chapter, part).text("double")
    assert text.startswith(said)
    assert "KeyError" not in text


def test_an_exercise_without_a_result_was_not_tested(chapter: Chapter, part: Part) -> None:
    one = graded(part)
    text = page(replace(one, results=one.results[1:]), scored(part), chapter, part).text("double")
    assert "not tested" in text and "passed" not in text


def test_of_hidden_tests_only_the_outcome_is_said(chapter: Chapter, part: Part) -> None:
    secret = replace(TOLD, fact="SECRET", call="SECRET", arguments=(("SECRET", "SECRET"),), expected="SECRET", got="SECRET")
    secret = replace(secret, first="SECRET", advice="SECRET", reason="shape")
    one = graded(part, Result("double", Status.FAILED, "SECRET", secret, notes=("SECRET",), printed="SECRET"), hidden=("double",))
    html = feedback_page(one, scored(part), chapter, part)
    assert "SECRET" not in html
    text = _Page(html).text("double")
    assert "Passes the test in your notebook, and fails on other inputs." in text
    assert TOLD.mistake in text and "wrong shape there" in text
    assert "SECRET" in feedback_page(replace(one, hidden=()), scored(part), chapter, part)


def test_what_is_to_be_looked_at_comes_first(chapter: Chapter, part: Part) -> None:
    found = page(graded(part, Result("trace_of", Status.FAILED, "x", TOLD)), scored(part), chapter, part)
    passed = [exercise.name for exercise in part.exercises if exercise.name not in ("trace_of", "question_views")]
    assert found.ids == ["trace_of", "question_views", *passed]
    links = [attributes["href"] for tag, attributes in found.tags if tag == "a"]
    assert links == [f"#{exercise.name}" for exercise in part.exercises], "all at a glance, in the notebook's order"


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([], "All 7 exercises pass."),
        ([Result("double", Status.FAILED, "x")], "6 of 7 exercises pass; 1 not right yet."),
        (
            [Result("double", Status.UNSOLVED, "x"), Result("flipped", Status.MISSING, "x"), Result("Meter", Status.ERROR)],
            "4 of 7 exercises pass; 1 not written, 1 not found in the notebook, 1 not tested.",
        ),
    ],
)
def test_the_head_sums_it_up(chapter: Chapter, part: Part, results: list[Result], said: str) -> None:
    text = page(graded(part, *results), scored(part), chapter, part).text()
    assert said in text
    assert part.title in text and "Feedback for ann" in text


# --- points and people --------------------------------------------------------------------------------------------------


def test_the_total_and_the_late_penalty(chapter: Chapter, part: Part) -> None:
    maximum = part.points
    assert f"{maximum} / {maximum} points" in page(graded(part), scored(part), chapter, part).text()
    text = page(graded(part), scored(part, late=1.5), chapter, part).text()
    assert f"{maximum - 1.5:g} / {maximum} points" in text
    assert f"{maximum} earned, 1.5 taken off for being late." in text


def test_points_that_wait_for_a_person(chapter: Chapter, part: Part) -> None:
    found = page(graded(part), scored(part, Points("question_views", 2, None, needs_manual=True)), chapter, part)
    assert "2 of the points are still to be given by a person." in found.text()
    assert found.text("question_views").startswith("… question_views to be graded … / 2 Shared.")


def test_a_written_answer_graded_by_a_person(chapter: Chapter, part: Part) -> None:
    points = Points("question_views", 2, None, 1.5, comment="Say **which** memory.\nThen why.")
    text = page(graded(part), scored(part, points), chapter, part).text("question_views")
    assert "graded by a person 1.5 / 2 Shared." in text
    assert "Comment Say **which** memory.\nThen why." in text


def test_a_written_answer_that_is_missing(chapter: Chapter, part: Part) -> None:
    points = Points("question_views", 2, 0.0, comment="No response.")
    one = graded(part, written={"question_views": None})
    assert page(one, scored(part, points), chapter, part).text("question_views") == "– question_views not answered 0 / 2"


def test_points_given_by_hand_are_told_apart(chapter: Chapter, part: Part) -> None:
    result = Result("double", Status.FAILED, TOLD.fact, TOLD)
    points = Points("double", 2, 0, 1, 0.5, comment="Half.")
    text = page(graded(part, result), scored(part, points), chapter, part).text("double")
    assert "1.5 / 2" in text and "Points: 1 by hand, where the test gave 0, 0.5 extra." in text and "Comment Half." in text


def test_without_a_gradebook_there_are_no_scores(chapter: Chapter, part: Part) -> None:
    found = page(graded(part), None, chapter, part)
    assert "2 points" in found.text("double") and "1 point" in found.text("quiz_axis")
    assert " / " not in found.text()


# --- the rest of the page -------------------------------------------------------------------------------------------------


def test_a_submission_that_was_not_graded(chapter: Chapter, part: Part) -> None:
    one = Graded("ann", part.name, seed=99, not_graded="part1_small.ipynb ends in the middle (line 3)", notes=("a note",))
    text = page(one, None, chapter, part).text()
    assert "This submission was not graded: part1_small.ipynb ends in the middle (line 3)." in text
    assert "hand it in again" in text and "a note" in text
    assert "pass" not in text and "99" not in text


def test_notes_seed_and_missing_isolation_are_said(chapter: Chapter, part: Part) -> None:
    text = page(graded(part, notes=("cell 7: left out.",), unsafe=True, submission="abcdef012345"), None, chapter, part).text()
    assert "cell 7: left out." in text and "seed 4711" in text and "abcdef01" in text and "without isolation" in text
    assert "without isolation" not in page(graded(part), None, chapter, part).text()


def test_a_long_answer_is_cut(chapter: Chapter, part: Part) -> None:
    html = feedback_page(graded(part), scored(part), chapter, part, {"double": "x" * 1_000_000})
    assert len(html) < 100_000 and "more characters were left out" in html


# --- hostile text ---------------------------------------------------------------------------------------------------------


def hostile(part: Part, payload: str) -> tuple[Graded, Scores, dict[str, str]]:
    """A result in which everything that may come from a student is that text."""
    told = Explanation("double", "raised", payload, payload, ((payload, payload),), payload, payload, payload, "", "", payload)
    results = (
        Result("double", Status.FAILED, payload, told, notes=(payload,), printed=payload),
        Result("flipped", Status.MISSING, payload),
        Result("Meter", Status.PASSED, payload, notes=(payload,), printed=payload),
        Result("trace_of", Status.FAILED, payload),
    )
    one = graded(part, *results, student=payload, written={"question_views": payload}, notes=(payload,), submission=payload)
    return one, scored(part, Points("question_views", 2, None, 1, comment=payload)), {"double": payload, "Meter": payload}


@every_payload
def test_no_text_adds_a_tag_or_an_attribute(chapter: Chapter, part: Part, payload: str) -> None:
    """The page has the same elements with and without it, but for the text."""
    one, scores, answers = hostile(part, "plain words")
    plain = page(one, scores, chapter, part, answers=answers)
    one, scores, answers = hostile(part, payload)
    html = feedback_page(one, scores, chapter, part, answers)
    assert _Page(html).tags == plain.tags
    assert html.count(escape(payload.strip())) > 10 or "\n" in payload
    assert "<script" not in html
    assert payload.split()[0] in text_of(html)


def test_a_reason_for_not_grading_is_escaped(chapter: Chapter, part: Part) -> None:
    one = Graded("<b>", part.name, not_graded=PAYLOADS["image"])
    html = feedback_page(one, None, chapter, part)
    assert "<img" not in html and "<b></b>" not in html and "&lt;img" in html


def test_the_pages_own_policy_lets_nothing_run(chapter: Chapter, part: Part) -> None:
    html = feedback_page(graded(part), None, chapter, part)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None and "default-src 'none'" in policy[1] and "script-src" not in policy[1]
    assert html.index("Content-Security-Policy") < html.index("<title>")
    assert not re.search(r"https?://|src=|@import|url\(", html), "everything is in the page itself"


def test_every_text_can_be_written(chapter: Chapter, part: Part) -> None:
    one, scores, answers = hostile(part, "\ud800 \x00 \x1b[31m \u202e x")
    html = feedback_page(one, scores, chapter, part, answers)
    html.encode("utf-8")
    assert not any(letter in html for letter in "\x00\x1b\u202e")
