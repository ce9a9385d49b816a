"""Sentences that a model was trained on and is tested on: texts that two splits share.

Equal after normalisation: case, punctuation and spaces are taken away. Texts are compared by 64 bits of a hash: among
fifty million of them, a hundred thousand held out, one pair in four million corpora is taken for equal and is not.
"""

# ruff: noqa: S608
# Queries are put together from constants and numbers.

from __future__ import annotations

from typing import Final

from engine.dataset.split.corpus import US_PER_HOUR
from engine.dataset.split.figures import TextOverlap
from engine.dataset.split.quota import Split
from engine.dataset.split.session import SplitSession

SHORT_WORDS: Final = 5
"""Texts of fewer words overlap everywhere ("yes", "thank you very much") and say nothing of a leak."""
EXAMPLES: Final = 3
EXAMPLE_LETTERS: Final = 120

_NORM: Final = r"trim(regexp_replace(lower(nfc_normalize(text)), '[^\p{L}\p{M}\p{N}]+', ' ', 'g'))"
# Scripts without spaces between words: each letter counts as one.
_SPACED: Final = (
    r"regexp_replace(text, '([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])', ' \1 ', 'g')"
)
_HELD: Final = f"""
CREATE TEMP TABLE held_texts AS
SELECT hash(norm) AS k, s, any_value(norm) AS text, count(*) AS clips, sum(us)::BIGINT AS us
FROM (SELECT s, us, {_NORM} AS norm FROM placed WHERE s IN ({Split.DEV:d}, {Split.TEST:d}) AND text <> '')
WHERE norm <> '' GROUP BY k, s
"""
_TRAINED: Final = f"""
CREATE TEMP TABLE trained_texts AS
SELECT DISTINCT k FROM (SELECT hash({_NORM}) AS k FROM placed WHERE s = {Split.TRAIN:d} AND text <> '')
WHERE k IN (SELECT k FROM held_texts)
"""
_WITH_WORDS: Final = f"""
CREATE TEMP TABLE met_texts AS SELECT *, len(regexp_extract_all({_SPACED}, '[^ ]+')) < {SHORT_WORDS} AS short FROM (
  SELECT held_texts.*, {Split.TRAIN:d} AS other FROM held_texts SEMI JOIN trained_texts USING (k)
  UNION ALL
  SELECT one.*, two.s AS other FROM held_texts AS one JOIN held_texts AS two USING (k) WHERE one.s > two.s)
"""
_COUNTS: Final = """
SELECT count(*) FILTER (NOT short), coalesce(sum(clips) FILTER (NOT short), 0)::BIGINT,
  coalesce(sum(us) FILTER (NOT short), 0)::BIGINT,
  count(*) FILTER (short), coalesce(sum(clips) FILTER (short), 0)::BIGINT
FROM met_texts WHERE s = {s} AND other = {other}
"""
_EXAMPLES: Final = """
SELECT text FROM met_texts WHERE s = {s} AND other = {other} AND NOT short ORDER BY clips DESC, text LIMIT {count}
"""
_PAIRS: Final = ((Split.DEV, Split.TRAIN), (Split.TEST, Split.TRAIN), (Split.TEST, Split.DEV))


def find_overlaps(session: SplitSession) -> tuple[TextOverlap, ...]:
    """Count the texts that two splits share; the session has the view ``placed``."""
    for query in (_HELD, _TRAINED, _WITH_WORDS):
        session.run(query)
    return tuple(_overlap(session, split, other) for split, other in _PAIRS)


def _overlap(session: SplitSession, split: Split, other: Split) -> TextOverlap:
    codes = {"s": int(split), "other": int(other), "count": EXAMPLES}
    texts, clips, us, short_texts, short_clips = (int(str(one)) for one in session.rows(_COUNTS.format(**codes))[0])
    return TextOverlap(
        split=split.word,
        other=other.word,
        texts=texts,
        clips=clips,
        hours=us / US_PER_HOUR,
        short_texts=short_texts,
        short_clips=short_clips,
        examples=tuple(str(row[0])[:EXAMPLE_LETTERS] for row in session.rows(_EXAMPLES.format(**codes))),
    )
