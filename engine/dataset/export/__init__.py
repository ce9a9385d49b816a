"""What other programs read: NeMo, lhotse, Hugging Face, index files of members."""
