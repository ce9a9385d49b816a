"""What training takes from a converted corpus: manifest, split, decode benchmark, buckets, exports."""
