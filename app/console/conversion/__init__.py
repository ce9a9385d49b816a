"""The screen of a run on shards: how far it is, what limits it, who works on what, every shard."""
