"""Where student code runs: the warm process, its isolation, and the student's side of the channel."""
