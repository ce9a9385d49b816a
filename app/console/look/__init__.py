"""How the console looks: inks, themes, glyph sets, and the style sheets that all screens share."""
