"""Promises of the audio room."""
