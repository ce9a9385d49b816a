"""Inventory and conversion of a corpus: plan, worker program, dispatch under the disk guard, what happened."""
