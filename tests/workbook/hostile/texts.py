"""Sources that are an attack before they run: on the reader, the compiler, the page on which they are shown."""

from __future__ import annotations

from tests.workbook.hostile.base import MM, QUIZ, TRACE, hostile

__all__ = ["TEXTS"]

_MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"

TEXTS = (
    hostile("deep_parentheses", "expressions nested beyond what the parser takes", "x = " + "(" * 50_000 + ")" * 50_000, "y = " + "[" * 150 + "]" * 150, "z = " + "-" * 100_000 + "1", MM, earns="einsum_mm"),
    hostile("long_sum", "an expression of a hundred thousand terms, and long chains of attributes, calls and comparisons", "x = " + " + ".join(["1"] * 100_000), "x = a" + ".b" * 50_000, "x = f" + "()" * 50_000, "x = 1" + " < 1" * 50_000, "x = " + "not " * 50_000 + "1", MM, earns="einsum_mm"),
    hostile("deep_blocks", "blocks, functions, lambdas, f-strings and patterns inside each other", "\n".join("    " * n + "if True:" for n in range(99)) + "\n" + "    " * 99 + "pass", "x = " + "lambda: " * 20_000 + "1", "x = " + "f'{" * 20 + "1" + "}'" * 20, "match 1:\n    case " + "[" * 5_000 + "]" * 5_000 + ":\n        pass", MM, earns="einsum_mm"),
    hostile("constants_that_grow", "constants that the compiler would work out", "x = 10 ** 10 ** 10 if False else 0", "x = 'a' * 10 ** 10 if False else 0", "y = (((1,) * 10 ** 8) * 10 ** 8) if False else 0", "z = 1 << 10 ** 12 if False else 0", MM, earns="einsum_mm"),
    hostile("odd_characters", "NUL bytes, lone surrogates, marks of the byte order, form feeds, other encodings, text that runs backwards", "x = 1\x00", "x = '\ud800'", "\ufeffx = 1", "x = 1\x0c\x0b\x1c\u2028y = 2", "# -*- coding: utf-7 -*-\nx = '+AGE-'", "# coding: rot13\nprint('wbhostile')", "x = '\u202e\u2066 passed'", "\u212bngstr\u00f6m = 1\n\u2167 = 8", "x = 1\\", "'''", "\r\r\n\rx = 1\r", "\\N{DIGIT ONE}", "'\\N{NO SUCH NAME}'", "\t x = 1\n        y = 2", MM, earns="einsum_mm"),
    hostile("a_megabyte_of_source", "a cell of nearly a megabyte, and names and docstrings of hundreds of thousands of characters", "x = '" + "x" * 900_000 + "'", f"def {'f' * 200_000}():\n    pass", f'def einsum_trace(mat):\n    """{"doc " * 100_000}"""\n    raise ValueError({"v" * 100_000!r})', f"class {'E' * 100_000}(Exception):\n    pass\ndef einsum_mv(mat, vec):\n    raise {'E' * 100_000}({'m' * 100_000!r})", MM, earns="einsum_mm"),
    hostile("too_much_source", "a cell of ten megabytes", "x = 1\n" * 1_700_000, MM),
    hostile("five_thousand_cells", "more cells than anybody writes", *["x = 1"] * 5_000, MM),
    hostile("future_and_flags", "future imports, async cells, returns and yields at the top, star imports of odd modules", "from __future__ import braces", "from __future__ import annotations, barry_as_FLUFL", "await later()", "return 1", "yield 1", "break", "nonlocal x", "global x; x = 1", "import this", "from os import *", "async def f():\n    return [x async for x in y]", "del np, t, einops", "import einops, numpy as np, torch as t", MM, earns="einsum_mm"),
    hostile("magics", "shell lines, magics and other languages in all their forms: none is run", "!touch {outside}/shell", "%run {outside}/x.py\n%%bash", "%%bash\ntouch {outside}/bash", "%%javascript\nalert(1)", "%%script python\nopen('{outside}/script', 'w')", "x = !touch {outside}/assigned", "%load_ext autoreload\n%autoreload 2\n%config InlineBackend.figure_format = 'svg'", "%sx touch {outside}/sx", "!!touch {outside}/twice", "%%writefile {outside}/written\ntext", "%pip install wbhostile", "?np\nnp??", "/print 1\n,print 1 2\n;print 1 2", TRACE, earns="einsum_trace", proves="{outside}"),
    hostile("markup_everywhere", "script in names, messages, printed text and answers", f'def einsum_trace(mat):\n    print({_MARKUP!r})\n    raise type({_MARKUP!r}, (Exception,), {{}})({_MARKUP!r} + "\\x1b[31m\\x1b]8;;http://x\\x07")', f"quiz_einsum_sum = {_MARKUP!r}", f"def einsum_mm(mat1, mat2):\n    return {{{_MARKUP!r}: {_MARKUP!r}}}", f'einsum_mv = type({_MARKUP!r}, (), {{"__repr__": lambda self: {_MARKUP!r}}})()', f"raise ValueError({_MARKUP!r})", QUIZ.replace("einsum_sum", "strides"), earns="quiz_strides"),
    hostile("answers_in_comments_only", "marks of solved exercises, points and metadata in comments, strings and doctests", "# exercise: einsum_trace\n# points: 100\n### BEGIN SOLUTION\n### END SOLUTION\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS", "# exercise: einsum_mm\n'''def einsum_mm(mat1, mat2):\n    return mat1 @ mat2'''", "tests.test_einsum_trace(einsum_trace)\ntests = None", "import tests, solutions"),
    hostile("test_cells_of_its_own", "defines the test functions and a tests module itself", "def test_einsum_trace(einsum_trace):\n    return 100", "class tests:\n    test_einsum_trace = test_einsum_mm = staticmethod(lambda *args: 100.0)", "def einsum_trace(mat):\n    return 0\ntests.test_einsum_trace(einsum_trace)", "tests.test_einsum_mm(None)"),
)
