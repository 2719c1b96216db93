"""A small class graded end to end with `workbook grade`: real sandbox, real workers, real gradebook."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbook.build.editions import course_files, write_files
from workbook.build.notebooks import build_notebook, to_text
from workbook.grade.book.course import open_course
from workbook.grade.book.gradebook import Book
from workbook.grade.classwork import Classwork
from workbook.grade.pool import LocalPool
from workbook.grade.sandbox.nursery import missing
from workbook.model import find_home

HOME = find_home(Path(__file__).parent)
CHAPTER = HOME.chapters[0]
PART = CHAPTER.part("part3_einsum")
SCRIPT = "<script>document.title = 'owned'</script>"
pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no sandbox here: {missing()}")


def hand_in(course: Path, student: str, text: str) -> None:
    path = course / "submitted" / student / PART.name / f"{PART.name}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def with_answer(name: str, source: str) -> str:
    """The solved notebook with another answer to one exercise."""
    notebook = json.loads(to_text(build_notebook(CHAPTER, PART, "solutions")))
    for cell in notebook["cells"]:
        if cell["id"] == f"answer-{name}":
            cell["source"] = source
    return json.dumps(notebook)


def grade(course: Path, *options: str) -> tuple[int, Any]:
    """Exit code and JSON of `workbook grade` on the class."""
    command = [sys.executable, "-m", "workbook", "grade", PART.name, "--course", str(course), "--workers", "2", "--json"]
    done = subprocess.run([*command, *options], cwd=HOME.root, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.startswith("{"), done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class") / "course"
    write_files(course_files(HOME, CHAPTER, folder))
    hand_in(folder, "right", to_text(build_notebook(CHAPTER, PART, "solutions")))
    hand_in(folder, "untouched", to_text(build_notebook(CHAPTER, PART, "self-study")))
    wrong = "# exercise: einsum_mm\ndef einsum_mm(mat1, mat2):\n    return np.einsum('ij,jk->ki', mat1, mat2)"
    hand_in(folder, "transposed", with_answer("einsum_mm", wrong))
    loop = "# exercise: einsum_mv\ndef einsum_mv(mat, vec):\n    while True:\n        pass"
    hand_in(folder, "endless", with_answer("einsum_mv", loop))
    script = f"# exercise: einsum_mv\ndef einsum_mv(mat, vec):\n    print({SCRIPT!r})\n    raise ValueError({SCRIPT!r})"
    hand_in(folder, "script", with_answer("einsum_mv", script))
    hand_in(folder, "broken", "this is no notebook")
    return folder


@pytest.fixture(scope="module")
def first(course: Path) -> tuple[int, dict[str, Any]]:
    code, told = grade(course, "--exercise-time", "2")
    return code, {one["student"]: one for one in told["submissions"]}


def failed(one: Any) -> list[str]:
    return [result["exercise"] for result in one["results"] if result["status"] != "passed"]


def test_each_student_gets_what_they_earned(first: tuple[int, dict[str, Any]]) -> None:
    code, told = first
    assert code == 1, "one submission could not be graded"
    assert failed(told["right"]) == [] and told["right"]["scores"]["total"] == PART.points
    assert len(failed(told["untouched"])) == len(told["untouched"]["results"])
    assert failed(told["transposed"]) == ["einsum_mm"]
    assert failed(told["endless"]) == failed(told["script"]) == ["einsum_mv"]
    assert "part3_einsum.ipynb" in told["broken"]["not_graded"] and told["broken"]["results"] == []


def test_the_mistake_is_named_and_the_endless_loop_explained(first: tuple[int, dict[str, Any]]) -> None:
    _, told = first
    mistakes = {result["explanation"]["mistake_name"] for result in told["transposed"]["results"] if result["explanation"]}
    assert mistakes == {"einsum_mm__transposed"}
    facts = [result["message"] for result in told["endless"]["results"] if result["status"] == "failed"]
    assert facts == ["it did not finish within 2 s, and was stopped."]


def test_a_fresh_seed_is_recorded_with_every_submission(first: tuple[int, dict[str, Any]]) -> None:
    seeds = [one["seed"] for name, one in first[1].items() if name != "broken"]
    assert 0 not in seeds and len(set(seeds)) > 1


def test_the_gradebook_has_the_scores(course: Path, first: tuple[int, dict[str, Any]]) -> None:
    with sqlite3.connect(course / "gradebook.db") as database:
        rows = database.execute(
            "select a.student_id, sum(g.auto_score) from grade g join submitted_notebook n on g.notebook_id = n.id "
            "join submitted_assignment a on n.assignment_id = a.id group by a.student_id"
        ).fetchall()
    database.close()
    expected = {name: one["scores"]["total"] for name, one in first[1].items() if one["scores"]}
    assert dict(rows) == expected and "broken" not in expected


def test_no_script_of_a_student_is_in_a_page(course: Path, first: tuple[int, dict[str, Any]]) -> None:
    page = (course / "feedback" / "script" / PART.name / f"{PART.name}.html").read_text(encoding="utf-8")
    notebook = json.loads((course / "autograded" / "script" / PART.name / f"{PART.name}.ipynb").read_text(encoding="utf-8"))
    html = "".join(
        "".join(out.get("data", {}).get("text/html", "")) for cell in notebook["cells"] for out in cell.get("outputs", [])
    )
    assert "owned" in page and "<script" not in page
    assert "owned" in html and "<script" not in html


def test_a_rerun_grades_nothing_again(course: Path, first: tuple[int, dict[str, Any]]) -> None:
    _, told = grade(course)
    assert sorted(told["unchanged"]) == ["endless", "right", "script", "transposed", "untouched"]
    assert [one["student"] for one in told["submissions"]] == ["broken"], "only what could not be graded is tried again"


def test_grading_again_repeats_exactly(course: Path, first: tuple[int, dict[str, Any]]) -> None:
    _, told = grade(course, "--force", "--student", "transposed")
    (again,) = told["submissions"]
    before = first[1]["transposed"]

    def timeless(one: Any) -> Any:
        return [{key: value for key, value in result.items() if key != "seconds"} for result in one["results"]]

    assert again["seed"] == before["seed"] and timeless(again) == timeless(before)


@pytest.fixture
def pool() -> Iterator[LocalPool]:
    with LocalPool(HOME, 2) as pool:
        yield pool


@pytest.mark.parametrize("victim", ["worker", "sandbox"])
def test_a_killed_process_costs_no_submission(course: Path, first: Any, pool: LocalPool, victim: str) -> None:
    work = Classwork(open_course(course), CHAPTER, PART, force=True)
    submitted = [one for one in work.find() if one.student in ("right", "untouched", "transposed")]
    with Book(work.course) as book:
        book.ensure(CHAPTER, PART)
        before = {name: record.version for name, record in book.recorded(PART.name).items()}
        coming = work.grade(pool, book, submitted)
        done = [next(coming)]
        if victim == "worker":
            assert pool._executor is not None
            os.kill(next(iter(pool._executor._processes)), signal.SIGKILL)  # type: ignore[attr-defined]
        else:
            assert pool._nursery is not None
            pool._nursery._process.kill()
        done += list(coming)
        after = {name: record.version for name, record in book.recorded(PART.name).items()}
    assert sorted(one.graded.student for one in done) == ["right", "transposed", "untouched"]
    assert [one.graded.not_graded for one in done] == ["", "", ""]
    assert all(after[name] - before[name] in (0, 1) for name in before), (
        "a record is written once, or not at all where it is the same"
    )
