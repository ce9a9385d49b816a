"""The check kinds: one small module each. Adding one is a module and its name in :data:`Check`."""

from __future__ import annotations

from typing import Final, get_args

from engine.checklist.kinds.command import Command
from engine.checklist.kinds.decimator import Decimator
from engine.checklist.kinds.disk_free import DiskFree
from engine.checklist.kinds.filesystem import Filesystem
from engine.checklist.kinds.thread_limits import ThreadLimits

Check = Command | Decimator | DiskFree | Filesystem | ThreadLimits
"""The table ``check`` of an item; its ``type`` says which of these it is."""

KINDS: Final = {str(kind.__struct_config__.tag): kind for kind in get_args(Check)}
"""The kinds by the ``type`` that a checklist calls them."""
