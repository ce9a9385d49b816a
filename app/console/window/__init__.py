"""The timeline of a window: planned, actual and forecast for each step, what is under way, what could be done."""
