"""What a browser makes of a page: what it would act on, fetch or run, and what it would show."""

from __future__ import annotations

from html.parser import HTMLParser


class Reading(HTMLParser):
    """Collects a page's tags, its links and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [
            f"{name}={value}" for name, value in attrs if name in {"src", "href", "style"} or name[:2] == "on"
        ]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> Reading:
    reading = Reading()
    reading.feed(page)
    reading.close()
    return reading
