"""The console of checklists: a person walks a list with keys, the machine answers beside them."""
