"""Duration buckets: edges, batch sizes from a model or from real steps, the file."""
