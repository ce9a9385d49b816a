"""All checklists of a corpus, GO or NO-GO, and the way into each."""
