"""The catalogues say the same in both languages, and what the code asks them for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import adlens_web
from adlens_web.texts import CATALOGUES, LANGUAGES, LOOKS, looks_title

CODE = [ast.parse(path.read_text()) for path in sorted(Path(adlens_web.__file__).parent.rglob("*.py"))]
KEYS = CATALOGUES["en"]


def calls(name: str) -> Iterator[tuple[ast.expr, set[str]]]:
    """The argument that names a text and the names of the values that fill it, of every call of `name`."""
    for node in (node for tree in CODE for node in ast.walk(tree)):
        match node:
            case ast.Call(func=ast.Name(id=found) | ast.Attribute(attr=found)) if found == name:
                # say(language, key), and a state's _say(key)
                function = name == "say"
                yield node.args[int(function)], {keyword.arg or "**" for keyword in node.keywords}


def constants(node: ast.AST) -> set[str]:
    return {found.value for found in ast.walk(node) if isinstance(found, ast.Constant) and isinstance(found.value, str)}


def patterns(node: ast.AST) -> set[str]:
    """Keys that f-strings make: f"problem.{code}" is any of the section. One that begins with a value says nothing."""
    made = set()
    for found in ast.walk(node):
        if isinstance(found, ast.JoinedStr) and re.match(r"\w+\.", constant(found.values[0])):
            made.add("".join(re.escape(constant(part)) or r"[\w.]+" for part in found.values))
    return made


def constant(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else ""


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


ASKED = [
    (key, values)
    for name in ("t", "say", "_say")
    for argument, values in calls(name)
    if not isinstance(argument, ast.JoinedStr)
    for key in constants(argument)
]
SECTIONS = {
    section for name in ("one_of", "section_of") for argument, _ in calls(name) for section in constants(argument)
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_catalogues_have_the_same_keys(language: str) -> None:
    assert CATALOGUES[language].keys() ^ KEYS.keys() == set()
    assert [key for key, text in CATALOGUES[language].items() if not text.strip()] == []


def test_both_catalogues_leave_the_same_places_open() -> None:
    assert {key for key, text in KEYS.items() if placeholders(text) != placeholders(CATALOGUES["ru"][key])} == set()


def test_what_is_asked_for_exists() -> None:
    assert len(ASKED) > 20
    assert {key for key, _ in ASKED} - KEYS.keys() == set()
    assert {section for section in SECTIONS if not any(key.startswith(f"{section}.") for key in KEYS)} == set()
    made = {pattern for name in ("t", "say", "_say") for argument, _ in calls(name) for pattern in patterns(argument)}
    assert {pattern for pattern in made if not any(re.fullmatch(pattern, key) for key in KEYS)} == set()


def test_every_place_is_filled() -> None:
    assert {key for key, values in ASKED if "**" not in values and placeholders(KEYS.get(key, "")) != values} == set()


def test_no_text_is_unused() -> None:
    named = set().union(*map(constants, CODE))
    made = set().union(*map(patterns, CODE))
    unused = {
        key
        for key in KEYS.keys() - named
        if key.rpartition(".")[0] not in SECTIONS and not any(re.fullmatch(pattern, key) for pattern in made)
    }
    assert unused == set()


def test_what_pictures_look_like_has_russian_names() -> None:
    assert len(LOOKS) == 1000, "as many classes as ImageNet has"
    assert len(set(LOOKS.values())) == len(LOOKS)
    assert [name for name, title in LOOKS.items() if not re.search("[а-яё]", title)] == []
    assert looks_title("coffee mug") == ("кофейная кружка", "coffee mug")
    assert looks_title("unheard of") == ("unheard of", "unheard of")
