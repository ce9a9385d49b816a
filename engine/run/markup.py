"""Pages for people as HTML and Markdown: foreign text stays text, and nothing is run or fetched. Pure."""

from __future__ import annotations

import html
import re
from typing import Final

from engine.errors import printable

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Even if a name got through as markup, nothing would run and nothing would be fetched."""
_MARKUP: Final = re.compile(r"([\\`*\[\]|~#$])|(?<![^\W_])(_)|(_)(?![^\W_])")
"""What would be markup in running text: an underscore only at a word's edge, as GitHub's dialect reads it."""


def html_text(words: str) -> str:
    """Escape what HTML or a terminal would take for more than text."""
    return html.escape(printable(words))


def html_page(title: str, style: str, body: str) -> str:
    """Write a whole HTML file that needs no other.

    Args:
        title: as text; it is escaped here.
        style: our own CSS.
        body: markup, in which all foreign text went through :func:`html_text`.
    """
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{html_text(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def markdown_text(words: str) -> str:
    """Escape what Markdown or a terminal would take for more than text; for the middle of a line, never its start."""
    return _MARKUP.sub(lambda found: "\\" + found[0], html.escape(printable(words), quote=False))
