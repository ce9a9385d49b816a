"""The log of a run, newest first: read backwards, drawn by the line, and told in full."""
