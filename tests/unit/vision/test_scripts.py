from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adlens.vision.text.scripts import unify


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("CКИДКA", "СКИДКА"),  # Latin C and A
        ("сКИДКА", "СКИДКА"),
        ("СКИДкА", "СКИДКА"),
        ("скидКа", "скидка"),
        ("ЗИявШИМИ", "ЗИЯВШИМИ"),
        ("«тОлькО»", "«только»"),
        ("АрыНиН", "Арынин"),
        ("LOGISTIcS", "LOGISTICS"),
        ("sHewn", "sHewn"),  # H is no h: left to whoever reads it
        ("1 990 p.", "1 990 р."),
        ("500p.", "500р."),
        ("за з0 минут", "за 30 минут"),
        ("белок 23r", "белок 23г"),
        ("SАLЕ", "SALE"),  # Cyrillic А and Е
        ("Nоw", "Now"),
        ("5О%", "50%"),
        ("20О ₽", "200 ₽"),
        ("3АКАЗ", "ЗАКАЗ"),
        ("РА3МЕРЫ", "РАЗМЕРЫ"),
        ("М0ЛОКО", "МОЛОКО"),
        ("НОВАЯ SALE", "НОВАЯ SALE"),
        ("Новая CKИДKA", "Новая СКИДКА"),
    ],
)
def test_a_word_is_of_one_script_and_case(read: str, meant: str) -> None:
    assert unify(read) == meant


@pytest.mark.parametrize(
    "text",
    [
        "iPhone 15",
        "USB-C",
        "мАч",
        "кВт",
        "S-XL",
        "McDonald",
        "2.4 А",
        "3D",
        "3 шт",
        "A4",
        "COVID",
        "WiFi 6",
        "ТОР",
        "TOP",
        "О2",
        "",
    ],
)
def test_what_the_word_does_not_settle_stays(text: str) -> None:
    assert unify(text) == text


@settings(max_examples=1000)
@given(st.text("АВСЕНабвгжЖABCEHabcezZ 03О%-", max_size=24))
def test_it_is_stable_and_keeps_the_length(text: str) -> None:
    once = unify(text)
    assert len(once) == len(text)
    assert unify(once) == once
