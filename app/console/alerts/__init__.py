"""What wants a person: newest first, acknowledged with a note, each with its way out."""
