"""What people read: autograded notebooks, feedback, the overview of a class."""
