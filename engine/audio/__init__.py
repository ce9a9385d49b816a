"""Samples only: clips read, mixed to mono, decimated by three, written; no file is opened here, no shard known."""
