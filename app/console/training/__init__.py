"""The console of training runs: one glance says whether all is right, keys show the rest."""
