"""The toolkit for exercise tests: compare with an independent oracle, explain, find the known mistake.

A test is a table, and the toolkit runs it:

    def test_einsum_mm(einsum_mm):
        check.agrees(einsum_mm, inputs=check.house("i j", "j k"), expected=lambda mat1, mat2: mat1 @ mat2)

Needs NumPy; torch only where a test brings tensors.
"""

from workbook.check.beside import beside, define
from workbook.check.call import call
from workbook.check.free import choice, require, shows
from workbook.check.inputs import Case, case, house
from workbook.check.table import agrees, picture, rejects
from workbook.check.trial import data, rng

__all__ = [
    "Case",
    "agrees",
    "beside",
    "call",
    "case",
    "choice",
    "data",
    "define",
    "house",
    "picture",
    "rejects",
    "require",
    "rng",
    "shows",
]
