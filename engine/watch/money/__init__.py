"""What a run costs: a ledger of priced intervals, the sum of them, and where that leads against a budget."""
