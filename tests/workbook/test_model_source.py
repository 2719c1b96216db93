"""The source of solutions: definitions, signatures, stubs. No solution is left in a stub."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook.errors import ChapterError
from workbook.model import SourceFile, find_home
from workbook.model.source import BEGIN, END, STUB, Parameter


def source(text: str) -> SourceFile:
    return SourceFile(Path("part.py"), text)


def definition(text: str, name: str = "f"):
    return source(text).definitions[name]


FUNCTION = '''import numpy as np


@np.vectorize
def f(x, y=1):
    """Adds.

    More.
    """
    total = x + y
    return total
'''


def test_a_stub_keeps_signature_docstring_and_decorators():
    assert definition(FUNCTION).stub() == ('@np.vectorize\ndef f(x, y=1):\n    """Adds.\n\n    More.\n    """\n    ' + STUB)


def test_the_marked_source_has_the_same_lines_between_markers():
    marked = definition(FUNCTION).marked().splitlines()
    assert marked[6:] == [f"    {BEGIN}", "    total = x + y", "    return total", f"    {END}"]


def test_nbgrader_and_we_remove_the_same_lines():
    clear = pytest.importorskip("nbgrader.preprocessors.clearsolutions", reason="the comparison is with nbgrader")
    from nbformat.v4 import new_code_cell

    for name, each in find_home(Path(__file__).parent).chapters[0].exercises.items():
        path = find_home(Path(__file__).parent).chapters[0].source(each.part)
        found = SourceFile.read(path).definitions.get(name)
        if found is None or isinstance(found.node, ast.Assign):
            continue
        cell = new_code_cell(found.marked())
        worker = clear.ClearSolutions(code_stub={"python": STUB})
        assert worker._replace_solution_region(cell, "python")
        assert cell.source == found.stub()


GIVEN = f'''def f(x):
    """Doc."""
    y = x  # given
    {BEGIN}
    y = 5
    {END}
    for n in y:
        {BEGIN}
        n()
        {END}
    return y'''


def test_part_of_a_body_may_be_given():
    assert definition(GIVEN).marked() == GIVEN
    kept = f'def f(x):\n    """Doc."""\n    y = x  # given\n    {STUB}\n    for n in y:\n        {STUB}\n    return y'
    assert definition(GIVEN).stub() == kept


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (f"    {BEGIN}\n    secret()\n", rf"part\.py:1: {BEGIN} in f is never closed\.\nAdd a line {END}\."),
        (f"    {BEGIN}\n    {BEGIN}\n    {END}\n", rf"part\.py:3: {BEGIN} in f is out of order\."),
        (
            f"    {BEGIN}\n    a()\n    {END}\n    b()\n    {END}\n",
            rf"part\.py:6: {END} in f is out of order\.\nWrite {BEGIN}, then {END}\.",
        ),
    ],
)
def test_markers_that_do_not_pair_leave_no_stub(body, message):
    with pytest.raises(ChapterError, match=message):
        definition(f"def f():\n{body}    return 1\n").stub()


@pytest.mark.parametrize("ending", ["  ", " # here", ""])
def test_markers_may_have_something_behind_them(ending):
    text = f"def f():\n    {BEGIN}{ending}\n    secret()\n    {END}{ending}\n"
    assert definition(text).stub() == f"def f():\n    {STUB}"


def test_a_body_on_the_line_of_its_def_is_told():
    with pytest.raises(ChapterError, match=r"part\.py:2: f has its body on the line of its def\.\nGive it a line\."):
        definition("\ndef f(x): return x + 1\n").stub()


def test_comments_on_the_solution_are_taken_out_too():
    text = 'def f(x):\n    """Doc."""\n\n    # The secret is to add.\n    # So:\n    return x + 1\n'
    assert definition(text).stub() == f'def f(x):\n    """Doc."""\n\n    {STUB}'
    plain = "def f(x):\n    # secret\n    return x + 1  # secret\n"
    assert definition(plain).stub() == f"def f(x):\n    {STUB}"


def test_comments_after_the_last_statement_are_taken_out_too():
    text = "def f(x):\n    return x\n        # secret\n\n    # secret\n\n# about g\ndef g():\n    pass\n"
    assert definition(text).stub() == f"def f(x):\n    {STUB}"
    assert definition(text).text.endswith("    # secret")


CLASS = '''class C(Base):
    """A class."""

    size: int = 3

    def __init__(self):
        """Start."""
        # secret before
        self.secret = 1
        # secret after

    @property
    def value(self) -> int:
        def secret():
            return 3

        return secret()

    # about the next one
    def empty(self):
        """Only words."""

    async def later(self):
        pass
'''


def test_every_method_of_a_class_is_replaced():
    stub = definition(CLASS, "C").stub()
    assert "secret" not in stub
    assert stub.count(STUB) == 2
    assert '        """Start."""\n        ' + STUB + "\n\n    @property\n    def value(self) -> int:\n        " + STUB in stub
    assert "    # about the next one\n    def empty(self):" in stub
    assert "    size: int = 3\n" in stub
    ast.parse(stub)


def test_tabs_are_kept():
    assert definition("def f(x):\n\treturn x\n").stub() == f"def f(x):\n\t{STUB}"


def test_a_quizs_stub_has_no_letter():
    quiz = definition('quiz = "b"\n', "quiz")
    assert quiz.stub() == 'quiz = None  # write "a", "b", "c" or "d" in place of None'
    assert quiz.marked() == 'quiz = "b"'
    assert (quiz.value, quiz.docstring, quiz.signature()) == ("b", "", None)
    assert definition("x = [1]\n", "x").value is None
    assert definition(FUNCTION).value is None


statement = st.sampled_from(
    [
        "secret = 1",
        "return secret",
        "if secret:\n    secret()",
        "# secret",
        "",
        "def secret():\n    return 1",
        "for secret in x:\n    # secret\n    secret += 1",
        '"""secret"""',
        "x = (\n    'secret',\n)",
        "@secret\ndef secret():\n    pass",
        "with secret: pass",
        "secret; secret",
    ]
)


@given(st.lists(statement, min_size=1, max_size=6), st.booleans(), st.booleans(), st.booleans())
def test_no_word_of_a_solution_is_left_in_its_stub(statements, documented, in_class, commented):
    lines = [line for each in statements for line in each.splitlines() or [""]]
    body = ['"""Doc."""'] * documented + ["# secret"] * commented + lines + ["return secret"]
    if not documented:
        body = ["x = 0  # secret", *body]  # else a text of the solution would be the docstring
    text = "def f(x):\n" + "\n".join(f"    {line}" if line else "" for line in body)
    if in_class:
        text = 'class f:\n    """Doc."""\n\n' + "\n".join(f"    {line}" if line else "" for line in text.splitlines())
    stub = definition(text).stub()
    assert "secret" not in stub
    assert stub.count(STUB) == 1
    assert stub.count('"""Doc."""') == documented + in_class
    ast.parse(stub)


@pytest.mark.parametrize(
    ("path", "name"), [(chapter.source(part.name), part.name) for chapter, part in find_home(Path(__file__).parent).parts()]
)
def test_no_line_of_the_courses_solutions_is_left_in_its_stubs(path, name):
    for found in SourceFile.read(path).definitions.values():
        if isinstance(found.node, ast.FunctionDef) and BEGIN not in found.text:
            words = ast.get_docstring(found.node, clean=False) or ""
            last = found.text.splitlines()[-1].strip()
            assert last not in found.stub().replace(words, ""), found.name
            ast.parse(found.stub())


# --- signatures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "parameters", "returns"),
    [
        (
            'def f(a: Num[np.ndarray, "i j"], /, b: jt.Float[t.Tensor, ""], *, k: int = 1) -> Num[np.ndarray, "*b i"]:',
            (Parameter("a", ("i", "j")), Parameter("b", ()), Parameter("k", None)),
            (Parameter("result", ("*b", "i")),),
        ),
        (
            'def f(a) -> tuple[Float[Tensor, "n"], int]:',
            (Parameter("a", None),),
            (Parameter("result 0", ("n",)), Parameter("result 1", None)),
        ),
        ('def f() -> tuple[Float[Tensor, "n"]]:', (), (Parameter("result 0", ("n",)),)),
        ("def f(*xs, **ys):", (), (Parameter("result", None),)),
        (
            "def f(a: dict[str, int], b: Float[Tensor, n]) -> int:",
            (Parameter("a", None), Parameter("b", None)),
            (Parameter("result", None),),
        ),
    ],
)
def test_dimensions_are_read_from_the_annotations(header, parameters, returns):
    signature = definition(f"{header}\n    pass\n").signature()
    assert signature is not None
    assert (signature.name, signature.parameters, signature.returns) == ("f", parameters, returns)


def test_classes_have_no_signature():
    assert definition(CLASS, "C").signature() is None
    assert definition(CLASS, "C").docstring == "A class."


# --- files ----------------------------------------------------------------------------------------------------------


def test_definitions_know_their_lines():
    found = source(FUNCTION + '\n\nquiz = "a"\nx: int = 3\na, b = 1, 2\n').definitions
    assert list(found) == ["f", "quiz"]
    assert (found["f"].line, found["quiz"].line) == (4, 14)
    assert found["f"].text.startswith("@np.vectorize\ndef f")


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("def f():\n    pass\n\n\n@here\ndef f():\n    pass\n", "f", 5),
        ("class C:\n    pass\n\n\ndef C():\n    pass\n", "C", 5),
        ('quiz = "a"\nquiz = "b"\n', "quiz", 2),
        ("def _help():\n    pass\n\n\n_help = 3\n", "_help", 5),
    ],
)
def test_a_name_is_defined_once(text, name, line):
    with pytest.raises(ChapterError) as caught:
        _ = source(text).definitions
    assert str(caught.value) == f"part.py:{line}: {name} is defined twice.\nKeep one of them."
    assert caught.value.line == line


def test_only_names_at_the_top_level_count_as_defined_twice():
    text = (
        "if TYPE_CHECKING:\n    def f(): ...\nelse:\n    def f(): ...\n"
        "def f():\n    f = 1\n    f = 2\n\n\nclass C:\n    def f(self): ...\n    def f(self): ...\n"
    )
    assert list(source(text).definitions) == ["f", "C"]


def test_imports_are_kept_verbatim():
    head = '"""Doc."""\nfrom __future__ import annotations\nimport numpy as np  # arrays\n'
    text = head + "from a import (\n    b,\n    c,\n)\n\ndef f():\n    import hidden\n"
    assert source(text).imports == "import numpy as np\nfrom a import (\n    b,\n    c,\n)"
    assert source("x = 1").imports == ""


def test_a_file_is_read_once_until_it_changes(tmp_path):
    path = tmp_path / "part.py"
    path.write_text("a = 1\n", encoding="utf-8")
    first = SourceFile.read(path)
    assert SourceFile.read(path) is first
    path.write_text("b = 1\n", encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert list(SourceFile.read(path).definitions) == ["b"]


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(ChapterError, match=r"gone\.py: this file is missing\.\n`workbook new part` writes all files of a part\."):
        SourceFile.read(tmp_path / "gone.py")
    (tmp_path / "latin.py").write_bytes(b"a = '\xe4'")
    with pytest.raises(ChapterError, match=r"latin\.py: not a text file in UTF-8\.\nSave it again as UTF-8\."):
        SourceFile.read(tmp_path / "latin.py")
    with pytest.raises(ChapterError, match=r"part\.py:2: not valid Python: .*\nMend the syntax\.") as caught:
        _ = source("a = 1\ndef\n").definitions
    assert caught.value.line == 2
