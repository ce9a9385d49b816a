"""Addresses of services: what of them is shown, wherever it is shown."""

from __future__ import annotations

import copy
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import load_settings
from engine.config.addresses import Address, mask
from engine.errors import ConfigError

SECRET = "correct-horse"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("json://127.0.0.1:8080/hook/token", "json://127.0.0.1:8080/…"),
        ("jsons://olga:secret@[::1]:8443/hook", "jsons://[::1]:8443/…"),
        ("ntfys://ntfy.example.org/topic", "ntfys://ntfy.example.org/…"),
        ("ntfy://topic", "ntfy://…"),
        ("ntfy://topic/?priority=high", "ntfy://…"),
        ("mailto://olga:secret@example.org", "mailto://example.org/…"),
        ("mailto://10.0.0.1:25?from=a@b.org&to=c@d.org,e@f.org", "mailto://10.0.0.1:25/…"),
        ("https://hooks.slack.com/services/T1/B2/X3", "https://hooks.slack.com/…"),
        ("slack://TokenA/TokenB/TokenC", "slack://…"),
        ("tgram://123456:token/42", "tgram://…"),
        # A password that is not percent-encoded cuts an address in two, and a piece of it looks like a server.
        ("mailto://olga:1234/rest@example.org", "mailto://…"),
        ("mailto://olga:p@ss/word@example.org", "mailto://…"),
        ("mailto://olga:p@ss?word@example.org", "mailto://…"),
        ("hunter2", "…"),
        ("", "…"),
    ],
)
def test_the_server_of_an_address_is_shown_where_there_is_one_and_nothing_else(address: str, shown: str) -> None:
    assert mask(address) == shown


@given(
    st.sampled_from(["json", "mailtos", "slack", "ntfy", "discord", "nosuch"]),
    st.sampled_from(["{}@host.example", "user:{}@host.example", "host.example/{}", "host.example?token={}"]),
    st.text("abcdefXYZ0123456789-_.:/?#@&=%", min_size=0, max_size=12),
)
def test_no_part_of_an_address_that_may_be_secret_is_shown(scheme: str, shape: str, noise: str) -> None:
    address = Address(f"{scheme}://{shape.format(f'{SECRET}{noise}{SECRET}')}")
    assert SECRET not in str(address) + repr(address)


def test_an_address_hides_from_encoders_and_copies_and_reveals_itself_when_asked() -> None:
    address = Address(f"json://host.example/{SECRET}")
    encoded = msgspec.json.encode([address], enc_hook=str)
    assert encoded == '["json://host.example/…"]'.encode()
    with pytest.raises(TypeError):
        msgspec.json.encode([address])
    assert copy.deepcopy(address) == address
    assert address.reveal().endswith(SECRET)


@pytest.mark.parametrize(
    "text",
    [
        f'[notify]\nurls = ["{SECRET}"]\n',
        f'[notify]\nurls = "json://host/{SECRET}"\n',
        f'[notify]\nurl = ["slack://{SECRET}"]\n',
        f'[notify]\nurl = "{SECRET}"\n',
        f'[notfy]\nurls = ["slack://{SECRET}/a \\" {SECRET}"]\n',
        f'notify = "slack://{SECRET}"\n',
    ],
)
def test_a_complaint_about_an_address_in_the_wrong_place_or_shape_keeps_it_secret(tmp_path: Path, text: str) -> None:
    (tmp_path / "gonogo.toml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_settings(tmp_path)
    assert "gonogo.toml:" in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("variable", ["GONOGO_NOTIFY_URL", "GONOGO_NOTIFY_URLS"])
def test_a_complaint_about_a_variable_keeps_it_secret(variable: str) -> None:
    with pytest.raises(ConfigError, match=variable) as refused:
        load_settings(None, env={variable: SECRET})
    assert SECRET not in str(refused.value)


def test_a_variable_holds_several_addresses_and_a_comma_may_be_inside_one() -> None:
    text = "mailto://h.example?to=a@b.org,c@d.org, ntfy://h.example/t json://h.example/x,slack://A/B/C"
    urls = load_settings(None, env={"GONOGO_NOTIFY_URLS": text}).settings.notify.urls
    assert [url.reveal() for url in urls] == [
        "mailto://h.example?to=a@b.org,c@d.org",
        "ntfy://h.example/t",
        "json://h.example/x",
        "slack://A/B/C",
    ]
