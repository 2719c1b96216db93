"""From hand-written chapters to notebooks, nbgrader courses and solutions."""
