"""The check kinds: one small module each, a function from the question's surroundings to an answer."""
