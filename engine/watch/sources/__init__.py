"""Where metrics come from: one small module a format, each a :class:`~engine.watch.sources.base.Source`."""
