"""Reading a submission: what the file holds, repaired, and where each exercise was answered."""
