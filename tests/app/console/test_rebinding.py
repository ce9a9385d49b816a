"""What an operator may bind anew, and what is refused: a refusal names the line, the key, the actions, a way out."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.keys import Keys

from app.console.key_names import is_sent, meant, normal, sent, written
from app.console.keys_page import lines
from app.console.rebinding import KEPT, TAKEN, keymap_of, scenes
from engine.config import BoundKeys, load_settings
from engine.errors import ConfigError


def judged(**wanted: str) -> dict[str, tuple[str, ...]]:
    """Judge actions (``run__pause`` is run.pause), each on a line of its own from the second on."""
    bound = {
        name.replace("__", "."): BoundKeys(tuple(keys.split(",")) if keys else (), f"/c/gonogo.toml:{number}")
        for number, (name, keys) in enumerate(wanted.items(), 2)
    }
    return dict(keymap_of(bound).keys)


def refused(**wanted: str) -> str:
    with pytest.raises(ConfigError) as caught:
        judged(**wanted)
    return str(caught.value)


def test_keys_are_taken_as_textual_dispatches_them() -> None:
    assert judged(run__pause="f9", console__palette="ctrl+o", run__search="/,y") == {
        "run.pause": ("f9",),
        "console.palette": ("ctrl+o",),
        "run.search": ("slash", "y"),
    }


def test_two_actions_may_change_keys_with_each_other() -> None:
    assert judged(run__filter="m", run__map="f") == {"run.filter": ("m",), "run.map": ("f",)}


def test_every_key_that_is_bound_already_may_be_written_down() -> None:
    actions = {action.id: action for scene in scenes() for action in scene.actions}
    assert len(actions) > 60
    bound = {id_: BoundKeys(tuple(filter(None, action.keys.split(",")))) for id_, action in actions.items()}
    assert set(keymap_of(bound).keys) == set(actions)


def test_an_action_without_a_key_can_have_one_and_any_other_can_lose_its_own() -> None:
    assert judged(console__theme="f12", run__pause="") == {"console.theme": ("f12",), "run.pause": ()}


def test_lists_that_are_never_in_focus_together_may_share_a_key() -> None:
    assert judged(shards__open="x", map__open="x")


def test_a_key_of_the_same_screen_is_refused_with_both_actions() -> None:
    assert refused(run__search="slash,f") == (
        '/c/gonogo.toml:2: keys.run.search: f is the key of run.filter too ("Show all, in hand, trouble, pending or '
        'done shards"), on the screen Run: read "slash,f", wanted a key that no other action there has; take another '
        "key for run.search, or give run.filter another one in [keys]"
    )


def test_two_lines_that_want_one_key_are_both_named() -> None:
    told = refused(run__filter="f8", run__map="f8")
    assert 'gonogo.toml:2: keys.run.filter: f8 is the key of run.map too ("The map of all shards' in told
    assert 'or their table", /c/gonogo.toml:3), on the screen Run' in told
    assert len(told.splitlines()) == 1, "one fault is told once"


@pytest.mark.parametrize(
    ("name", "key", "other"),
    [
        ("run__filter", "1", "console.home"),
        ("list__down", "m", "run.map"),
        ("map__left", "n", "run.next"),
        ("console__help", "x", "log.all"),
        ("console__palette", "ctrl+o,escape", "console.back"),
        ("run__sort", ":", "console.palette"),
    ],
    ids=str,
)
def test_a_key_that_works_everywhere_or_in_a_list_of_the_screen_is_refused(name: str, key: str, other: str) -> None:
    assert f" is the key of {other} too" in refused(**{name: key})


def test_a_name_that_nobody_knows_is_told_with_those_that_are_like_it() -> None:
    told = refused(run__puase="f9", zzz="f8")
    assert "keys.run.puase: no action has this name" in told
    assert "did you mean run.pause or " in told
    assert "keys.zzz: no action has this name" in told
    assert told.splitlines()[1].endswith("docs/keys.md has all names")


@pytest.mark.parametrize("name", ["search__keep", "event__close", "confirm__yes", "page__close", "small__leave"])
def test_fields_questions_and_pages_keep_their_keys(name: str) -> None:
    assert "questions and pages keep their keys" in refused(**{name: "f9"})


@pytest.mark.parametrize(
    ("key", "likely"),
    [
        ("f99", "f9"),
        ("F9", "f9"),
        ("shift+g", "G"),
        ("ctrl+i", "tab"),
        ("esc", "escape"),
        ("Return", "enter"),
        ("pgdn", "pagedown"),
        ("slahs", "slash"),
    ],
)
def test_a_key_that_no_terminal_sends_is_refused_and_the_likely_one_named(key: str, likely: str) -> None:
    told = refused(run__pause=key)
    assert f"no terminal sends a key {key}" in told
    assert f"did you mean {likely}" in told


@pytest.mark.parametrize("key", ["ctrl+x", "ctrl+o", "ctrl+u"])
def test_what_changes_something_lies_on_no_control_letter_and_what_does_not_may(key: str) -> None:
    assert f"{key} is pressed by mistake too easily" in refused(run__stop=key)
    assert judged(run__map=key) == {"run.map": (key,)}


@pytest.mark.parametrize("key", TAKEN)
def test_keys_that_textual_itself_acts_on_are_refused(key: str) -> None:
    assert f"{key} is taken" in refused(run__map=key)
    assert judged(training__run="tab,f5")


@pytest.mark.parametrize("name", KEPT)
def test_nobody_can_lock_themselves_in(name: str) -> None:
    assert "nobody gets out or finds help" in refused(**{name.replace(".", "__"): ""})


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert len(refused(run__puase="f9", run__pause="f99", console__leave="", run__filter="m").splitlines()) == 4


def test_every_name_of_the_documentation_can_be_bound() -> None:
    told = [line for line in lines() if re.match(r"\| .* \| `[a-z]+\.[a-z_]+` \|$", line)]
    named = {line.rsplit("`", 2)[1] for line in told if "where text is typed" not in line}
    assert named == {action.id for scene in scenes() for action in scene.actions}


def test_the_names_of_keys_are_those_that_textual_reads_from_a_terminal() -> None:
    found = (each for keys in ANSI_SEQUENCES_KEYS.values() if isinstance(keys, tuple) for each in keys)
    read = {str(key.value) for key in found if isinstance(key, Keys)}
    named = {name for name in sent() if not name.startswith("alt+") and len(normal_character(name)) != 1}
    assert named == {name for name in read if not name.startswith("<")}


def normal_character(name: str) -> str:
    """Return the character that a key of this name types; the name itself for others."""
    return next(
        (char for char in map(chr, range(33, 127)) if normal(char) == name or (char, name) == (",", "comma")), name
    )


@pytest.mark.parametrize("char", ["ä", "é", "ж", "ß"])
def test_letters_of_other_keyboards_are_keys_too(char: str) -> None:
    assert unicodedata.category(char) == "Ll"
    assert is_sent(normal(char))


def test_keys_are_written_as_people_do() -> None:
    names = ("ctrl+o", "f9", "slash", "G", "pagedown", "shift+tab", "space", "plus")
    assert [written(name) for name in names] == ["^o", "F9", "/", "G", "PgDn", "shift+Tab", "␣", "+"]
    assert meant("Foo") == ()


def test_a_key_that_stands_in_the_users_own_file_is_told_with_that_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[keys]\nrun.pause = "f"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.toml:2: keys\.run\.pause: f is the key of run\.filter too"):
        keymap_of(load_settings(None, user_folder=tmp_path).settings.keys)
