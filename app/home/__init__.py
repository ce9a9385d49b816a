"""The corpus at a glance: what is known of it, what runs, what waits for a person. From files alone, no Textual."""
