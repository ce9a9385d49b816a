"""A checklist on paper: how it stands, on what that rests and who signed, as Markdown, HTML or plain text.

All three are written from one :class:`~engine.checklist.sheet.shape.Sheet`, so that they cannot tell different things.
"""
