"""What a manifest says of its corpus in short: ``manifest.json``."""

from __future__ import annotations

import msgspec

from engine.dataset.manifest.inputs import ManifestInputs
from engine.dataset.manifest.schema import ProblemKind

EXAMPLES = 100
"""Problems of a kind that the report names; the table of problems has all of them."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One problem and where it is."""

    source: str
    shard: str
    member: str
    utt_id: str
    detail: str


class ProblemCount(msgspec.Struct, frozen=True, kw_only=True):
    """The problems of one kind."""

    kind: ProblemKind
    count: int
    shards: int
    """In how many shards."""
    examples: tuple[Example, ...]
    """The first :data:`EXAMPLES` in the manifest's order."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The shards of one source that are in one state."""

    source: str
    state: str
    shards: int
    clips: int
    hours: float


class ManifestReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a manifest holds, and what a person should know of it."""

    inputs: ManifestInputs
    rows: int
    shards: int
    hours: float
    groups_united: int
    """Videos and clips that are in a group of another name, for they share audio with it."""
    without_text: int
    """Clips with an empty transcript, or none."""
    without_metadata: int
    parts: tuple[Part, ...]
    """By source and state, in the manifest's order."""
    problems: tuple[ProblemCount, ...]
    """By kind; kinds that did not occur are left out."""
    look_again: bool
    """A disk refused something: the next run makes the manifest again."""
