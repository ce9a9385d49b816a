"""The check kinds: one small module each. Adding one is a module and its name in :data:`Check`."""

from __future__ import annotations

from typing import Final, get_args

from engine.checklist.kinds.clock import Clock
from engine.checklist.kinds.command import Command
from engine.checklist.kinds.csv_table import Csv, Tsv
from engine.checklist.kinds.decimator import Decimator
from engine.checklist.kinds.disk_free import DiskFree
from engine.checklist.kinds.environment import Environment
from engine.checklist.kinds.file import File
from engine.checklist.kinds.filesystem import Filesystem
from engine.checklist.kinds.git import Git
from engine.checklist.kinds.gpu import Gpu
from engine.checklist.kinds.http import Http
from engine.checklist.kinds.metrics import Metrics
from engine.checklist.kinds.parquet import Parquet
from engine.checklist.kinds.process import Process
from engine.checklist.kinds.python_package import PythonPackage
from engine.checklist.kinds.report import Report
from engine.checklist.kinds.ssh_host import SshHost
from engine.checklist.kinds.systemd_unit import SystemdUnit
from engine.checklist.kinds.tcp import Tcp
from engine.checklist.kinds.thread_limits import ThreadLimits
from engine.checklist.kinds.tree import Tree

Check = (
    Clock
    | Command
    | Csv
    | Decimator
    | DiskFree
    | Environment
    | File
    | Filesystem
    | Git
    | Gpu
    | Http
    | Metrics
    | Parquet
    | Process
    | PythonPackage
    | Report
    | SshHost
    | SystemdUnit
    | Tcp
    | ThreadLimits
    | Tree
    | Tsv
)
"""The table ``check`` of an item; its ``type`` says which of these it is."""

KINDS: Final = {str(kind.__struct_config__.tag): kind for kind in get_args(Check)}
"""The kinds by the ``type`` that a checklist calls them."""
