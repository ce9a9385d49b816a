"""The settings: what they are, where each value came from, and the commented file that ``init`` writes."""

from engine.config.artifact_sections import EXPORTS, Benchmark, Buckets, Export, Split
from engine.config.bound_keys import BoundKeys
from engine.config.keys import GATES, OTHER_VARIABLES, variable
from engine.config.loading import Resolved, load_settings
from engine.config.notify_section import Notify
from engine.config.origins import FILE_NAME, USER_FILE_NAME, Origin, OriginKind
from engine.config.rules import Value
from engine.config.sections import SECTIONS, Budget, Convert, Layout, Metadata, Section, Settings, Signing, Watch
from engine.config.template import CorpusFacts, KeyHelp, commented_toml, describe

__all__ = [
    "EXPORTS",
    "FILE_NAME",
    "GATES",
    "OTHER_VARIABLES",
    "SECTIONS",
    "USER_FILE_NAME",
    "Benchmark",
    "BoundKeys",
    "Buckets",
    "Budget",
    "Convert",
    "CorpusFacts",
    "Export",
    "KeyHelp",
    "Layout",
    "Metadata",
    "Notify",
    "Origin",
    "OriginKind",
    "Resolved",
    "Section",
    "Settings",
    "Signing",
    "Split",
    "Value",
    "Watch",
    "commented_toml",
    "describe",
    "load_settings",
    "variable",
]
