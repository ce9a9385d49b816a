"""One execution of a job: its folder and event log, snapshots and control, worker children, locks, signals."""
