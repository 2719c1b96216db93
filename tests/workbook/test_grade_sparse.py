"""What is wanted of a JSON text is what `json` reads there; what is not wanted costs nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbook.grade.reading import sparse
from workbook.grade.reading.sparse import FLAG, TEXT, WORD, Many, NotJson, TooMuch, clean, nothing, read_sparse

WANTED = {"a": TEXT, "b": Many({"a": TEXT, "c": WORD, "b": Many(FLAG, 50, "flags")}, 50, "things"), "d": {"a": WORD, "c": FLAG}}


def read(data: bytes, wanted: Any = WANTED) -> Any:
    return read_sparse(data, wanted, 100, 200)


def picked(value: Any, wanted: Any) -> Any:
    """The same from what `json` makes of the whole text."""
    if isinstance(wanted, dict):
        return {key: picked(value[key], wanted[key]) for key in value if key in wanted} if isinstance(value, dict) else None
    if isinstance(wanted, Many):
        return [picked(entry, wanted.entry) for entry in value] if isinstance(value, list) else None
    if wanted == TEXT and isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    if wanted == FLAG:
        return value if isinstance(value, bool) else None
    return clean(value) if isinstance(value, str) and wanted == TEXT else value if isinstance(value, str) else None


KEYS = st.sampled_from("abcd") | st.text(max_size=3)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(['"', "\\", "[", "]}", "\ud800"])
)
TREES = st.recursive(LEAVES, lambda deeper: st.lists(deeper, max_size=4) | st.dictionaries(KEYS, deeper, max_size=4), max_leaves=20)
FORMATS = st.sampled_from([{}, {"indent": 1}, {"indent": 3, "separators": (" ,", " : ")}, {"separators": (",", ":")}])


@given(tree=TREES, form=FORMATS, ascii_only=st.booleans(), closely=st.booleans())
@settings(max_examples=400)
def test_it_reads_what_json_reads(tree: Any, form: dict[str, Any], ascii_only: bool, closely: bool) -> None:
    text = json.dumps(tree, ensure_ascii=ascii_only, **form)
    data = text.encode("utf-8", "replace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sparse, "_QUICK", 0 if closely else 1_000_000)
        assert read(data) == picked(json.loads(data), WANTED)


@given(data=st.binary(max_size=60) | st.text(alphabet=st.sampled_from('{}[]":,\\ab1-e.tru \n'), max_size=60).map(str.encode))
@settings(max_examples=500)
def test_a_quick_look_and_a_close_one_see_the_same(data: bytes) -> None:
    found: list[Any] = []
    for quick in (0, 1_000_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sparse, "_QUICK", quick)
            try:
                found.append(read(data))
            except (NotJson, TooMuch) as error:
                found.append((type(error), str(error)))
    # Brackets that are passed over are only counted: a close look may read what json refuses, never the other way round.
    assert found[0] == found[1]


@given(tree=st.dictionaries(KEYS, TREES, min_size=1, max_size=4), form=FORMATS, share=st.floats(0, 1, exclude_max=True))
@settings(max_examples=300)
def test_every_beginning_of_an_object_is_told_to_be_one(tree: Any, form: dict[str, Any], share: float) -> None:
    data = json.dumps(tree, **form).encode()
    with pytest.raises(NotJson, match="the text ends in the middle") as caught:
        read(data[: 1 + int(share * (len(data) - 1))])
    assert caught.value.ended


@given(data=st.binary(max_size=60) | st.text(alphabet=st.sampled_from('{}[]":,\\ab1-e.tru \n'), max_size=60).map(str.encode))
@settings(max_examples=500)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read(data)
    except (NotJson, TooMuch):
        return
    assert data.strip(b" \t\r\n\0")[:1] in b'{["tfnNI-0123456789'


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a" 1}', 1),
        ('{"a": 1 "b": 2}', 8),
        ("{a: 1}", 1),
        ('{"a": 1}}', 8),
        ('{"a": 1} {}', 9),
        ('{"a": hello!}', 6),
        ('{"b": [1, 2}', 11),
        ('{"a": "\\x"}', 6),
        ("hello", 0),
    ],
)
def test_the_place_of_an_error_is_known(text: str, place: int) -> None:
    with pytest.raises(NotJson, match=f"no JSON at byte {place}") as caught:
        read(text.encode())
    assert (caught.value.place, caught.value.ended) == (place, False)


@pytest.mark.parametrize("value", ["3", "null", "true", "{}", '["x", 1]', '[["x"]]', "-1.5e3", "[true]", "[]", '""', '"é"'])
def test_values_of_another_type_are_none(value: str) -> None:
    found = read(f'{{"a": {value}, "b": {value}, "d": {value}}}'.encode())
    assert found == picked({key: json.loads(value) for key in "abd"}, WANTED)


def test_the_last_of_two_equal_keys_counts() -> None:
    assert read(b'{"a": "1", "\\u0061": "2"}') == {"a": "2"}


def test_limits() -> None:
    line = b'"' + b"x" * 100 + b'"'
    assert read(b'{"a": ' + line + b"}") == {"a": "x" * 100}
    with pytest.raises(TooMuch, match="more than 100 characters in one cell"):
        read(b'{"a": [' + line + b', "y"]}')
    with pytest.raises(TooMuch, match="more than 100 characters in one cell"):
        read(b'{"a": "' + b"x" * 10_000 + b'"}')
    with pytest.raises(TooMuch, match="more than 200 characters in all cells together"):
        read(b'{"b": [' + b",".join([b'{"a": ' + line + b"}"] * 3) + b"]}")
    assert len(read(b'{"b": [' + b",".join([b"{}"] * 50) + b"]}")["b"]) == 50
    with pytest.raises(TooMuch, match="more than 50 things"):
        read(b'{"b": [' + b",".join([b"{}"] * 51) + b"]}")


def test_values_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse, "_STEPS", 100)
    monkeypatch.setattr(sparse, "_QUICK", 0)
    assert read(b'{"x": ' + b"[" * 40 + b"]" * 40 + b"}") == {}
    with pytest.raises(TooMuch, match="too many values"):
        read(b'{"x": ' + b"[" * 101 + b"]" * 101 + b"}")
    with pytest.raises(TooMuch, match="too many values"):
        read(b"{" + b'"x": 1,' * 30 + b'"x": 1}')


def test_a_long_key_or_word_is_passed_over() -> None:
    long = b'"' + b"a" * 2_000 + b'"'
    assert read(b"{" + long + b': 1, "d": {"a": ' + long + b', "c": true}}') == {"d": {"a": None, "c": True}}


def test_clean_text_can_be_written() -> None:
    assert clean("a\ud83d\ude00b\ud800c") == "a😀b�c"
    assert clean("é") == "é"


def test_nothing_is_blanks_and_noughts() -> None:
    assert nothing(b"") and nothing(b" \0\r\n\t")
    assert not nothing(b" \0x")
