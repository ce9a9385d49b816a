"""Who goes to train, dev and test: groups that stay together, quotas by stratum, the lock, the report."""
