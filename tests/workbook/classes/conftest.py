"""A little course for test_grade_handles.py: its exercise tests are run by the toolkit, not by pytest."""

collect_ignore_glob = ["*"]
