"""Watching a training run: whatever a trainer writes becomes records, rules raise alerts, and money is counted."""
