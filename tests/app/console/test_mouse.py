from __future__ import annotations

from pathlib import Path

import pytest

from app.console.frame import Frame
from app.console.show import home_of
from app.home.placing import place_at


@pytest.mark.parametrize(("column", "screen"), [(43, "training"), (24, "checklists"), (3, "home")])
async def test_a_click_goes_where_the_key_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: int, screen: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "gonogo.toml").write_text('[watch]\nlogs = ["train.log"]\n')
    (corpus / "train.log").write_text("step 1 loss 2.0\n")
    console = home_of(place_at(corpus))
    async with console.run_test(size=(80, 24)) as pilot:
        await pilot.press("4")
        await pilot.pause(0.2)
        await pilot.click("#tabs", offset=(column, 0))
        await pilot.pause(0.2)
        assert isinstance(console.screen, Frame)
        assert screen == console.screen.TAB
