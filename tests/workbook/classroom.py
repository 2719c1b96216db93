"""A class that hands in: an nbgrader course folder with the submissions of as many students as are asked for, some right, some not.

    pupils = classroom(home, chapter, part, folder, count=200)

Every submission is the notebook that `nbgrader generate_assignment` released, with answers written into it. The same seed
gives the same class, and a smaller class is the beginning of a larger one, so that costs at two sizes are costs of the same
mixture.
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.workbook.damage import damaged
from tests.workbook.handwriting import Answer, Material, material
from workbook.build.editions import course_files, write_files
from workbook.model import Chapter, Exercise, Home, Part

__all__ = ["KINDS", "Pupil", "classroom", "nbgrader_environment", "release"]

KINDS = ("right", "wrong", "untouched", "damaged")
_MIX = ("right",) * 15 + ("wrong",) * 10 + ("untouched",) * 3 + ("damaged",) * 2

_GIVEN = ("aada", "bela", "chiara", "elif", "farid", "grace", "hana", "jonas", "kofi", "lena", "mateo", "noor", "olga", "priya")
_FAMILY = ("abbott", "bianchi", "celik", "dubois", "eriksen", "fischer", "gomez", "horvat", "ito", "jansen", "kaya", "okafor")
_ODD = ("Zoë Ångström {}", "李小龍 {}", "o'neill{}", "j. r. hartley {}", "renée_{}@uni", "{} & co", "-dash{}", "Ünal#{}")
_PROSE = (
    "Both see the same memory.",
    "Because $a_{ij}$ is *not* copied, see `x.T`.",
    "Näin: 1 < 2 & <b>bold</b> ✓",
    "I do not know.",
)
_SCRATCH = ("x = np.arange(6).reshape(2, 3)\nprint(x.shape, x.strides)", "1 / 0", "# scratch", "print(undefined_name)", "help(len)")


@dataclass(frozen=True)
class Pupil:
    """A student and what the grader must find.

    Attributes:
        kind: one of `KINDS`.
        expected: exercise to whether its test passes; None where nobody can say.
        honest: False for a submission that tries to get points for nothing.
    """

    student: str
    kind: str
    expected: Mapping[str, bool | None]
    honest: bool = True


def nbgrader_environment(scratch: Path) -> dict[str, str]:
    """Environment in which nbgrader's commands run with nobody's own settings; what they keep goes to `scratch`."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),  # nbgrader looks for `alembic`
        **{name: str(scratch / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")},
        "WORKBOOK_WORK": str(scratch / "work"),
    }


def release(home: Home, chapter: Chapter, part: Part, folder: Path) -> None:
    """Write the course edition to `folder` and release the part with the stock command."""
    write_files(course_files(home, chapter, folder))
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", part.name]
    environment = nbgrader_environment(folder.parent / "settings")
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


def classroom(home: Home, chapter: Chapter, part: Part, folder: Path, count: int, seed: int = 0) -> list[Pupil]:
    """Write submitted/STUDENT/PART/ of `count` students into the course at `folder`, which is made where there is none yet."""
    released = folder / "release" / part.name / f"{part.name}.ipynb"
    if not released.is_file():
        release(home, chapter, part, folder)
    notebook = json.loads(released.read_text(encoding="utf-8"))
    school = _School(part, notebook, material(chapter, part), seed)
    return [school.hand_in(folder / "submitted", number) for number in range(count)]


@dataclass(frozen=True)
class _School:
    part: Part
    released: dict[str, Any]
    material: Material
    seed: int

    def hand_in(self, submitted: Path, number: int) -> Pupil:
        """Write one submission."""
        rng = Random(f"{self.seed} {self.part.name} {number}")
        kind, student = self._kind(number), _name(rng, number)
        answers, pupil = _Writer(self.part, self.material, rng, plain=kind == "damaged").answers(student, kind)
        notebook = _Desk(self.part, self.material, copy.deepcopy(self.released), rng).filled(answers, pupil)
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        files = {f"{self.part.name}.ipynb": text.encode()}
        if kind == "damaged":
            pupil, files = _damaged(pupil, notebook, self.part, rng)
        place = submitted / student / self.part.name
        place.mkdir(parents=True)
        for name, content in files.items():
            (place / name).write_bytes(content)
        if rng.random() < 0.9:
            moment = datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(seconds=rng.randrange(6 * 24 * 3600))
            (place / "timestamp.txt").write_text(f"{moment:%Y-%m-%d %H:%M:%S.%f} UTC", encoding="utf-8")
        return pupil

    def _kind(self, number: int) -> str:
        """Kinds come in blocks that have the exact mixture, each in an order of its own."""
        block, place = divmod(number, len(_MIX))
        return Random(f"{self.seed} block {block}").sample(_MIX, len(_MIX))[place]


def _name(rng: Random, number: int) -> str:
    """A student's id: mostly plain ones, with the number in it, so that no two are alike."""
    chance = rng.random()
    if chance < 0.55:
        return f"s{number:05}"
    if chance < 0.92:
        return f"{rng.choice(_GIVEN)}.{rng.choice(_FAMILY)}{number}"
    return rng.choice(_ODD).format(number)


# --- what is answered -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Writer:
    """Decides what a student answers.

    Attributes:
        plain: write every answer below its marker in the stub's own form: some kinds of damage look for that.
    """

    part: Part
    material: Material
    rng: Random
    plain: bool

    def answers(self, student: str, kind: str) -> tuple[dict[str, str], Pupil]:
        """Exercise to the text of its answer cell (left out: the stub stays) and what to expect of it."""
        graded = [exercise for exercise in self.part.exercises if exercise.kind != "question"]
        chosen = {exercise.name: self.rng.choice(self.material.right[exercise.name]) for exercise in graded}
        texts = {exercise.name: self._written(exercise, chosen[exercise.name]) for exercise in graded}
        expected: dict[str, bool | None] = dict.fromkeys(texts, True)
        honest = True
        if kind == "untouched" or (kind == "damaged" and self.rng.random() < 0.2):
            done = self.rng.choice([0, self.rng.randrange(len(graded))])
            for exercise in graded[done:]:
                del texts[exercise.name]
                expected[exercise.name] = False
        elif kind == "wrong" or (kind == "damaged" and self.rng.random() < 0.5):
            wrong = self.rng.sample(graded, self.rng.randint(1, min(6, len(graded))))
            for exercise in wrong:
                expected[exercise.name] = False
                self._spoil(texts, exercise)
            honest = kind != "wrong" or self.rng.random() > 0.1 or not self._cheat(texts, wrong[0])
        self._follow(chosen, expected)
        return texts, Pupil(student, kind, expected, honest)

    def _follow(self, chosen: Mapping[str, Answer], expected: dict[str, bool | None]) -> None:
        """An answer that calls another exercise's wrong one, or whose test builds on one, may pass or fail."""
        for exercise in self.part.exercises:
            if expected.get(exercise.name) and any(expected.get(name, True) is not True for name in exercise.needs):
                expected[exercise.name] = None
        for name, answer in chosen.items():
            for other in self.part.exercises:
                if other.name != name and expected[name] and expected.get(other.name) is False and answer.uses & {*other.functions}:
                    expected[name] = None

    def _written(self, exercise: Exercise, answer: Answer) -> str:
        if self.plain:
            ways, marked = [ways[0] for ways in answer.functions], True
        else:
            ways, marked = [self.rng.choice(ways) for ways in answer.functions], self.rng.random() < 0.9
        marker = [f"# exercise: {exercise.name}"] if marked else []
        return "\n".join([*marker, *answer.imports, "\n\n\n".join([*answer.helpers, *ways])])

    def _spoil(self, texts: dict[str, str], exercise: Exercise) -> None:
        """A known mistake, or now and then a slip that no test is needed to find."""
        right, chance = texts[exercise.name], self.rng.random()
        texts[exercise.name] = self._written(exercise, self.rng.choice(self.material.wrong[exercise.name]))
        if exercise.kind == "quiz" or chance < 0.85:
            return
        if chance < 0.92:
            del texts[exercise.name]  # not solved
        else:
            texts[exercise.name] = f"{right}\n)"  # no Python

    def _cheat(self, texts: dict[str, str], exercise: Exercise) -> bool:
        """Try to get the points of a function without writing it. Harmless to whoever runs it."""
        if exercise.kind != "function" or not self.material.examples[exercise.name]:
            return False
        name = exercise.functions[0]
        example = self.material.examples[exercise.name][-1].want.strip()
        head = f"def {name}(*args, **named):\n"
        ways = (
            f"class Same:\n    def __eq__(self, other):\n        return True\n\n\n{head}    return Same()",
            f"{head}    print('✓ {name}: passed')\n\n\ntests.test_{exercise.name} = lambda *answers: None",
            f"from numpy import array\nfrom torch import tensor\n\n\n{head}    return {example}",
        )
        texts[exercise.name] = self.rng.choice(ways)
        return True


# --- the notebook -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Desk:
    """Writes answers into a copy of the released notebook, runs it in thought, and saves it as JupyterLab does."""

    part: Part
    material: Material
    notebook: dict[str, Any]
    rng: Random

    def filled(self, answers: Mapping[str, str], pupil: Pupil) -> dict[str, Any]:
        executed = self.rng.random() < 0.8
        cells: list[dict[str, Any]] = []
        for cell in self.notebook["cells"]:
            entry = cell["metadata"].get("nbgrader", {})
            text = "".join(cell["source"])
            answered = next((name for name in answers if text.startswith(f"# exercise: {name}\n")), None)
            if answered is not None:
                cell["source"] = answers[answered].splitlines(keepends=True)
            elif entry.get("solution") and entry.get("grade") and pupil.kind != "untouched":
                cell["source"] = [self.rng.choice(_PROSE)]
            cells.append(cell)
            tested = entry["grade_id"] if entry.get("grade") and cell["cell_type"] == "code" else None
            if executed and cell["cell_type"] == "code":
                cell["execution_count"] = len(cells)
                cell["outputs"] = self._outputs(tested, pupil)
            if tested and self.rng.random() < 0.12:
                cells.append(self._scratch(tested))
        self.notebook["cells"] = cells
        self.notebook["metadata"]["language_info"] = {"name": "python", "file_extension": ".py", "version": self._version()}
        return self.notebook

    def _version(self) -> str:
        return f"3.{self.rng.choice([11, 12, 13])}.{self.rng.randrange(9)}"

    def _outputs(self, tested: str | None, pupil: Pupil) -> list[dict[str, Any]]:
        if tested is None:
            return [{"name": "stdout", "output_type": "stream", "text": ["[[0, 1], [2, 3]]\n"]}] if self.rng.random() < 0.2 else []
        line = f"✓ {tested}: passed" if pupil.expected[tested] else f"✗ {tested}: look again"
        data = {"text/html": [f"<div style='padding: 4px'>{line}</div>"], "text/plain": [line]}
        shown = {"data": data, "metadata": {}, "output_type": "display_data"}
        if pupil.expected[tested]:
            return [shown]
        return [shown, {"ename": "CheckFailure", "evalue": line, "output_type": "error", "traceback": [line]}]

    def _scratch(self, exercise: str) -> dict[str, Any]:
        """A cell to try something out: the docstring's example, or whatever; some of them fail."""
        examples = "".join(example.source for example in self.material.examples[exercise])
        source = self.rng.choice([examples, examples, *_SCRATCH]).strip() or "# nothing"
        identity = f"{self.rng.getrandbits(32):08x}"
        return {
            "cell_type": "code",
            "execution_count": None,
            "id": identity,
            "metadata": {},
            "outputs": [],
            "source": source.splitlines(keepends=True),
        }


# --- damage -----------------------------------------------------------------------------------------------------------


def _damaged(pupil: Pupil, notebook: dict[str, Any], part: Part, rng: Random) -> tuple[Pupil, dict[str, bytes]]:
    """The submitted files after something happened to them, and what can still be expected."""
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    kinds = {name: kind for name, kind in damaged().items() if not kind.heavy}
    how = rng.choice(["another name", "no notebook", *kinds])
    if how == "no notebook":
        return replace(pupil, expected=dict.fromkeys(pupil.expected, False)), {}
    if how == "another name":
        return pupil, {f"{part.name} (1).ipynb": kinds["no damage"].make(notebook)}
    files = {f"{part.name}.ipynb": kinds[how].make(notebook)}
    if kinds[how].gradable:
        return pupil, files
    # What can be read may have lost an answer; what cannot be read has none.
    left = None if kinds[how].readable else False
    return replace(pupil, expected={name: passes and left for name, passes in pupil.expected.items()}), files
