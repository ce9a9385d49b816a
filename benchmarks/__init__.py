"""What gonogo costs, as ratios and shares: measured when asked (``make bench``), never asserted in a test."""
