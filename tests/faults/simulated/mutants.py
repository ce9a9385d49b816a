"""Deliberately broken protocols: one step of the swap, its record, its recovery or the making of T is left out.

A mutant names a statement by its first line as ``ast.unparse`` writes it; one whose statement is no longer found is an
error, so that the list follows the code.
"""

from __future__ import annotations

from tests.faults.simulated.mutate import Cut, Mutant

SWAP, RECORD, RECOVERY = "engine.shards.swap", "engine.shards.record", "engine.shards.recovery"
MAKE, DIGEST = "engine.convert.make", "engine.shards.digest"


def _cut(module: str, function: str, statement: str, becomes: str = "", which: int = 0) -> tuple[Cut, ...]:
    return (Cut(module, function, statement, becomes, which),)


_FOLDER = "files.sync_folder(names.folder)"
_STEP_2 = _cut(MAKE, "make", "if digest(files, target, pulse.tick) != rewritten.result:")
_STEP_6 = _cut(SWAP, "swap", _FOLDER)
_STEP_8 = _cut(SWAP, "swap", _FOLDER, which=1)
_STEP_9 = _cut(SWAP, "swap", "if digest(files, names.audio, tick) != promise.result:")
_A = "audio_as_recorded=trusted and (not lets_go) or digest(files, names.audio, tick) == known.result"
_B = "backup_as_recorded=kept or digest(files, names.backup, tick) == known.original"
_PROVEN = "return Pair(digests, prove(files, names.backup, names.audio, clips, tick))"
_COMPARED = f"return (replace(seen, {_A}, {_B}), None)"

MUTANTS = (
    Mutant("no-sync", "1", _cut(MAKE, "make", "writer.sync()")),
    Mutant("no-read-back-of-t", "2", _STEP_2, needed=False, why="step 9 finds it, and the original goes back"),
    Mutant(
        "no-compare",
        "2",
        _cut(
            MAKE,
            "make",
            "lost = compare(files, audio, target, before=contents, decode=spot_checks, tick=pulse.tick)",
            "lost = 0",
        ),
        needed=False,
        why="against faults of the converter, not of the disk: tests/engine/shards/test_compare.py",
    ),
    Mutant(
        "t-stays-after-failure",
        "0-2",
        _cut(MAKE, "gone_on_failure", "files.unlink(target)", "pass"),
        needed=False,
        why="recovery takes it away (rows 2, 3); it gives room back at once",
    ),
    Mutant("no-look-at-a", "3", _cut(SWAP, "swap", "_demand_unchanged(files, names, original)")),
    Mutant(
        "no-promise",
        "4",
        _cut(
            SWAP,
            "swap",
            "write_record(files, names, msgspec.structs.replace(promise, state=SwapState.SWAPPING, time=now()))",
        ),
    ),
    Mutant(
        "t-stays-after-no-promise",
        "4",
        _cut(SWAP, "swap", "files.unlink(names.temporary)", "pass"),
        needed=False,
        why="recovery takes it away (row 3); it gives room back at once",
    ),
    Mutant(
        "no-link",
        "5",
        _cut(
            SWAP, "_keep_original", "files.link(names.audio, names.backup)", "files.rename(names.audio, names.backup)"
        ),
    ),
    Mutant(
        "move-replaces",
        "5, no links",
        _cut(
            SWAP, "_keep_original", "files.move(names.audio, names.backup)", "files.rename(names.audio, names.backup)"
        ),
    ),
    Mutant("no-sync-of-the-link", "6", _STEP_6),
    Mutant(
        "no-way-back-from-the-move",
        "6-7, no links",
        _cut(SWAP, "swap", "files.move(names.backup, names.audio)", "pass"),
        needed=False,
        why="recovery gives the original its name back (row 10); A is absent for a shorter time",
    ),
    Mutant(
        "no-sync-of-the-swap",
        "8",
        _STEP_8,
        needed=False,
        why="the record's own syncs come before B goes, and carry it",
    ),
    Mutant("no-syncs-of-the-names", "6 and 8", _STEP_6 + _STEP_8),
    Mutant("no-read-back-of-a", "9", _STEP_9),
    Mutant("no-read-back-at-all", "2 and 9", _STEP_2 + _STEP_9),
    Mutant(
        "no-way-back",
        "9",
        _cut(SWAP, "swap", "restore_backup(files, names)"),
        needed=False,
        why="recovery puts the original back (row 9)",
    ),
    Mutant(
        "cached-read-back",
        "2, 9",
        _cut(DIGEST, "digest", "with files.open(path, uncached=True) as reader:", "with files.open(path) as reader:"),
    ),
    Mutant("no-second-record", "10", _cut(SWAP, "finish", "write_record(files, names, record)")),
    Mutant(
        "the-record-again",
        "10",
        _cut(SWAP, "finish", "if promise.state is not SwapState.SWAPPED:", "if True:"),
    ),
    Mutant("b-stays", "11", _cut(SWAP, "finish", "files.unlink(names.backup)")),
    Mutant(
        "no-sync-of-the-end",
        "12",
        _cut(SWAP, "finish", _FOLDER),
        needed=False,
        why="a B that comes back is deleted again (row 7)",
    ),
    Mutant(
        "no-removal-of-a-stale-record",
        "4, 10",
        _cut(RECORD, "drop_unfinished_record", "if files.facts(temporary) is not None:"),
    ),
    Mutant("no-sync-of-that-removal", "4, 10", _cut(RECORD, "drop_unfinished_record", _FOLDER)),
    Mutant("no-sync-of-the-record", "4, 10", _cut(RECORD, "write_record", "writer.sync()")),
    Mutant(
        "the-record-looks-otherwise",
        "4, 10",
        _cut(RECORD, "write_record", "files.resemble(temporary, names.audio)", "pass"),
        needed=False,
        why="mode and owner protect nothing from a crash",
    ),
    Mutant("no-rename-of-the-record", "4, 10", _cut(RECORD, "write_record", "files.rename(temporary, names.status)")),
    Mutant("no-sync-of-its-name", "4, 10", _cut(RECORD, "write_record", _FOLDER)),
    Mutant(
        "no-read-back-of-the-record",
        "4, 10",
        _cut(RECORD, "write_record", "if read_record(files, names.status, uncached=True) != record:"),
    ),
    Mutant("t-stays", "rows 2, 3, 5", _cut(RECOVERY, "_act", "files.unlink(names.temporary)")),
    Mutant(
        "no-sync-after-t",
        "rows 2, 3, 5",
        _cut(RECOVERY, "_act", _FOLDER),
        needed=False,
        why="a T that comes back is deleted again",
    ),
    Mutant("the-second-name-stays", "row 5", _cut(RECOVERY, "_act", "files.unlink(names.backup)")),
    Mutant(
        "no-sync-after-the-second-name",
        "row 5",
        _cut(RECOVERY, "_act", _FOLDER, which=1),
        needed=False,
        why="a second name that comes back is taken away again",
    ),
    Mutant("no-restore", "row 9", _cut(RECOVERY, "_act", "restore_backup(files, names)")),
    Mutant(
        "no-sync-before-restoring",
        "rows 9, step 9",
        _cut(SWAP, "restore_backup", "files.sync_file(names.backup)"),
        needed=False,
        why="B is the file that A was, and was durable before; it counts where another tool wrote B",
    ),
    Mutant(
        "no-sync-after-restoring",
        "rows 9, step 9",
        _cut(SWAP, "restore_backup", _FOLDER),
    ),
    Mutant(
        "no-return",
        "row 10",
        _cut(RECOVERY, "_act", "files.move(names.backup, names.audio)"),
    ),
    Mutant(
        "no-sync-after-the-return",
        "row 10",
        _cut(RECOVERY, "_act", _FOLDER, which=2),
        needed=False,
        why="the next sync of the folder, of T's removal or of the record, comes before the next change of these names",
    ),
    Mutant(
        "no-sync-of-a",
        "rows 6, 7",
        _cut(RECOVERY, "_act", "files.sync_file(names.audio)"),
        needed=False,
        why="T was synced before its rename; it counts where another tool wrote A",
    ),
    Mutant(
        "no-sync-before-finishing",
        "rows 6, 7",
        _cut(RECOVERY, "_act", _FOLDER, which=3),
    ),
    Mutant(
        "any-result",
        "rows 6, 7, 9",
        _cut(RECOVERY, "observe", _COMPARED, f"return (replace(seen, audio_as_recorded=True, {_B}), None)"),
    ),
    Mutant(
        "any-original",
        "rows 6, 7, 12",
        _cut(RECOVERY, "observe", _COMPARED, f"return (replace(seen, {_A}, backup_as_recorded=True), None)"),
    ),
    Mutant(
        "any-pair",
        "row 6, no record",
        _cut(RECOVERY, "_pair", _PROVEN, "return Pair(digests, '')"),
    ),
    Mutant(
        "the-pair-of-the-cache",
        "row 6, no record",
        _cut(RECOVERY, "_act", "if record is None and (promise.original, promise.result) != pair:"),
    ),
    Mutant(
        "zeros-are-a-tar",
        "row 2",
        _cut(
            RECOVERY,
            "_thing",
            "if contents.kind is Kind.SILENT and contents.index is not None"
            " and (is_temporary or (not contents.index.members)):",
        ),
    ),
)


def mutant(id_: str) -> Mutant:
    """Return a mutant by its id."""
    return {each.id: each for each in MUTANTS}[id_]
