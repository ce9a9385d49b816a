"""The demo's corpus: small, real where the machine has recordings, and like the ones that a conversion meets."""
