"""Grading a class: read and repair submissions, run them in a sandbox, judge them outside of it, write nbgrader's gradebook."""
