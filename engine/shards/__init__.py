"""One shard on disk: where shards lie, strict tar reading, the record of a swap, the swap itself, its recovery."""
