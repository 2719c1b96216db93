"""Between judge and student: plain data by value, handles for everything else, every message bounded."""
