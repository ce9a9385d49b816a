"""Jobs on shards and the worker processes that do them: orders out, answers in, what fails tried again."""
