from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from engine.errors import ConfigError
from engine.verdict.criteria import FromCost, FromHand, FromWatch, load_criteria
from engine.verdict.quantities import Quantity, Unit

HEAD = '[verdict]\nid = "v"\ntitle = "V"\n'
ONE = '[[criterion]]\nid = "x"\nask = "?"\nfigure = { from = "hand" }\nat_most = 1\n'


def test_the_criteria_that_ship_ask_what_the_checklist_asks() -> None:
    criteria = load_criteria()
    bounds = {one.id: (one.wanted, one.figure) for one in criteria.criteria}
    assert bounds == {
        "authenticity": ("at least 35 %", FromHand()),
        "cost": ("at most $600.00", FromCost("spent")),
        "validation-loss": ("at most 3.5", FromWatch("last.eval_loss")),
        "stable": ("at most yellow", FromWatch("worst")),
    }
    assert criteria.criteria[0].margin_quantity == Quantity(Decimal("0.01"), Unit.SHARE)
    assert len(criteria.sha256) == 64


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD, "1: there are no criteria"),
        (ONE, r"1: \[verdict\] object missing required field `id`"),
        (HEAD + ONE + ONE, "'x' is the id of several criteria"),
        (HEAD + ONE + "at_least = 0\n", "4: wanted one of at_least and at_most"),
        (HEAD + ONE.replace("at_most = 1\n", ""), "4: wanted one of at_least and at_most"),
        (HEAD + ONE + 'margin = "5 %"\n', "4: margin = '5 %': wanted a number as the bound is"),
        (HEAD + ONE + "margin = -1\n", "margin = -1: wanted a number"),
        (HEAD + ONE + 'max_age = "soon"\n', "'soon' is not a duration"),
        (HEAD + ONE + 'max_age = "0s"\n', "wanted more than nothing"),
        (HEAD + ONE + "colour = 1\n", "4: object contains unknown field `colour`"),
        (HEAD + ONE.replace("hand", "guess"), "4: figure.from: invalid value 'guess'"),
        (HEAD + ONE.replace("at_most = 1", 'at_most = "lots"'), "wanted a number such as 3.5"),
        (HEAD + ONE.replace('"x"', '"X!"'), "4: id: expected `str` matching regex"),
        (HEAD + "[criteria]\n" + ONE, "4: 'criteria' is not known here"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "criteria.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=told) as refused:
        load_criteria(path)
    assert str(refused.value).startswith(f"{path}:")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "criteria.toml"
    path.write_text(HEAD + ONE.replace("at_most", "atmost") + ONE.replace('"?"', '""'))
    with pytest.raises(ConfigError) as refused:
        load_criteria(path)
    assert len(str(refused.value).splitlines()) == 2
