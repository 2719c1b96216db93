"""The class overview: counted right, drawn right, and harmless whatever students are called and whatever their code raised."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import itertools
import json
import re
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.browser import CHROMIUM, page
from tests.workbook.gradedclass import graded_class
from workbook.grade.book.scores import Points, Scores
from workbook.grade.records import Graded
from workbook.grade.report import figures, palette
from workbook.grade.report.overview import csv_text, overview_page
from workbook.grade.report.summary import NOT_GRADED, STATES
from workbook.grade.report.tally import summarize
from workbook.model import Chapter, Explanation, Home, Part, Result, Status

COUNT = 60
FAILED = Result("double", Status.FAILED, "wrong", Explanation("double", "value", "3 of 4 entries differ."))
HOSTILE = (
    "<img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    '"><svg onload=window.hacked=1>',
    "' onmouseover='window.hacked=1",
    "<a href='javascript:window.hacked=1'>x</a>",
    "<!--<script>",
    "$\\href{javascript:window.hacked=1}{x}$",
    "%{z}",
    "=HYPERLINK(1)",
    "\u202egnp.\u2066exe",
    "__proto__",
    "x" * 120 + "1",
    "x" * 120 + "2",
    "12345",
    "Zoë Ångström",
)


@pytest.fixture
def part(chapter: Chapter) -> Part:
    return chapter.parts[0]


@pytest.fixture
def records(chapter: Chapter, part: Part) -> list[Graded]:
    return graded_class(chapter, part, COUNT)


def exercises_of(part: Part) -> list[str]:
    return [exercise.name for exercise in part.exercises if exercise.kind != "question"]


def everything(part: Part, student: str, status: Status = Status.PASSED, **more: Any) -> Graded:
    """A student with the same result everywhere."""
    return Graded(student, part.name, results=tuple(Result(name, status, str(status)) for name in exercises_of(part)), **more)


# --- counting ---------------------------------------------------------------------------------------------------------


def test_the_generated_class_is_the_same_each_time_and_mixed(chapter, part, records):
    assert graded_class(chapter, part, COUNT) == records
    assert graded_class(chapter, part, 10) == records[:10]
    assert {result.status for record in records for result in record.results} >= {Status.PASSED, Status.FAILED, Status.UNSOLVED}
    assert any(record.not_graded for record in records)
    assert any(record.hidden for record in records)


def test_exercises_are_counted(part, records):
    summary = summarize(part, records)
    assert [exercise.name for exercise in summary.exercises] == exercises_of(part)
    for exercise in summary.exercises:
        statuses = [result.status for record in records for result in record.results if result.exercise == exercise.name]
        assert exercise.counts == {**{str(status): statuses.count(status) for status in Status}, NOT_GRADED: COUNT - len(statuses)}
        assert exercise.judged == len(statuses)
        assert exercise.rate == statuses.count(Status.PASSED) / len(statuses)
        assert exercise.hidden == sum(exercise.name in record.hidden for record in records)
        assert sum(found.count for found in exercise.found) == statuses.count(Status.FAILED)


def test_points_are_those_of_passed_tests(part, records):
    summary = summarize(part, records)
    worth = {exercise.name: exercise.points for exercise in part.exercises}
    points = {
        record.student: sum(worth[name] for name in exercises_of(part) if record.passed(name))
        for record in records
        if not record.not_graded
    }
    assert {student.student: student.points for student in summary.graded} == points
    assert summary.max_points == sum(worth[name] for name in exercises_of(part))
    assert summary.mean == pytest.approx(statistics.fmean(points.values()))
    assert summary.median == statistics.median(points.values())
    low = {student for student, mine in points.items() if mine < summary.max_points / 2}
    assert {student.student for student in summary.struggling()} == low
    assert [student.points for student in summary.struggling()] == sorted(points[student] for student in low)


def test_mistakes_come_commonest_first_and_the_unrecognised_are_grouped_by_reason(part):
    def failing(student: str, **told: Any) -> Graded:
        result = replace(FAILED, explanation=Explanation("double", **{"reason": "value", "fact": "3 of 4 entries differ.", **told}))
        return Graded(student, part.name, results=(result,))

    square = {"mistake": "You multiplied every entry by itself.", "mistake_name": "square"}
    records = [
        *(failing(f"a{number}", fact=f"{number} of 4 entries differ.", **square) for number in range(3)),
        *(failing(f"b{number}") for number in range(2)),
        failing("c", fact="1 of 4 entries differs."),
        failing("d", reason="raised", fact="it raised ValueError: \x00\ud800"),
        failing("e", reason="a new reason"),
        Graded("f", part.name, results=(Result("double", Status.FAILED, "wrong"),)),
    ]
    found = summarize(part, records).exercises[0].found
    assert [(one.name, one.reason, one.count) for one in found[:2]] == [("", "value", 3), ("square", "", 3)]
    assert {(one.reason, one.count) for one in found[2:]} == {("raised", 1), ("a new reason", 1), ("unknown", 1)}
    assert found[1].sentence == square["mistake"] and found[1].example == ""
    assert found[0].example == "3 of 4 entries differ."
    assert [one.example for one in found if one.reason == "raised"] == ["it raised ValueError: \ufffd\ufffd"]


def test_what_passes_visible_inputs_only_is_failed(part):
    record = everything(part, "ada", hidden=("double",))
    summary = summarize(part, [record, everything(part, "grace")])
    assert summary.students[0].states[0] == Status.FAILED
    assert summary.students[0].points == summary.max_points - part.exercise("double").points
    assert (summary.exercises[0].passed, summary.exercises[0].hidden) == (1, 1)
    assert [found.reason for found in summary.exercises[0].found] == ["hidden"]
    assert summary.students[0].mistakes == {"double": summary.exercises[0].found[0].sentence}


def test_an_exercise_without_result_is_not_graded_and_one_of_an_older_course_is_left_out(part):
    summary = summarize(part, [Graded("ada", part.name, results=(FAILED, Result("gone", Status.PASSED)))])
    assert summary.students[0].states == (Status.FAILED, *[NOT_GRADED] * (len(exercises_of(part)) - 1))
    assert [exercise.name for exercise in summary.hardest()] == ["double"]
    assert summary.students[0].points == 0


def test_the_hardest_come_first_and_of_equal_ones_the_more_important(part):
    records = [everything(part, "ada"), replace(everything(part, "grace"), hidden=("Meter",))]
    names = [exercise.name for exercise in summarize(part, records).hardest()]
    assert names[0] == "Meter"
    importance = [part.exercise(name).importance for name in names[1:]]
    assert importance == sorted(importance, reverse=True) and len(set(importance)) > 1


def test_reasons_for_not_being_graded_are_grouped(part):
    records = [
        Graded("a", part.name, not_graded="no notebook."),
        Graded("b", part.name, not_graded="it is\nno JSON."),
        Graded("c", part.name, not_graded="it is\nno JSON."),
    ]
    summary = summarize(part, records, ["late", "early"])
    assert list(summary.not_graded.items()) == [("it is no JSON.", ["b", "c"]), ("no notebook.", ["a"])]
    assert (summary.graded, summary.mean, summary.median, summary.hardest()) == ((), None, None, [])
    assert summary.pending == ("early", "late")


def test_answers_to_read_are_those_that_the_gradebook_still_waits_for(part):
    records = [
        everything(part, name, written={"question_views": text}) for name, text in (("ada", "so"), ("grace", None), ("kim", "so"))
    ]
    assert summarize(part, records).questions == {"question_views": 2}
    done = Scores((Points("question_views", 2.0, manual=1.0),))
    waiting = Scores((Points("question_views", 2.0, needs_manual=True),))
    assert summarize(part, records, scores={"ada": done, "kim": waiting}).questions == {"question_views": 1}


def test_json_holds_every_student_and_exercise(part, records):
    data = json.loads(json.dumps(summarize(part, records, ["new"]).as_dict()))
    assert [entry["student"] for entry in data["students"]] == sorted(record.student for record in records)
    assert [entry["exercise"] for entry in data["exercises"]] == exercises_of(part)
    ungraded = [entry for entry in data["students"] if entry["not_graded"]]
    assert ungraded and all(entry["points"] is None and entry["results"] == {} for entry in ungraded)
    assert data["pending"] == ["new"]
    first = next(record for record in records if record.student == data["students"][0]["student"])
    assert data["students"][0]["results"] == {result.exercise: str(result.status) for result in first.results}


# --- figures ------------------------------------------------------------------------------------------------------------


def test_the_heat_map_shows_every_state_in_an_order_that_shows_structure(part, records):
    summary = summarize(part, records)
    figure = figures.heat_map(summary)
    cells = figure.data[0]
    students = figures.by_points(summary)
    assert list(cells.y) == [student.student for student in students]
    names = exercises_of(part)
    for row, student in zip(cells.z, students, strict=True):
        assert {name: STATES[value] for name, value in zip(cells.x, row, strict=True)} == dict(
            zip(names, student.states, strict=True)
        )
    points = [student.points for student in students if not student.not_graded]
    assert points == sorted(points, reverse=True) and len(set(points)) > 3
    assert all(student.not_graded for student in students[len(points) :])
    rates = {exercise.name: exercise.rate for exercise in summary.exercises}
    assert [rates[name] for name in cells.x] == sorted(rates.values(), reverse=True)
    assert str(COUNT) in figure.layout.meta["alt"]
    assert figure.layout.meta["course"] == tuple(names) or figure.layout.meta["course"] == names


def test_hovering_tells_the_mistake(part):
    sentence = "You multiplied <every> entry by itself, which is what a square is, and not what twice means in any book."
    told = replace(FAILED.explanation, mistake=sentence, mistake_name="square")
    record = Graded("ada", part.name, results=(replace(FAILED, explanation=told),))
    cells = figures.heat_map(summarize(part, [record, Graded("grace", part.name, not_graded="no notebook.")])).data[0]
    place = list(cells.x).index("double")
    assert cells.hovertext[0][place].replace("<br>", " ") == f"failed {sentence.replace('<', '&lt;').replace('>', '&gt;')}"
    assert max(map(len, cells.hovertext[0][place].split("<br>"))) < 80
    assert cells.hovertext[1][place] == "no notebook."


@pytest.mark.parametrize(("count", "named"), [(1, True), (60, True), (200, False)])
def test_names_and_marks_stand_beside_rows_that_are_high_enough(chapter, part, count, named):
    figure = figures.heat_map(summarize(part, graded_class(chapter, part, count)))
    assert figure.layout.yaxis.showticklabels is named
    assert (figure.data[0].texttemplate is not None) is named
    assert figure.layout.height < 1100


def test_bars_of_an_exercise_add_up_to_the_class(part, records):
    summary = summarize(part, records)
    figure = figures.pass_rates(summary)
    for row, exercise in enumerate(summary.hardest()):
        assert exercise.name in figure.data[0].y[row] and f"{exercise.rate:.0%}" in figure.data[0].y[row]
        assert sum(bar.x[row] for bar in figure.data) == len(summary.graded)
        assert figure.data[0].x[row] == exercise.passed
    assert summary.hardest()[0].name in figure.layout.meta["alt"]


def test_points_fall_into_bins(part):
    most = summarize(part, [everything(part, "ada")]).max_points
    passed = lambda *names: Graded(  # noqa: E731  # as a table
        "".join(names),
        part.name,
        results=tuple(Result(name, Status.PASSED if name in names else Status.FAILED) for name in exercises_of(part)),
    )
    records = [passed(), passed("double"), passed(*exercises_of(part)), passed(*exercises_of(part)[1:])]
    counts = figures.bins(summarize(part, records))
    expected = dict.fromkeys(counts, 0)
    for points in (0, 2, most - 2):
        low = points * 100 // most // 10 * 10
        expected[f"{low}–{low + 9}%"] += 1
    assert counts == {**expected, "all": 1}
    figure = figures.distribution(summarize(part, records))
    assert dict(zip(figure.data[0].x, figure.data[0].y, strict=True)) == counts


def test_labels_are_short_different_and_without_markup():
    names = figures.labels(list(HOSTILE))
    assert len(set(names)) == len(HOSTILE)
    assert not any(sign in name for name in names for sign in "<>\n\u202e\u2066")
    assert all(len(name) < 28 + 30 for name in names)
    assert names[-2:] == ["12345", "Zoë Ångström"]


def lightness(colour: str) -> float:
    """Relative luminance of "#rrggbb", WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((lightness(first), lightness(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", sorted(palette.COLOURS))
def test_colours_can_be_told_apart_and_read(theme):
    colours = palette.COLOURS[theme]
    ratios = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in itertools.combinations(STATES, 2)}
    # White and the palest state differ least; their marks differ in any case.
    assert min(ratios.values()) > 1.1, min(ratios, key=lambda pair: ratios[pair])
    assert contrast(colours["on-failed"], colours["failed"]) > 4.5
    assert contrast(colours["ink"], colours["passed"]) > 4.5
    assert contrast(colours["ink"], colours["card"]) > 7


# --- the page as text -----------------------------------------------------------------------------------------------------


def scripts(text: str) -> list[str]:
    return re.findall(r"<script>(.*?)</script>", text, re.DOTALL)


def test_the_policy_lets_these_scripts_run_and_nothing_be_fetched(part, records):
    text = overview_page([summarize(part, records)], "Small course")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    digests = {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts(text)}
    assert len(digests) == 2
    assert set(re.findall(r"'sha256-([^']*)'", policy)) == digests
    assert "default-src 'none'" in policy and "unsafe-eval" not in policy
    assert re.search(r"script-src[^;]*unsafe-inline", policy) is None
    assert re.search(r'(src|href)="(https?:)?//', text.replace(scripts(text)[0], "")) is None


def test_no_data_can_end_its_block(part, records):
    text = overview_page([summarize(part, records)], "Small course")
    blocks = re.findall(r'<script type="application/json" id="\w+">(.*?)</script>', text, re.DOTALL)
    assert len(blocks) == 2
    assert "<" not in "".join(blocks)
    assert "<br>" in json.dumps([json.loads(block) for block in blocks])


def test_texts_of_a_grid_are_stored_once(part):
    sentence = "You multiplied every entry by itself."
    told = replace(FAILED.explanation, mistake=sentence, mistake_name="square")
    records = [Graded(f"s{number:03}", part.name, results=(replace(FAILED, explanation=told),)) for number in range(300)]
    text = overview_page([summarize(part, records)], "Small course")
    data = json.loads(re.search(r'<script type="application/json" id="figures">(.*?)</script>', text, re.DOTALL)[1])
    assert sum(sentence in found for found in data[f"{part.name}-students"]["data"][0]["hovertext"]["texts"]) == 1
    assert text.count(sentence) < 10


def words(text: str) -> str:
    """What can be read of the page's own part."""
    main = text.partition('<main id="main">')[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def test_the_page_says_what_to_look_after(part):
    broken = replace(everything(part, "a"), results=(Result("double", Status.ERROR, "bug"),), unsafe=True)
    records = [broken, everything(part, "b", written={"question_views": "so"}), Graded("c", part.name, not_graded="no `notebook`.")]
    read = words(overview_page([summarize(part, records, ["d"])], "Small course"))
    assert "1 student: the test of double broke" in read
    assert "1 student graded without isolation" in read
    assert "1 student not graded : no notebook . c" in read
    assert "1 student handed in, not graded yet : run workbook grade part1_small" in read
    assert "1 answer to question_views to be read and graded by hand" in read


def test_many_reasons_and_names_are_folded_away(part):
    records = [Graded(f"s{number:02}", part.name, not_graded=f"line {number} is wrong.") for number in range(20)]
    assert "14 more reasons" in words(overview_page([summarize(part, records)], "Small course"))
    same = [Graded(f"s{number:02}", part.name, not_graded="no notebook.") for number in range(40)]
    read = words(overview_page([summarize(part, same)], "Small course"))
    assert "s14 and 25 more s15" in read


def test_the_page_says_what_to_teach_again(part):
    told = replace(FAILED.explanation, mistake="You multiplied every entry by itself.", mistake_name="square")
    wrong = replace(everything(part, "x"), results=(replace(FAILED, explanation=told), *everything(part, "x").results[1:]))
    untouched = everything(part, "", Status.UNSOLVED)
    records = [
        everything(part, "a"),
        *(replace(wrong, student=f"w{number}") for number in range(3)),
        replace(untouched, student="u"),
    ]
    read = words(overview_page([summarize(part, records)], "Small course"))
    lesson = read.partition("What to teach again")[2]
    assert lesson.startswith(" double 20% passed 1 of 5 passed, 3 failed, 1 wrote nothing. Most of the rest tried, and failed.")
    assert "3× You multiplied every entry by itself." in lesson.partition("Exercises")[0]
    assert "1 student of 5 with less than half of the points. 1 of them wrote nothing at all." in read
    assert "u 0 0 0 8 wrote nothing".replace("8", str(len(exercises_of(part)))) in read


def test_a_class_that_knows_everything_is_left_in_peace(part):
    read = words(overview_page([summarize(part, [everything(part, "a"), everything(part, "b")])], "Small course"))
    assert "Nothing: everybody passed every exercise." in read
    assert "Everybody has at least half of the points." in read
    assert "To look after" not in read


@pytest.mark.parametrize("exercise", range(3))
def test_only_one_exercise_is_named_when_nearly_everybody_passes(part, exercise):
    name = exercises_of(part)[exercise]
    records = [everything(part, f"s{number}", hidden=(name,) if number == 0 else ()) for number in range(20)]
    read = words(overview_page([summarize(part, records)], "Small course"))
    assert f"What to teach again {name} 95% passed" in read
    assert read.count("% passed") == 1


def test_parts_of_nobody_and_without_results(part):
    assert "Nobody has handed this in." in words(overview_page([summarize(part, [])], "Small course"))
    waiting = overview_page([summarize(part, [], ["ada"])], "Small course")
    assert "not graded yet" in words(waiting) and "data-figure" not in words(waiting)
    ungraded = words(overview_page([summarize(part, [Graded("ada", part.name, not_graded="no notebook.")])], "Small course"))
    assert "What to teach again" not in ungraded and "Everybody" in ungraded


def test_students_are_linked_to_their_feedback_and_shown_with_the_gradebooks_score(part):
    scores = Scores((Points("double", 2.0, auto=2.0, manual=1.0), Points("question_views", 2.0, manual=2.0)), late_penalty=0.5)
    summary = summarize(part, [everything(part, "ada & co")], scores={"ada & co": scores})
    links = {("ada & co", part.name): "feedback/ada%20%26%20co/part1_small/part1_small.html"}
    text = overview_page([summary], "Small course", links=links)
    assert '<a href="feedback/ada%20%26%20co/part1_small/part1_small.html"><bdi>ada &amp; co</bdi></a>' in text
    assert f"ada &amp; co {summary.max_points} 2.5 ✓" in words(text)


def test_several_parts_have_contents(make_home, tmp_path):
    home: Home = make_home(tmp_path)
    part = home.chapters[0].parts[0]
    other = replace(part, name="part2_other", title="Second & last")
    records = graded_class(home.chapters[0], part, 12)
    text = overview_page([summarize(part, records), summarize(other, [everything(other, "ada")])], "Small course")
    nav = text.partition("<nav")[2].partition("</nav>")[0]
    assert re.findall(r'<a href="#(\w+)">([^<]*)</a>', nav) == [
        ("part1_small", "First steps"),
        ("part2_other", "Second &amp; last"),
    ]
    assert 'id="part2_other"' in text
    assert "<nav" not in overview_page([summarize(part, records)], "Small course")


# --- the table ------------------------------------------------------------------------------------------------------------


def test_the_table_has_a_line_a_student(part, records):
    scores = {records[0].student: Scores((Points("double", 2.0, auto=2.0),), late_penalty=3.0)}
    summary = summarize(part, records, ["new"], scores)
    lines = list(csv.DictReader(io.StringIO(csv_text([summary]))))
    assert [line["student"] for line in lines] == [*sorted(record.student for record in records), "new"]
    by_student = {record.student: record for record in records}
    for line, student in zip(lines, summary.students, strict=False):
        record = by_student[line["student"]]
        assert line["points"] == ("" if record.not_graded else str(student.points))
        assert {name: line[name] for name in exercises_of(part)} == {
            name: next((str(result.status) for result in record.results if result.exercise == name), "")
            for name in exercises_of(part)
        }
        assert line["not_graded"] == record.not_graded
    mine = next(line for line in lines if line["student"] == records[0].student)
    assert (mine["raw_score"], mine["late_submission_penalty"], mine["score"], mine["max_score"]) == ("2.0", "3.0", "0.0", "2.0")
    assert lines[-1]["not_graded"] == "handed in, not graded yet"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\t=1", "=cmd|' /C calc'!A0"])
def test_no_name_is_a_formula(part, name):
    line = next(csv.DictReader(io.StringIO(csv_text([summarize(part, [everything(part, name)], [name])]))))
    assert line["student"] == f"'{name}"


def test_names_of_any_kind_come_back_from_the_table(part):
    names = ["a,b", 'c"d', "Zoë", "李小龍", "x\ny"]
    lines = csv.DictReader(io.StringIO(csv_text([summarize(part, [everything(part, name) for name in names])])))
    assert sorted(line["student"] for line in lines) == sorted(names)


# --- in a browser ---------------------------------------------------------------------------------------------------------

needs_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"browser tests need Debian's chromium at {CHROMIUM}")


@contextmanager
def opened(folder: Path, text: str, **options: Any) -> Iterator[tuple[Any, list[str], list[str]]]:
    """The page in a browser, with what went wrong and what was asked of the network while it was drawn."""
    pytest.importorskip("playwright", reason="browser tests need playwright")
    path = folder / "grades.html"
    path.write_text(text, encoding="utf-8", newline="")
    with page(path.as_uri(), **options) as (tab, errors):
        requests: list[str] = []
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.reload()
        tab.wait_for_selector("body[data-ready]")
        yield tab, errors, [url for url in requests if url != path.as_uri() and not url.startswith(("data:", "blob:"))]


def wait_for(locator: Any) -> Any:
    """Playwright's expectation, because the page's policy forbids the evaluation that its `wait_for_function` needs."""
    from playwright.sync_api import expect

    return expect(locator)


def overflow(tab: Any) -> int:
    return int(tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@needs_browser
@pytest.mark.parametrize(("count", "dark", "width"), [(10, False, 800), (200, True, 1200), (200, False, 360)])
def test_the_page_is_drawn_offline_without_errors(tmp_path, chapter, part, count, dark, width):
    summary = summarize(part, graded_class(chapter, part, count), ["new"])
    with opened(tmp_path, overview_page([summary], "Small course"), dark=dark, width=width) as (tab, errors, requests):
        assert (errors, requests) == ([], [])
        assert tab.locator(".plot .main-svg").count() >= 3
        alts = [plot.get_attribute("aria-label") for plot in tab.locator(".plot").all()]
        assert len(alts) == 3 and all(alts)
        assert tab.locator("figure table").count() == 3
        assert overflow(tab) == 0


@needs_browser
def test_figures_follow_the_theme(tmp_path, part, records):
    def inks(tab: Any) -> set[str]:
        found = tab.eval_on_selector_all(
            ".plot .xtick text, .plot .ytick text", "texts => texts.map(text => getComputedStyle(text).fill)"
        )
        return set(found)

    def colour(theme: str) -> str:
        ink = palette.COLOURS[theme]["ink"]
        return f"rgb({', '.join(str(int(ink[place : place + 2], 16)) for place in (1, 3, 5))})"

    with opened(tmp_path, overview_page([summarize(part, records)], "Small course")) as (tab, errors, _):
        assert inks(tab) == {colour("light")}
        tab.emulate_media(color_scheme="dark")
        wait_for(tab.locator(".plot .ytick text").last).to_have_css("fill", colour("dark"))
        assert inks(tab) == {colour("dark")}
        assert errors == []


@needs_browser
def test_nobodys_name_or_error_acts_on_the_page(tmp_path, part):
    def record(name: str, number: int) -> Graded:
        told = replace(FAILED.explanation, reason="raised", fact=f"it raised {name}", mistake=name if number % 2 else "")
        return Graded(name, part.name, results=(replace(FAILED, explanation=told),))

    records = [record(name, number) for number, name in enumerate(HOSTILE)]
    records += [Graded(f"n{number}", part.name, not_graded=f"cannot be read: {name}") for number, name in enumerate(HOSTILE)]
    text = overview_page([summarize(part, records, [name + "!" for name in HOSTILE])], HOSTILE[1], subtitle=HOSTILE[0])
    with opened(tmp_path, text) as (tab, errors, requests):
        tab.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
        for row in range(2):
            tab.locator(".plot").nth(2).hover(position={"x": 400, "y": 300 + 30 * row})
        assert tab.evaluate("window.hacked") is None
        assert (errors, requests) == ([], [])
        assert tab.locator("main img, main a, header img, .plot a").count() == 0
        # Nothing of the page is an element with an event handler of its own.
        assert (
            tab.evaluate("[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on/.test(a.name))).length")
            == 0
        )
        shown = tab.locator(".marks tbody th").all_inner_texts()
        assert {"<img src=x onerror=window.hacked=1>", "</script><script>window.hacked=1</script>", "__proto__", "12345"} <= set(
            shown
        )
        ticks = tab.locator(".plot .ytick text").all_text_contents()
        assert {"<!--<script>", "%{z}", "12345", "Zoë Ångström"} <= set(ticks)
        assert tab.title() == HOSTILE[1]


@needs_browser
def test_a_student_is_found_and_the_order_changed_by_keyboard(tmp_path, chapter, part):
    summary = summarize(part, graded_class(chapter, part, 200))
    ordered = figures.by_points(summary)
    wanted = ordered[150].student
    rows = ".marks tbody tr:not([hidden])"
    with opened(tmp_path, overview_page([summary], "Small course")) as (tab, errors, _):
        tab.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
        assert tab.locator(rows).count() == 200
        assert tab.locator(".plot").nth(2).locator(".ytick").count() == 0
        tab.get_by_label("Find a student").focus()
        tab.keyboard.type(wanted)
        wait_for(tab.locator(rows)).to_have_count(1)
        assert tab.locator(f"{rows} th").inner_text() == wanted
        assert tab.locator("[role=status]").inner_text() == f"1 found, first: {wanted}"
        # The rows around are now high enough for names.
        tab.wait_for_selector(".plot .ytick text")
        assert wanted in tab.locator(".plot").nth(2).locator(".ytick text").all_text_contents()
        for _ in range(3):
            tab.keyboard.press("Tab")
        tab.keyboard.press("Enter")  # Show all
        assert tab.locator(rows).count() == 200
        tab.keyboard.press("Shift+Tab")
        tab.keyboard.press("ArrowDown")  # exercises in course order
        tab.wait_for_function(
            f"document.querySelectorAll('.plot')[2]._fullLayout.xaxis._categories[0] === {exercises_of(part)[0]!r}"
        )
        tab.keyboard.press("Shift+Tab")
        tab.keyboard.press("ArrowDown")  # students by name
        first = min(student.student for student in summary.students)
        wait_for(tab.locator(f"{rows} th").first).to_have_text(first)
        assert tab.evaluate("document.querySelectorAll('.plot')[2]._fullLayout.yaxis._categories[0]") == first
        assert errors == []


@needs_browser
def test_everything_that_acts_is_reached_by_keyboard(tmp_path, part, records):
    with opened(tmp_path, overview_page([summarize(part, records)], "Small course")) as (tab, _, _):
        wanted = tab.locator("summary:visible, input, select, button, .scroll:visible").count() + 1  # and the link to the content
        seen = set()
        for _ in range(wanted + 1):
            tab.keyboard.press("Tab")
            seen.add(tab.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
        places = tab.evaluate(
            "[...document.querySelectorAll('summary, input, select, button, .scroll, a')].filter(e => e.checkVisibility())"
            ".map(e => [...document.querySelectorAll('*')].indexOf(e))"
        )
        assert set(places) <= seen


@needs_browser
def test_a_class_of_two_thousand_fits(tmp_path, chapter, part):
    text = overview_page([summarize(part, graded_class(chapter, part, 2000))], "Small course")
    assert len(text.encode()) < 8_000_000
    with opened(tmp_path, text, width=800) as (tab, errors, requests):
        assert (errors, requests) == ([], [])
        assert tab.locator(".plot").nth(2).locator("image").count() == 1
        assert overflow(tab) == 0
