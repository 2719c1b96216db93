"""Notebooks as they come back: a good one damaged in every way that we have seen or fear.

    good = handed_in(chapter, part)                    # the released notebook with right answers, as a dict
    for kind, damage in damaged().items():
        files = {f"{part.name}.ipynb": damage.make(good)}

Everything is derived from the notebook that is given, and nothing is drawn at random: the same notebook gives the same bytes.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbook.build.notebooks import build_notebook
from workbook.model import Chapter, Part

__all__ = ["TEMPLATE", "Damage", "damaged", "handed_in"]

TEMPLATE = "YOUR ANSWER HERE"  # nbgrader's, for written answers

Notebook = dict[str, Any]
Cell = dict[str, Any]


@dataclass(frozen=True)
class Damage:
    """One kind of damage.

    Attributes:
        make: from a good notebook (nbformat 4.5, cell ids as `build_notebook` gives them) to the bytes of a damaged file.
        readable: a grader can read it at all; otherwise the submission is "not graded because ...".
        gradable: every exercise still gets what it would have got without the damage.
        heavy: megabytes large, or slow to make.
    """

    make: Callable[[Notebook], bytes]
    readable: bool = True
    gradable: bool = True
    heavy: bool = False


def handed_in(chapter: Chapter, part: Part, *, written: str = TEMPLATE) -> Notebook:
    """The course notebook as students get it, with right answers in it: plain data of nbformat 4.5.

    Args:
        written: the answer to every written question.
    """
    solved = {cell.id: cell.source for cell in build_notebook(chapter, part, "solutions").cells}
    notebook: Notebook = json.loads(json.dumps(build_notebook(chapter, part, "course")))
    for cell in notebook["cells"]:
        nbgrader = cell["metadata"].get("nbgrader", {})
        if nbgrader.get("grade") and nbgrader["solution"]:
            cell["source"] = written
        elif cell["id"].startswith("answer-"):
            cell["source"] = solved[cell["id"]]
        elif nbgrader.get("grade"):
            cell["source"] = cell["source"].partition("\n### BEGIN HIDDEN TESTS")[0]
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
    return notebook


def damaged(outputs: int = 50_000_000) -> dict[str, Damage]:
    """Every kind of damage, by name.

    Args:
        outputs: bytes of the kind that has large outputs.
    """
    kinds = {
        **{name: Damage(_dumped(change)) for name, change in _HARMLESS.items()},
        **{name: Damage(_dumped(change), gradable=False) for name, change in _COSTLY.items()},
        **{name: Damage(_dumped(change), readable=False, gradable=False) for name, change in _FATAL.items()},
        **{name: Damage(make) for name, make in _REWRITTEN.items()},
        **{name: Damage(make, readable=False, gradable=False) for name, make in _NO_NOTEBOOK.items()},
        **{name: Damage(make, readable=False, gradable=False, heavy=True) for name, make in _BOMBS.items()},
    }
    for name, output in _OUTPUTS.items():
        kinds[name] = Damage(_dumped(lambda notebook, output=output: _with_outputs(notebook, output(outputs))), heavy=True)
    return kinds


# --- what notebooks are made of ---------------------------------------------------------------------------------------


def _dumped(change: Callable[[Notebook], Any]) -> Callable[[Notebook], bytes]:
    """From a change of a notebook to the bytes of the changed one; a change that returns nothing has changed its argument."""

    def make(notebook: Notebook) -> bytes:
        mine = copy.deepcopy(notebook)
        changed = change(mine)
        return _bytes(mine if changed is None else changed)

    return make


def _bytes(notebook: Any) -> bytes:
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def _code(source: str, **more: Any) -> Cell:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source, **more}


def _answers(notebook: Notebook) -> list[Cell]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and cell.get("id", "").startswith("answer-")]


def _tests(notebook: Notebook) -> list[Cell]:
    return [cell for cell in notebook["cells"] if cell.get("id", "").startswith("test-")]


def _function(notebook: Notebook) -> Cell:
    """The first answer that is a function with a docstring and nothing else."""
    alone = re.compile(r'# exercise: \w+\ndef \w+\([^#]*?:\n    """')
    return next(cell for cell in _answers(notebook) if alone.match(cell["source"]) and cell["source"].count("\ndef ") == 1)


def _place(notebook: Notebook, cell: Cell) -> int:
    return next(number for number, other in enumerate(notebook["cells"]) if other is cell)


def _insert(notebook: Notebook, after: Cell, *cells: Cell) -> None:
    place = _place(notebook, after) + 1
    notebook["cells"][place:place] = cells


def _indented(source: str, opening: str) -> str:
    return opening + "\n" + "\n".join(f"    {line}" if line.strip() else line for line in source.split("\n"))


# --- harmless: everything is still there ------------------------------------------------------------------------------


def _nothing(notebook: Notebook) -> None:
    pass


def _no_metadata(notebook: Notebook) -> None:
    notebook["metadata"] = {}
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def _no_metadata_key(notebook: Notebook) -> None:
    del notebook["metadata"]
    for cell in notebook["cells"]:
        del cell["metadata"]


def _no_ids(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        del cell["id"]


def _same_ids(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["id"] = "same"


def _no_markers(notebook: Notebook) -> None:
    for cell in _answers(notebook):
        cell["source"] = cell["source"].partition("\n")[2]


def _nothing_but_names(notebook: Notebook) -> None:
    _no_markers(notebook)
    _no_metadata(notebook)
    _no_ids(notebook)


def _version_4_0(notebook: Notebook) -> None:
    notebook["nbformat_minor"] = 0
    _no_ids(notebook)


def _version_3(notebook: Notebook) -> Notebook:
    cells = []
    for cell in notebook["cells"]:
        old = {"cell_type": cell["cell_type"], "metadata": cell["metadata"]}
        lines = cell["source"].splitlines(keepends=True)
        heading = re.fullmatch(r"(#{1,6}) ([^\n]*)", cell["source"])
        if cell["cell_type"] == "code":
            old |= {"input": lines, "language": "python", "outputs": [], "prompt_number": 3, "collapsed": False}
        elif heading:
            old |= {"cell_type": "heading", "level": len(heading[1]), "source": [heading[2]]}
        else:
            old["source"] = lines
        cells.append(old)
    half = len(cells) // 2
    sheets = [{"cells": cells[:half], "metadata": {}}, {"cells": cells[half:], "metadata": {}}]
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": sheets}


def _colab(notebook: Notebook) -> Notebook:
    cells = []
    for number, cell in enumerate(notebook["cells"]):
        metadata = {"id": f"Qx{number:010d}"}
        if cell["cell_type"] == "code":
            url = {"base_uri": "https://localhost:8080/", "height": 35}
            metadata |= {
                "colab": url,
                "outputId": "0a1b2c3d",
                "executionInfo": {"status": "ok", "elapsed": 3, "user": {"userId": ""}},
            }
        new = {"cell_type": cell["cell_type"], "metadata": metadata, "source": cell["source"].splitlines(keepends=True)}
        cells.append(new | ({"execution_count": number, "outputs": []} if cell["cell_type"] == "code" else {}))
    metadata = {
        "colab": {"provenance": []},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    }
    return {"nbformat": 4, "nbformat_minor": 0, "metadata": metadata, "cells": cells}


def _sources_as_lists(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)


def _tests_deleted(notebook: Notebook) -> None:
    gone = [id(cell) for cell in _tests(notebook)]
    notebook["cells"] = [cell for cell in notebook["cells"] if id(cell) not in gone]


def _tests_edited(notebook: Notebook) -> None:
    for cell in _tests(notebook):
        cell["source"] = 'print("All tests passed.")'


def _tests_faked(notebook: Notebook) -> None:
    """What locked cells hold after somebody has tried to make them say yes."""
    for cell in _tests(notebook):
        cell["source"] = f"try:\n    {cell['source']}\nexcept Exception:\n    pass\n2.0"


def _tests_copied(notebook: Notebook) -> None:
    for cell in _tests(notebook):
        _insert(notebook, cell, copy.deepcopy(cell))


def _tests_unlocked(notebook: Notebook) -> None:
    for cell in _tests(notebook):
        cell["metadata"]["nbgrader"] |= {"locked": False, "points": 100}


def _answer_copied(notebook: Notebook) -> None:
    for cell in _answers(notebook):
        _insert(notebook, cell, copy.deepcopy(cell))


def _older_attempt_above(notebook: Notebook) -> None:
    cell = _function(notebook)
    head = cell["source"].partition('    """')[0]
    old = copy.deepcopy(cell) | {"source": f"{head}    return None"}
    notebook["cells"].insert(_place(notebook, cell), old)


def _split(marks: int, keep: bool) -> Callable[[Notebook], None]:
    """Cut the answer after its docstring (2 marks) or before it (0)."""

    def change(notebook: Notebook) -> None:
        cell = _function(notebook)
        source = cell["source"]
        cut = source.index('    """')
        if marks:
            cut = source.index("\n", source.index('"""', cut + 7) + 3) + 1
        rest = _code(source[cut:]) | ({"metadata": copy.deepcopy(cell["metadata"]), "id": cell["id"]} if keep else {})
        cell["source"] = source[:cut].rstrip("\n")
        _insert(notebook, cell, rest)

    return change


def _split_in_the_last_line(notebook: Notebook) -> None:
    """The cut goes through a pair of brackets that was opened for it."""
    cell = _function(notebook)
    _before, _, last = cell["source"].rstrip().rpartition("return ")
    cell["source"] = f"{_before}return ("
    _insert(notebook, cell, _code(f"        {last}\n    )"))


def _answers_after_tests(notebook: Notebook) -> None:
    for cell in _answers(notebook):
        cells = notebook["cells"]
        place = _place(notebook, cell)
        if place + 1 < len(cells) and cells[place + 1].get("id", "").startswith("test-"):
            cells[place], cells[place + 1] = cells[place + 1], cells[place]


def _answers_at_the_end(notebook: Notebook) -> None:
    moved = _answers(notebook)
    gone = {id(cell) for cell in moved}
    notebook["cells"] = [cell for cell in notebook["cells"] if id(cell) not in gone] + moved


def _in_an_if(notebook: Notebook) -> None:
    for cell in _answers(notebook):
        cell["source"] = _indented(cell["source"], "if True:")


def _in_main(notebook: Notebook) -> None:
    cell = _function(notebook)
    cell["source"] = _indented(cell["source"], 'if __name__ == "__main__":')


def _margin(notebook: Notebook) -> None:
    cell = _function(notebook)
    cell["source"] = _indented(cell["source"], "").lstrip("\n")


def _magics(notebook: Notebook) -> None:
    for number, cell in enumerate(_answers(notebook)):
        line = ("%matplotlib inline", "!ls -la", "%pip install einops", "%load_ext autoreload\n%autoreload 2", "len?")[number % 5]
        cell["source"] = f"{line}\n{cell['source']}\n%time 1 + 1\nfiles = !ls"


def _timed(notebook: Notebook) -> None:
    for cell in _answers(notebook):
        cell["source"] = f"%%time\n{cell['source']}"


def _other_languages(notebook: Notebook) -> None:
    for cell in _answers(notebook):
        _insert(notebook, cell, _code("%%bash\nrm -rf build\nif [ -d x ]; then echo $(ls); fi"), _code("%%html\n<b>hello</b>"))


def _failing_cells(notebook: Notebook) -> None:
    for cell in _answers(notebook):
        _insert(notebook, cell, _code("1 / 0"), _code("def ("), _code("print(no_such_name)"), _code("raise SystemExit"))


def _empty_cells(notebook: Notebook) -> None:
    for cell in _answers(notebook):
        _insert(notebook, cell, _code(""), {"cell_type": "markdown", "metadata": {}, "source": []}, _code("  \n# nothing\n"))


def _answer_as(kind: str) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        cell = _function(notebook)
        cell["cell_type"] = kind
        del cell["outputs"], cell["execution_count"]

    return change


def _wrong_types(notebook: Notebook) -> None:
    notebook["metadata"] = []
    notebook["nbformat"], notebook["nbformat_minor"] = "four", None
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = [number]
        cell["metadata"] = (None, [], "nbgrader", {"nbgrader": []}, {"nbgrader": {"grade_id": 3, "locked": "no"}})[number % 5]
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = "none", {"count": [1, None, 2.5e300, True]}


def _foreign_cells(notebook: Notebook) -> None:
    odd = [
        None,
        3,
        [],
        "cell",
        {},
        {"cell_type": 3, "source": 4},
        {"cell_type": "code"},
        {"cell_type": "sql", "source": "select 1"},
    ]
    notebook["cells"] += [*odd, {"cell_type": "code", "source": ["x = 1", 2]}, {"cell_type": "code", "source": {"text": "x"}}]


def _surrogates(notebook: Notebook) -> None:
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "half of a letter: \ud83d, and a nought: \0"})
    cell = _function(notebook)
    cell["source"] = f"{cell['source']}\n# a half letter \ud83d"


def _with_outputs(notebook: Notebook, output: list[Any]) -> None:
    _function(notebook)["outputs"] = output


_HARMLESS: dict[str, Callable[[Notebook], Any]] = {
    "no damage": _nothing,
    "metadata stripped": _no_metadata,
    "metadata keys missing": _no_metadata_key,
    "cell ids missing": _no_ids,
    "cell ids duplicated": _same_ids,
    "markers removed": _no_markers,
    "nothing left but names": _nothing_but_names,
    "nbformat 4.0": _version_4_0,
    "nbformat 3": _version_3,
    "Colab": _colab,
    "sources as lists": _sources_as_lists,
    "test cells deleted": _tests_deleted,
    "test cells edited": _tests_edited,
    "test cells faked": _tests_faked,
    "test cells duplicated": _tests_copied,
    "test cells unlocked": _tests_unlocked,
    "answers copied": _answer_copied,
    "older attempt above": _older_attempt_above,
    "answer split after its docstring": _split(2, keep=False),
    "answer split, metadata copied": _split(2, keep=True),
    "answer split after its first line": _split(0, keep=False),
    "answer split in a bracket": _split_in_the_last_line,
    "answers after their tests": _answers_after_tests,
    "answers moved to the end": _answers_at_the_end,
    "answers in an if": _in_an_if,
    "answer under __main__": _in_main,
    "answer with a margin": _margin,
    "magics and shell lines": _magics,
    "timed cells": _timed,
    "cells in other languages": _other_languages,
    "cells that fail": _failing_cells,
    "empty cells": _empty_cells,
    "answer in a markdown cell": _answer_as("markdown"),
    "answer in a raw cell": _answer_as("raw"),
    "wrong types": _wrong_types,
    "cells that are none": _foreign_cells,
    "lone surrogates": _surrogates,
}

_OUTPUTS: dict[str, Callable[[int], list[Any]]] = {
    "50 MB of pictures": lambda size: [
        {"output_type": "display_data", "data": {"image/png": "iVBORw0K" * (size // 8)}, "metadata": {}}
    ],
    "50 MB of lines": lambda size: [{"output_type": "stream", "name": "stdout", "text": ["still here\n"] * (size // 16)}],
    "50 MB of numbers": lambda size: [{"output_type": "display_data", "data": {"application/json": [[1, 2]] * (size // 40)}}],
}


# --- costly: it can be graded, but something is lost ------------------------------------------------------------------


def _in_a_class(notebook: Notebook) -> None:
    cell = _function(notebook)
    cell["source"] = _indented(cell["source"], "class Answer:")


def _renamed(notebook: Notebook) -> None:
    cell = _function(notebook)
    cell["source"] = re.sub(r"\ndef (\w+)", r"\ndef my_\1", cell["source"])


def _answer_deleted(notebook: Notebook) -> None:
    notebook["cells"].remove(_function(notebook))


def _broken_syntax(notebook: Notebook) -> None:
    cell = _function(notebook)
    cell["source"] = cell["source"].replace("):", ")", 1).replace(":\n", "\n", 1)


def _nought_in_the_answer(notebook: Notebook) -> None:
    cell = _function(notebook)
    cell["source"] = f"{cell['source']}\0"


_COSTLY: dict[str, Callable[[Notebook], Any]] = {
    "answer in a class": _in_a_class,
    "function renamed": _renamed,
    "answer deleted": _answer_deleted,
    "answer with broken syntax": _broken_syntax,
    "a nought in the answer": _nought_in_the_answer,
}


# --- fatal: JSON that is not to be graded -----------------------------------------------------------------------------


_FATAL: dict[str, Callable[[Notebook], Any]] = {
    "cells missing": lambda notebook: {key: value for key, value in notebook.items() if key != "cells"},
    "cells of a wrong type": lambda notebook: {**notebook, "cells": 3},
    "no cells": lambda notebook: {**notebook, "cells": []},
    "a list": lambda notebook: [notebook],
    "a number": lambda _notebook: 42,
    "nothing of the part": lambda notebook: {**notebook, "cells": [_code("print(1)")]},
    "too many cells": lambda notebook: {**notebook, "cells": notebook["cells"] + [_code("")] * 2_000},
    "a cell too long": lambda notebook: {**notebook, "cells": [*notebook["cells"], _code("x = 1\n" * 200_000)]},
    "cells too long together": lambda notebook: {**notebook, "cells": [*notebook["cells"], *[_code("x = 1\n" * 150_000)] * 10]},
}


# --- rewritten: the same notebook in other bytes ----------------------------------------------------------------------


_REWRITTEN: dict[str, Callable[[Notebook], bytes]] = {
    "byte order mark": lambda notebook: b"\xef\xbb\xbf" + _bytes(notebook),
    "UTF-16": lambda notebook: _bytes(notebook).decode().encode("utf-16"),
    "UTF-32": lambda notebook: _bytes(notebook).decode().encode("utf-32"),
    "Windows line ends": lambda notebook: json.dumps(notebook, indent=1).replace("\n", "\r\n").replace(r"\n", r"\r\n").encode(),
    "one line": lambda notebook: json.dumps(notebook, separators=(",", ":")).encode(),
    "blanks everywhere": lambda notebook: b" \n\t" + json.dumps(notebook, indent=8, separators=(" , ", " : ")).encode() + b"\n\n ",
    "escaped letters": lambda notebook: (
        _bytes(notebook).replace(b'"cells"', rb'"\u0063ells"').replace(b'"source"', rb'"s\u006furce"')
    ),
    "noughts at the end": lambda notebook: _bytes(notebook) + bytes(4096),
    "Latin-1": lambda notebook: _bytes(_noted(notebook)).decode().encode("latin-1", "replace"),
}


def _noted(notebook: Notebook) -> Notebook:
    return {**notebook, "cells": [*notebook["cells"], _code("# déjà vu, à bientôt")]}


# --- no notebooks at all ----------------------------------------------------------------------------------------------


_NO_NOTEBOOK: dict[str, Callable[[Notebook], bytes]] = {
    "empty file": lambda _notebook: b"",
    "blank file": lambda _notebook: b" \r\n\t\n",
    "noughts": lambda _notebook: bytes(10_000),
    "not JSON": lambda _notebook: b"import numpy as np\n\ndef double(x):\n    return 2 * x\n",
    "truncated": lambda notebook: _bytes(notebook)[: len(_bytes(notebook)) * 2 // 3],
    "truncated at the end": lambda notebook: _bytes(notebook).rstrip()[:-1],
    "beginning lost": lambda notebook: _bytes(notebook)[100:],
    "two in one": lambda notebook: _bytes(notebook) * 2,
    "merge conflict": lambda notebook: _bytes(notebook).replace(b'"cells"', b'<<<<<<< HEAD\n "cells"', 1),
    "binary": lambda _notebook: bytes(range(256)) * 100,
    "picture": lambda _notebook: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "web page": lambda _notebook: b"<!DOCTYPE html>\n<html><body><h1>404</h1></body></html>",
    "ZIP archive": lambda _notebook: b"PK\x03\x04" + bytes(500),
    "PDF": lambda _notebook: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "holes": lambda notebook: _bytes(notebook).replace(b":", b"\0"),
}


# --- bombs: small for their sender, large for a careless reader -------------------------------------------------------


def _outputs_of(text: bytes) -> Callable[[Notebook], bytes]:
    def make(notebook: Notebook) -> bytes:
        return b'{"outputs": ' + text + b', "cells": ' + json.dumps(notebook["cells"]).encode() + b"}"

    return make


_BOMBS: dict[str, Callable[[Notebook], bytes]] = {
    "deep lists": lambda _notebook: b"[" * 10_000_000,
    "deep objects": lambda _notebook: b'{"cells": ' * 2_000_000,
    "deep outputs": _outputs_of(b"[" * 3_000_000 + b"]" * 3_000_000),
    "many small lists": lambda _notebook: b'{"cells": [' + b"[[]]," * 5_000_000 + b"0]}",
    "many keys": lambda _notebook: b"{" + b'"a":1,' * 3_000_000 + b'"b":1}',
    "a text never closed": lambda _notebook: b'{"cells": [{"source": "' + rb"\"" * 5_000_000,
}
