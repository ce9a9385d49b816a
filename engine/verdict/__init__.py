"""GO or NO-GO from criteria: what was asked, what was measured, by whom and when, and what follows from it."""
