"""What gonogo can do, and the one way to start it: locks, gates, run folder, control socket, signals."""
