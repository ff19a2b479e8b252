"""Every way JSON from outside is refused, and that good JSON passes unchanged."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workforce.json_gate import JsonFault, load_json


def refused(raw: bytes | str, **limits: int) -> JsonFault:
    with pytest.raises(JsonFault) as caught:
        load_json(raw, **{"max_bytes": 1_000_000, **limits})
    return caught.value


@pytest.mark.parametrize(
    ("raw", "code", "position"),
    [
        ('{"a": NaN}', "not_finite", "NaN"),
        ("[-Infinity]", "not_finite", "-Infinity"),
        ("[1e999]", "number_out_of_range", "“1e999”"),
        ("[-1e999]", "number_out_of_range", "“-1e999”"),
        ("9223372036854775808", "number_out_of_range", "“9223372036854775808”"),
        ('{"a": 1, "a": 2}', "duplicate_key", "“a”"),
        ('{"a": {"b": 1, "\\u0062": 2}}', "duplicate_key", "“b”"),
        ('{"a": ["x", "\\u0000"]}', "nul_character", "a[1]"),
        ('{"a": {"\\u0000": 1}}', "nul_character", "a"),
        ('{"a": {"b": "\\ud800"}}', "lone_surrogate", "a.b"),
        ('["\\udc00\\ud800"]', "lone_surrogate", "[0]"),
        ("{'a': 1}", "bad_json", "line 1 column 2"),
        ("[1,\n 2,]", "bad_json", "line 2 column 4"),
        ("[1] [2]", "bad_json", "line 1 column 5"),
        ("", "bad_json", "line 1 column 1"),
        ('["', "bad_json", "line 1 column 2"),
        ("[01]", "bad_json", "line 1 column 3"),
        ("\ufeff[]", "bad_encoding", "byte 0"),
        (b"[\xff]", "bad_encoding", "byte 1"),
        (b'["\xed\xa0\x80"]', "bad_encoding", "byte 2"),
        ('["a\x00b"]', "nul_character", "line 1 column 4"),
        ('[\n"\ud800"]', "lone_surrogate", "line 2 column 2"),
    ],
)
def test_bad_json_is_refused_with_code_and_place(raw: bytes | str, code: str, position: str) -> None:
    fault = refused(raw)
    assert (fault.code, fault.position) == (code, position)
    assert fault.message


def test_the_size_is_counted_in_bytes_and_the_limit_itself_is_allowed() -> None:
    assert load_json('"é"', max_bytes=4) == "é"
    assert refused('"é"', max_bytes=3).code == "too_large"
    assert refused('"é"'.encode(), max_bytes=3).code == "too_large"


def test_thirty_two_levels_pass_and_thirty_three_do_not() -> None:
    load_json("[" * 32 + "]" * 32, max_bytes=100)
    fault = refused("[" * 33 + "]" * 33)
    assert (fault.code, fault.position) == ("too_deep", "line 1 column 33")


@pytest.mark.parametrize("raw", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_a_hundred_thousand_levels_are_no_stack_overflow(raw: str) -> None:
    assert refused(raw).code == "too_deep"


def test_brackets_in_strings_do_not_count() -> None:
    text = json.dumps(['[{"' * 100, "\\", '\\"['])
    assert load_json(text, max_bytes=10_000, max_depth=1) == json.loads(text)


def test_siblings_do_not_add_up_to_depth() -> None:
    assert load_json(json.dumps([[]] * 100), max_bytes=10_000, max_depth=2) == [[]] * 100


def test_five_thousand_digits_are_refused_by_their_length() -> None:
    fault = refused("9" * 5000)
    assert fault.code == "number_out_of_range"
    assert len(fault.message) < 200


def test_an_escaped_backslash_before_u0000_is_plain_text() -> None:
    assert load_json('["\\\\u0000", "\\\\ud800"]', max_bytes=100) == ["\\u0000", "\\ud800"]


def test_a_full_surrogate_pair_is_one_character() -> None:
    assert load_json('"\\ud83d\\ude97"', max_bytes=100) == "🚗"


def test_names_that_matter_to_javascript_are_plain_keys() -> None:
    assert load_json('{"__proto__": 1, "constructor": 2}', max_bytes=100) == {"__proto__": 1, "constructor": 2}


def test_the_place_of_a_fault_can_be_answered_as_json() -> None:
    json.dumps(refused('{"\\ud800": 1}').position).encode()
    assert refused('{"\\ud800": 1}').position.isprintable()


@pytest.mark.parametrize("raw", ['"' + '\\"' * 500_000, '"' * 999_999, "[" + '"\\' * 400_000])
def test_broken_strings_are_read_in_linear_time(raw: str) -> None:
    started = time.perf_counter()
    refused("[[" + raw, max_bytes=2_000_000, max_depth=1)
    refused(raw, max_bytes=2_000_000)
    assert time.perf_counter() - started < 2


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(DOCUMENTS, st.booleans())
def test_every_clean_document_passes_unchanged(document: Any, is_ascii: bool) -> None:
    text = json.dumps(document, ensure_ascii=is_ascii)
    assert load_json(text, max_bytes=10**6) == document
    assert load_json(text.encode(), max_bytes=10**6) == document


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60))
def test_anything_else_is_a_fault_and_nothing_worse(raw: bytes | str) -> None:
    try:
        load_json(raw, max_bytes=100, max_depth=4)
    except JsonFault as fault:
        assert fault.code
