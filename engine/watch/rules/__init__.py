"""The rules: one small module a rule or family; :mod:`engine.watch.rules.detector` runs them all."""
