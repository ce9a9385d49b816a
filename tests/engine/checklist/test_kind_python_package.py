from __future__ import annotations

import sys
import venv
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import State
from tests.engine.checklist.asking import around, item, look

NUMPY = version("numpy")


def table(name: str, more: str = "") -> str:
    return f'type = "python_package"\nname = "{name}"\n{more}'


def install(python: Path, name: str, version: str) -> None:
    """Put a package's metadata where pip would."""
    site = next((python.parents[1] / "lib").glob("python*/site-packages"))
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    install(folder / "bin" / "python", "torch", "2.5.1+cu124")
    install(folder / "bin" / "python", "odd", "one-two-three")
    install(folder / "bin" / "python", "early", "3.0rc1")
    return folder


@pytest.mark.parametrize(
    ("name", "more", "state", "read"),
    [
        ("numpy", "", State.PASS, f"numpy {NUMPY}"),
        ("NumPy", f"version = '=={NUMPY}'", State.PASS, f"NumPy {NUMPY}"),
        ("numpy", "version = '>=2,<99'", State.PASS, f"numpy {NUMPY}"),
        ("numpy", "version = '<2'", State.FAIL, f"numpy {NUMPY}, wanted <2"),
        ("no-such-package", "version = '>=1'", State.FAIL, "no-such-package is not installed, wanted >=1"),
    ],
)
async def test_our_own_packages_are_asked_for(tmp_path: Path, name: str, more: str, state: State, read: str) -> None:
    answer = await look(around(tmp_path), table(name, more))
    assert (answer.state, answer.read) == (state, read)


@pytest.mark.parametrize(
    ("name", "version", "state", "read"),
    [
        ("torch", "==2.5.1", State.PASS, "torch 2.5.1+cu124"),
        ("torch", "==2.5.1+cu121", State.FAIL, "torch 2.5.1+cu124, wanted ==2.5.1+cu121"),
        ("numpy", "", State.FAIL, "numpy is not installed"),
        ("odd", "", State.PASS, "odd one-two-three"),
        ("odd", ">=1", State.ERROR, "odd one-two-three is no version that could be compared with >=1"),
        ("early", ">=2", State.PASS, "early 3.0rc1"),
        ("early", ">=3", State.FAIL, "early 3.0rc1, wanted >=3"),
    ],
)
async def test_another_interpreter_is_asked_for_its_own(
    other: Path, name: str, version: str, state: State, read: str
) -> None:
    answer = await look(around(other.parent), table(name, f"python = 'venv/bin/python'\nversion = '{version}'"))
    assert (answer.state, answer.read) == (state, read)
    assert answer.argv[0] == str(other / "bin" / "python")


async def test_an_interpreter_can_be_found_by_its_name(other: Path) -> None:
    look_around = around(other.parent, env={"PATH": str(other / "bin")})
    assert (await look(look_around, table("torch", "python = 'python'"))).state is State.PASS


async def test_neither_the_folder_nor_a_variable_can_feign_a_package(other: Path, tmp_path: Path) -> None:
    folder = tmp_path / "feigned-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: feigned\nVersion: 1.0\n")
    look_around = around(tmp_path, env={"PYTHONPATH": str(tmp_path)})
    answer = await look(look_around, table("feigned", f"python = '{other}/bin/python'"))
    assert (answer.state, answer.read) == (State.FAIL, "feigned is not installed")


async def test_an_interpreter_that_is_not_there_or_is_none_cannot_be_asked(tmp_path: Path) -> None:
    answer = await look(around(tmp_path), table("numpy", "python = 'gone/python'"))
    assert (answer.state, answer.read) == (
        State.ERROR,
        f"{tmp_path / 'gone/python'} cannot be started: No such file or directory",
    )
    assert (await look(around(tmp_path), table("numpy", "python = 'false'"))).read == (
        "false cannot be asked: it said nothing"
    )


async def test_an_interpreter_under_a_variable_is_found(tmp_path: Path) -> None:
    look_around = around(tmp_path, env={"OUR_PYTHON": sys.executable})
    assert (await look(look_around, table("numpy", "python = '$OUR_PYTHON'"))).state is State.PASS


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("", "missing required field `name`"),
        ('name = "numpy>=2"', "matching regex"),
        ('name = "-r"', "matching regex"),
        ('name = "numpy"\nversion = "2.4"', "wanted versions such as"),
        ('name = "numpy"\nversion = "new"', "wanted versions such as"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_list_is_read(keys: str, wanted: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=wanted):
        item(f'type = "python_package"\n{keys}')
