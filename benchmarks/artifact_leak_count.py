"""Which groups lie in two splits, counted from the rows of a manifest and of its split: nothing of gonogo's is used.

A group is what one comes to from a clip by going to clips of the same video, and to clips with the same audio, again
and again. Audio that is in many videos is a jingle and leads nowhere, clips without a second neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Protocol

USED = ("train", "dev", "test")


class Clip(Protocol):
    """A row of a manifest, as far as it matters here."""

    @property
    def utt_id(self) -> str:
        """Its own name."""

    @property
    def video_id(self) -> str | None:
        """None or empty where it has none."""

    @property
    def duration_s(self) -> float | None:
        """In seconds."""

    @property
    def audio_hash(self) -> str | None:
        """None or empty where it is not known."""


def groups_in_two_splits(clips: Sequence[Clip], splits: Sequence[str], common_videos: int) -> int:
    """Count groups with clips in two of train, dev and test; what is excluded from all three connects nobody.

    Args:
        clips: all rows of a manifest.
        splits: of each.
        common_videos: audio in more videos than this connects nobody.
    """
    jingles = _common(clips, common_videos)
    places = defaultdict[Hashable, list[int]](list)
    used = [at for at, split in enumerate(splits) if split in USED]
    for at in used:
        for key in _keys(clips[at], jingles):
            places[key].append(at)
    found, unseen = 0, set(used)
    while unseen:
        group, ahead = set[int](), [unseen.pop()]
        while ahead:
            at = ahead.pop()
            group.add(at)
            near = {other for key in _keys(clips[at], jingles) for other in places[key]} & unseen
            unseen -= near
            ahead += near
        found += len({splits[at] for at in group}) > 1
    return found


def _common(clips: Sequence[Clip], common_videos: int) -> set[str]:
    heard = defaultdict[str, set[Hashable]](set)
    for clip in clips:
        if clip.audio_hash and clip.duration_s:
            heard[clip.audio_hash].add(_video(clip))
    return {audio for audio, videos in heard.items() if len(videos) > common_videos}


def _video(clip: Clip) -> Hashable:
    return ("video", clip.video_id) if clip.video_id else ("clip", clip.utt_id)


def _keys(clip: Clip, jingles: set[str]) -> list[Hashable]:
    heard = clip.audio_hash if clip.duration_s and clip.audio_hash not in jingles else None
    return [_video(clip), *([("audio", heard)] if heard else [])]
