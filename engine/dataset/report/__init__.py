"""All artifacts held against each other, as JSON, Markdown and a page with plots."""
