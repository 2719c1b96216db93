"""Late penalties, by the plug-in that the course configures for nbgrader."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

from workbook.build.formats import nbgrader_module
from workbook.errors import BadInput
from workbook.grade.book.configuration import on_path
from workbook.grade.book.course import Course

__all__ = ["LatePenalty"]


class LatePenalty:
    """What being late costs; the plug-in is loaded when the first late submission comes."""

    def __init__(self, course: Course) -> None:
        self._course = course

    def __call__(self, student: str, score: float, seconds_late: float) -> float | None:
        """Points to take off, at least 0 and at most the score; None for nothing at all.

        Raises:
            BadInput: the plug-in cannot be loaded, fails, or answers with no number.
        """
        if seconds_late <= 0 or self._plugin is None:
            return None
        try:
            with on_path(self._course.folder):
                penalty = self._plugin.late_submission_penalty(student, score, seconds_late)
            if penalty is None:
                return None
            if math.isnan(penalty):
                raise ValueError("the penalty is not a number")
            return min(max(float(penalty), 0.0), score)
        except Exception as error:  # the instructor's own program
            raise self._bad(error) from error

    @cached_property
    def _plugin(self) -> Any:
        """The plug-in; None where the configuration takes late penalties out of grading."""
        nbgrader_module()
        from nbgrader.converters import Autograde
        from nbgrader.preprocessors import AssignLatePenalties

        try:
            with on_path(self._course.folder):
                steps = Autograde(config=self._course.config).autograde_preprocessors
                kinds = [step for step in steps if isinstance(step, type) and issubclass(step, AssignLatePenalties)]
                if not kinds:
                    return None
                step = kinds[0](config=self._course.config)
                step.init_plugin()
                return step.plugin_inst if step.enabled else None
        except Exception as error:  # the same
            raise self._bad(error) from error

    def _bad(self, error: Exception) -> BadInput:
        return BadInput(
            f"The plug-in for late penalties fails: {type(error).__name__}: {error}.",
            f"Mend what AssignLatePenalties.plugin_class names in {self._course.folder / 'nbgrader_config.py'}.",
        )
