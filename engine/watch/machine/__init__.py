"""The machine under a run: its GPUs, the host, the checkpoints that it saves, and what they mean."""
