"""Tokens and the seal of drafts."""

from __future__ import annotations

import pytest

from app.services.rounds.sealing import Draft, RoundKeys, Unsealable, new_salt, new_token, read_token, token_hash, write_token

KEYS = RoundKeys.of(secret=b"s" * 32, salt="salt")


def test_a_token_has_128_bits_in_26_characters() -> None:
    assert write_token(bytes(16)) == "a" * 26
    tokens = {new_token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert {read_token(token) for token in tokens} == tokens


def test_a_token_is_read_however_it_was_typed() -> None:
    token = write_token(bytes.fromhex("00ff10e2d7c6b5a4938271605f4e3d2c"))
    assert token == "ad7rbywxy222je4cofqf6tr5fq"
    for typed in (token.upper(), " AD7R-BYWX-Y222-JE4C-OFQF-6TR5-FQ ", token.replace("b", "8").replace("o", "0")):
        assert read_token(typed) == token


@pytest.mark.parametrize(
    "typed", ["", "a" * 25, "a" * 27, "ä" * 26, "a" * 25 + "b", "a" * 25 + "9", "a" * 10_000, "../../../../etc/passwd12345"]
)
def test_what_cannot_be_a_token_is_none(typed: str) -> None:
    assert read_token(typed) is None


def test_a_draft_comes_back_as_it_was() -> None:
    draft = Draft("sales", {"a": 1, "b": None}, {"d": "Grüße"}, {"d": 5}, {"a:a": "tag"}, None)
    assert KEYS.open_draft(KEYS.seal_draft(draft, key="k"), key="k") == draft


def test_a_draft_opens_only_with_its_keys_and_in_its_place() -> None:
    sealed = KEYS.seal_draft(Draft("sales", {"a": 1}), key="k")
    others = [RoundKeys.of(secret=b"t" * 32, salt="salt"), RoundKeys.of(secret=b"s" * 32, salt="tlas")]
    for keys, key in [*((keys, "k") for keys in others), (KEYS, "other")]:
        with pytest.raises(Unsealable):
            keys.open_draft(sealed, key=key)
    with pytest.raises(Unsealable):
        KEYS.open_draft(sealed[:-1] + bytes([sealed[-1] ^ 1]), key="k")


def test_the_length_of_a_draft_tells_nothing_about_ordinary_answers() -> None:
    one = KEYS.seal_draft(Draft("sales", {"item": 1}), key="k")
    # A whole survey with the marks of the device, by which every real draft is longer than this one.
    every = Draft("marketing", {f"communication_{n}": None for n in range(25)}, {}, {}, {}, None)
    assert len(KEYS.seal_draft(every, key="k")) == len(one) == 1024 + 28


def test_the_same_draft_never_looks_the_same() -> None:
    assert len({KEYS.seal_draft(Draft("sales", {"a": 1}), key="k") for _ in range(50)}) == 50


def test_nothing_derived_from_a_token_equals_anything_else_derived_from_it() -> None:
    token, salt = new_token(), new_salt()
    keys = RoundKeys.of(secret=b"s" * 32, salt=salt)
    other = RoundKeys.of(secret=b"s" * 32, salt=new_salt())
    derived = [
        token_hash(token),
        keys.draft_key(token),
        keys.device_tag(token),
        keys.token(token),
        other.draft_key(token),
        other.device_tag(token),
    ]
    assert len(set(derived)) == len(derived)
