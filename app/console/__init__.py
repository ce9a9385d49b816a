"""The console: a client of a run's engine, which is a process of its own; closing it never stops a run."""
