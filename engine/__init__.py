"""The library behind both faces of gonogo: no Textual, click or Rich anywhere in it.

Its rooms stand on floors (see ``[tool.importlinter]`` in pyproject.toml): ``jobs`` on top, then ``convert``,
``checklist``, ``shards``, and at the bottom ``audio``, ``run`` and ``host``, which know nothing of each other.
"""
