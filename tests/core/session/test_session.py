import pytest

from prune_tui.core.session.names import name_like
from prune_tui.core.session.session import Session


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("lenet5-digits", "lenet5-digits"),
        ("a.b_c-", "a.b_c-"),
        ("my session", "my-session"),
        ("b (1)", "b-1"),
        ("étude", "etude"),
        (".hidden", "hidden"),
        ("a\nb/../c", "a-b-..-c"),
        ("日本", "session"),
        ("", "session"),
        ("x" * 70, "x" * 64),
    ],
)
def test_any_text_gives_a_name_that_a_session_can_have(text: str, name: str) -> None:
    assert name_like(text) == name
    assert name_like(name) == name
    for given in (name, name_like(text, ending="-12")):
        assert Session(name=given, model="lenet5", dataset="digits").name == given
    assert name_like(text, ending="-12").endswith("-12")
