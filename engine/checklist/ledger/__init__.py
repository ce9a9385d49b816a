"""The ledger: every answer, sign-off, waiver and override of a corpus, in lines that are only ever added.

Each line holds the SHA-256 of the line before it, so that a line that is edited, removed, moved or added breaks the
chain; each sign-off is signed with a person's own SSH key, over the exact bytes of its line. Its head and count, where
they are written down elsewhere, show a tail that was cut off.
"""
