"""The home screen: whether all is well, what runs, what waits for a person, and which key goes there."""
