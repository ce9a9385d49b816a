"""``python -m app`` is ``gonogo``."""

from app.cli import main

main()
