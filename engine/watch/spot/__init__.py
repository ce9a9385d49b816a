"""Spot instances: the notice that one is taken back, and how often that happened of late."""
