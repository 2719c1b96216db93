"""What a course is made of, as frozen dataclasses: chapters, parts, exercises, their sources, and results."""

from workbook.model.chapter import KINDS, Chapter, Exercise, Part, variant_of
from workbook.model.home import Home, find_home
from workbook.model.result import Explanation, Result, Status
from workbook.model.source import Definition, Signature, SourceFile

__all__ = [
    "KINDS",
    "Chapter",
    "Definition",
    "Exercise",
    "Explanation",
    "Home",
    "Part",
    "Result",
    "Signature",
    "SourceFile",
    "Status",
    "find_home",
    "variant_of",
]
