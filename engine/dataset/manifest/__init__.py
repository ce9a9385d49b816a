"""The table of all clips: a shard's rows, its fragment, the groups, the merge."""
