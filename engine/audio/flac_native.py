"""The compiled code for FLAC: its declarations, and the functions of libsndfile that it calls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import cffi
import soundfile

from engine import native
from engine.audio.kernel import CDEF, ROOM, VERSION, Kernel, kernel

RUNNING: Final = 0
CONVERTED: Final = 1
NO_MEMORY: Final = 3
"""States of a clip; in the others the compiled code is not sure of it."""
_FUNCTIONS: Final = {
    "open_virtual": "sf_open_virtual",
    "command": "sf_command",
    "writef_short": "sf_writef_short",
    "writef_int": "sf_writef_int",
    "close": "sf_close",
}
"""What the encoder calls of the libsndfile that soundfile has loaded."""
_DECLARATIONS: Final = """
typedef struct { void *open_virtual, *command, *writef_short, *writef_int, *close; } gonogo_sndfile;
typedef struct {
    const uint8_t *bytes;
    uint64_t size;
    uint64_t audio_at;
    int64_t frames;
    int32_t channels;
    int32_t sample_bits;
    int32_t longest;
    uint8_t md5[16];
    double level;
    int32_t state;
    const uint8_t *result;
    int64_t result_bytes;
    gonogo_report report;
    void *work;
} gonogo_flac_clip;
void gonogo_flac_begin(gonogo_flac_clip *clip, int isa, const gonogo_sndfile *library);
unsigned gonogo_flac_run(gonogo_flac_clip **clips, unsigned count, unsigned windows);
void gonogo_flac_end(gonogo_flac_clip *clip);
"""


@dataclass(frozen=True)
class Compiled:
    """The library, and how it is to be called."""

    ffi: cffi.FFI
    library: native.Library
    sndfile: Any
    """The functions of libsndfile; what cffi makes has no types of its own."""
    instruction_set: int


@cache
def _compiled_for(decimator: Kernel) -> Compiled | None:
    loaded = native.load(ROOM, CDEF + _DECLARATIONS, version=VERSION)
    if loaded is None:
        return None
    ffi, library = loaded
    sndfile = ffi.new("gonogo_sndfile *")
    for field, name in _FUNCTIONS.items():
        # By the faces that soundfile gives them, each block would go through Python and numpy.
        function = soundfile._ffi.addressof(soundfile._snd, name)  # noqa: SLF001
        setattr(sndfile, field, ffi.cast("void *", int(soundfile._ffi.cast("uintptr_t", function))))  # noqa: SLF001
    return Compiled(ffi, library, sndfile, decimator.instruction_set)


def compiled() -> Compiled | None:
    """Return the compiled code, or None where there is none or none is wanted."""
    decimator = kernel()
    return None if decimator is None else _compiled_for(decimator)
