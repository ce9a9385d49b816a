"""Figures as pages write them."""

from __future__ import annotations


def few(count: float) -> str:
    """Write a figure in about four characters, as the edge of a picture has room for."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        # What would round to a thousand of the smaller unit is one of the larger: 1.0M, never 1000k.
        if count >= size * 0.9995:
            value = count / size
            return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"
    return f"{count:.0f}" if count >= 10 or count == int(count) else f"{count:.1f}"


def per_cent(share: float) -> str:
    """Write a share as per cent, small ones so that they are not nothing."""
    return f"{share * 100:.2g} %" if 0 < share < 0.01 else f"{share * 100:.1f} %"
