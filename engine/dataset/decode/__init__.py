"""How fast clips decode here: a sample, the decoders, one process and many."""
