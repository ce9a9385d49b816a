"""A page for people, whatever it reports: in words, then as Markdown and as HTML with pictures. Pure."""
