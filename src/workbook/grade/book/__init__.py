"""nbgrader's course folder and gradebook, written in one transaction a submission."""
