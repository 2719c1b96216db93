"""Help in steps: what a student is offered after one, two, three failed tries, and the solution when it is asked for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workbook.build.notebooks import build_notebook
from workbook.errors import BadInput
from workbook.lab import notebook
from workbook.lab.help import Offer, offer, solution_text
from workbook.lab.progress import Progress
from workbook.model import Chapter, Explanation, Home, Result, Status
from workbook.model.help import HelpPolicy

FAILED = Result("double", Status.FAILED, "no", Explanation("double", "value", "no"))
PASSED = Result("double", Status.PASSED, "passed")


def tried(home: Home, *results: Result) -> None:
    for result in results:
        Progress(home.work_dir).record("small_course", "part1_small", result)


def offered(home: Home, chapter: Chapter) -> Offer:
    return offer(home, chapter, chapter.exercises["double"])


def test_each_failed_try_offers_more(home: Home, chapter: Chapter) -> None:
    chapter = replace(chapter, help=HelpPolicy(after=(1, 2), in_notebook=False))
    tried(home, FAILED)
    first = offered(home, chapter)
    assert (first.hints, first.total, first.solution) == (("Both are one multiplication.",), 2, False)
    assert "<summary>Hint 1 of 2</summary>" in first.markdown("double") and "One more hint comes" in first.markdown("double")
    tried(home, FAILED)
    assert len(offered(home, chapter).hints) == 2
    tried(home, FAILED)
    text = offered(home, chapter).markdown("double")
    assert "Hint 2 of 2" in text and 'tests.solution("double")' in text and "more hint" not in text


def test_where_all_fold_out_below_the_newest_is_enough(home: Home, chapter: Chapter) -> None:
    tried(home, FAILED, FAILED, FAILED)
    text = offered(home, chapter).markdown("double")
    assert "Hint 1" not in text and "Hint 2 of 2" in text and 'tests.solution("double")' in text


def test_a_pass_and_a_reset_begin_again(home: Home, chapter: Chapter) -> None:
    chapter = replace(chapter, help=HelpPolicy(after=(1, 2), in_notebook=False))
    tried(home, FAILED, FAILED, FAILED, PASSED, FAILED)
    assert len(offered(home, chapter).hints) == 1
    tried(home, FAILED, FAILED)
    Progress(home.work_dir).reset("small_course", "part1_small", "double")
    tried(home, FAILED)
    assert len(offered(home, chapter).hints) == 1


def test_a_record_that_cannot_be_read_costs_no_hint(home: Home, chapter: Chapter) -> None:
    tried(home, FAILED)
    Progress(home.work_dir).path.write_text("no database" * 100, encoding="utf-8")
    assert len(offered(home, chapter).hints) == 2


def test_the_solution_is_shown_when_it_may_be(home: Home, chapter: Chapter) -> None:
    exercise = chapter.exercises["double"]
    tried(home, FAILED)
    with pytest.raises(BadInput, match="is shown after 3 tries that fail, or 15 minutes after the first one; so far it was 1"):
        solution_text(home, chapter, exercise)
    tried(home, FAILED, FAILED)
    text = solution_text(home, chapter, exercise)
    assert text.startswith("def double(") and "def halve(" in text and "SOLUTION" not in text


def test_the_solution_is_shown_after_some_time_and_to_who_has_solved_it(home: Home, chapter: Chapter) -> None:
    exercise = chapter.exercises["double"]
    tried(home, FAILED)
    with closing(sqlite3.connect(Progress(home.work_dir).path)) as db, db:
        db.execute("UPDATE runs SET time = ?", ((datetime.now(UTC) - timedelta(minutes=16)).isoformat(),))
    assert "def double(" in solution_text(home, chapter, exercise)
    Progress(home.work_dir).forget()
    tried(home, PASSED)
    assert "def double(" in solution_text(home, chapter, exercise)


def test_there_is_no_solution_in_a_graded_course_nor_of_a_quiz(home: Home, chapter: Chapter) -> None:
    tried(home, FAILED, FAILED, FAILED)
    graded = replace(chapter, solutions=None, stubs=chapter.solutions)
    assert not offered(home, graded).solution
    with pytest.raises(BadInput, match="There is no solution of double here"):
        solution_text(home, graded, graded.exercises["double"])
    with pytest.raises(BadInput, match="There is no solution of quiz_axis here"):
        solution_text(home, chapter, chapter.exercises["quiz_axis"])


def test_it_is_asked_for_by_name(home: Home, chapter: Chapter, capsys: pytest.CaptureFixture[str]) -> None:
    tests = notebook.Tests(home, chapter, "part1_small")
    with pytest.raises(BadInput, match="so far it was 0"):
        tests.solution("double")
    tried(home, FAILED, FAILED, FAILED)
    tests.solution("double")
    assert capsys.readouterr().out.startswith("def double(")
    with pytest.raises(AttributeError, match=r"There is no tests\.duoble"):
        tests.solution("duoble")


@pytest.mark.parametrize("edition", ["self-study", "course"])
def test_an_instructor_may_take_the_folds_out_of_the_notebooks(chapter: Chapter, edition: str) -> None:
    def folds(chapter: Chapter) -> int:
        return str(build_notebook(chapter, chapter.parts[0], edition)).count("<summary>Hint")

    assert folds(chapter) > 5
    strict = replace(chapter, help=HelpPolicy(in_notebook=False))
    assert folds(strict) == (1 if edition == "self-study" else 0), "a written question has its hint and key points still"
