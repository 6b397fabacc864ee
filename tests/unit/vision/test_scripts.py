from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adlens.vision.text.scripts import is_known, unify


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("CКИДКA", "СКИДКА"),  # Latin C and A
        ("сКИДКА", "СКИДКА"),
        ("СКИДкА", "СКИДКА"),
        ("СКидка", "Скидка"),
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
        ("000 «Ромашка»", "ООО «Ромашка»"),
        ("Реклама. OO0 «Яндекс»", "Реклама. ООО «Яндекс»"),
        ("Рекламодатель 000", "Рекламодатель ООО"),
        ("© 2025 000 «Вектор»", "© 2025 ООО «Вектор»"),  # a year has no thousands
        ("Объём 3 мз", "Объём 3 м³"),
        ("20 СМЗ.", "20 СМ³."),
        ("З м²", "3 м²"),
        ("сКИДКА²", "СКИДКА²"),
        ("ПА0 «Рога»", "ПАО «Рога»"),
        ("3АО «Рога»", "ЗАО «Рога»"),
        ("О3У", "ОЗУ"),
        ("НАБОР ЗШТ", "НАБОР 3ШТ"),
        ("ЗКГ", "3КГ"),
        ("ЗГБ памяти", "3ГБ памяти"),
        ("З шт", "3 шт"),
        ("1ЗКГ", "13КГ"),
        ("1ООг", "100г"),
        ("H20", "H2O"),
        ("H2О", "H2O"),
        ("С02", "CO2"),
        ("Full HD 1080р.", "Full HD 1080p"),
        ("720p.", "720р."),
        ("LjN8KоHYс", "LjN8KoHYc"),
        ("KACKO", "КАСКО"),
        ("ТECT", "ТЕСТ"),
        ("TOPT", "ТОРТ"),
        ("СОМЕТ", "COMET"),
        ("РАСК", "PACK"),
        ("MOPE скидок", "МОРЕ скидок"),
        ("USВ-кабель", "USB-кабель"),
        ("Т-shirt", "T-shirt"),
        ("iPhone Х", "iPhone X"),
        ("витамин C", "витамин С"),
        ("EKKC2НЕ", "EKKC2HE"),
        ("НАБОР ЗВ1", "НАБОР 3В1"),
        ("2B1 ШАМПУНЬ", "2В1 ШАМПУНЬ"),  # Latin B
        ("МРз плеер", "MP3 плеер"),
        ("мр4", "mp4"),
        ("А31 Ultra", "A31 Ultra"),
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
        "erid: 2Vtzqv5kXyZ",
        "erid: 2VtzquzOl8G",
        "erid: LatgBXyzE",
        "2VtzqWOrOwd",
        "SALE20",
        "ЛЕТО30",
        "СКИДКА5О",
        "1 000 ₽",
        "от 000 ₽",
        "000",
        "100 000 км",
        "1080p.",
        "10x15 см",
        "3D печать",
        "vk.cc/cXyZOs",
        "ТВ-тумба",
        "TOP 10 товаров",
        "ТБанк",
        "model 2B1",
        "Z Аб0А",
        "МРОТ",
        "ЗА 3 ДНЯ",
        "2K26",
        "A54",
        "О2",
        "А4 бумага",
        "",
    ],
)
def test_what_the_word_does_not_settle_stays(text: str) -> None:
    assert unify(text) == text


def test_the_rest_of_the_creative_settles_a_word_of_both_languages() -> None:
    assert unify("POCA") == "РОСА"
    assert unify("MOPE", "Скидка на всё") == "МОРЕ"
    assert unify("ТОМ", "Everything for you") == "TOM"


def test_words_of_look_alike_letters_are_known_in_either_script() -> None:
    assert is_known("XATA!")
    assert is_known("СОМЕТ")
    assert not is_known("УУХ")


@settings(max_examples=1000)
@given(st.text("АВСЕНабвгжЖABCEHabcezZ 03О%-", max_size=24))
def test_it_is_stable_and_keeps_the_length(text: str) -> None:
    once = unify(text)
    assert len(once) == len(text)
    assert unify(once) == once
