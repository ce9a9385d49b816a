"""The window: all jobs of a corpus in order, as one run against a timetable with budgets, gates and verifications."""
