"""Look-alike letters: script, case, and letter or digit, decided by their neighbours.

A token that mixes letters and digits is a code unless it is a number with its unit or a Russian word in which a letter
was taken for a digit: nobody but the recogniser knows its letters, so their case stays, and digits stay digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

LATIN_LOOKALIKES = "ABCEHKMOPTXYaceopxyk"
CYRILLIC_LOOKALIKES = "АВСЕНКМОРТХУасеорхук"
LOOKALIKE_WORDS = Path(__file__).with_name("lookalikes.txt")
"""Written by training/text/lookalikes.py."""
_TO_CYRILLIC = str.maketrans(LATIN_LOOKALIKES, CYRILLIC_LOOKALIKES)
_TO_LATIN = str.maketrans(CYRILLIC_LOOKALIKES, LATIN_LOOKALIKES)
_TO_DIGITS = str.maketrans("OОoоЗз", "000033")
_IN_LATIN_CODES = str.maketrans("ЗзТтМмНнВвЬб", "33TTMMHHBBb6")
"""What stands for a Cyrillic letter among Latin letters and digits, beside the look-alikes."""
_TO_CAPITALS = str.maketrans("03", "ОЗ")
_ROUBLE = str.maketrans("pP", "рР")
_PENCE = str.maketrans("рР", "pP")
_SAME_IN_BOTH_CASES = frozenset("CcOoSsUuVvWwXxZzСсОоВвГгЗзИиЙйКкЛлМмНнПпТтФфХхЦцЧчШшЩщЪъЫыЬьЭэЮюЯяЖж")
_TOKEN = re.compile(r"\S+")
_LETTERS = re.compile(r"[^\W\d_]+")
_EDGES = "«»\"'“”„()[].,:;!?*"
_CLOSING = r"[»\"')\].,:;!?*]*"
_OPENING = r"[«\"'(\[]*"

_UNITS = (
    "шт|штук|штуки|кг|гр?|мг|мкг|л|мл|[скмд]?м[²³]?|гб|мб|тб|к?вт|м?ач|лет|года?|дн|дня|дней|ч|час|часа|часов|мин|минут|минуты"
    "|сек|мес|месяца|месяцев|нед|недели|руб|рублей|рубля|коп|тыс|млн|ком|комн|чел|пары?|уп|упак|таб|капс"
)
_NUMBER_AND_UNIT = re.compile(
    rf"({_OPENING}[-+–~]?)([\dOОoоЗз][\dOОoоЗз.,]*)({_UNITS})([./-].*|{_CLOSING})", re.IGNORECASE
)
_THREE_APART = re.compile(rf"(?<!\S)[Зз](?= (?:{_UNITS}|[₽%])(?!\w))", re.IGNORECASE)
_DIGITS_AND_ROUND = re.compile(r"[^\w]*\d[\dOО.,:%/+–-]*[^\w]*")
_THREE_AMONG_DIGITS = re.compile(r"(?<![^\W\d_])[зЗ](?=\d)")
_THREE_IN_A_WORD = re.compile(r"(?<![\dA-Za-z])3(?=[А-ЯЁ]{2})|(?<=[А-ЯЁ]{2})3(?=[А-ЯЁ])")
_ZERO_IN_A_WORD = re.compile(r"(?<=[А-ЯЁ])0(?=[А-ЯЁ])")
_GRAMS = re.compile(r"(?<=\d)r(?!\w)")
_PRICE = re.compile(rf"{_OPENING}[\d.,]*\d[pP](?:\.{_CLOSING})")
_ROUBLES_APART = re.compile(r"(?<=\d )[pP](?=\.|$)")
_BETWEEN_CAPITALS = re.compile("[А-ЯЁ][сошзийклмнптфхцчщъыьэюяж][А-ЯЁ]|[сошзийклмнптфхчщэюяж][ДЁЗЙЛНПФЦЧШЩЭЮЯЖ]")
"""'ИнН', 'кЦ', but neither 'кВт' nor 'мАч'."""
_CAMEL = re.compile("(?:[А-ЯЁ][а-яё]{2,}){2,}|[А-ЯЁ]Б[а-яё]{3,}")
"""'ВкусВилл', 'ТБанк': Б looks unlike its small letter."""

_LEGAL_FORM = re.compile(r"[0OОoо]{3}")
_ALL_IN_ONE = re.compile(r"(?<!\w)([2-9Зз])([BВв])1(?!\w)")
"""'3В1'."""
_CUBED = re.compile(r"(?<=\d)( ?[кдс]?м)з(?!\w)", re.IGNORECASE)
_NUMBER_BEFORE = re.compile(r"(?<!\d)(?:\d{1,3}|\d{5,})\W*$|[№#]\W*$|(?<!\w)(?:от|до|за|по|на)$", re.IGNORECASE)
_NUMBER_BEHIND = re.compile(rf"[\d₽%$€+]|(?:{_UNITS}|р)(?!\w)", re.IGNORECASE)
_ABBREVIATIONS = frozenset({"ООО", "ОАО", "ЗАО", "ПАО", "НАО", "АО", "АНО", "ОЗУ", "ВОЗ", "КАСКО", "ОСАГО"})
_REGISTERS = frozenset({"ИНН", "ОГРН", "ОГРНИП", "КПП", "БИК", "СНИЛС"})
_NUMBER_NEXT = re.compile(r"\W*\d")
_FORMULAS = {"H20": "H2O", "C02": "CO2"}
_AUDIO = re.compile(r"(?<!\w)(?:[MМмm][PР]|[mм][pр])(?:[34]|з)(?!\w)")
_VIDEO = re.compile(
    r"(?<![^\W\d_])(?:U|F|Q)?HD(?!\w)|(?<!\w)[248][KК](?!\w)|fps|video|видео|экран|камер|разрешени", re.IGNORECASE
)
_LINES_OF_VIDEO = re.compile(rf"({_OPENING})(240|360|480|576|720|1080|1440|2160|4320)([pPрР])(\.?)({_CLOSING})")
_ALWAYS_VIDEO = "1080"
_ADDRESS = re.compile(r"\w\.\w+/|@|://|www\.", re.IGNORECASE)
_IDENTIFIER_BEFORE = re.compile(r"(?:e?rid|ерид)\W*$", re.IGNORECASE)
_ENGLISH_IN_RUSSIAN = frozenset({"top"})
_SHORTEST_FOR_CASE = 4
_SHORTEST_IN_DICTIONARY = 3
"""Any two letters are a word or an abbreviation of both languages."""
_UNLIKELY = 100
_MOST_ROUNDS = 5


def unify(line: str, creative: str = "") -> str:
    """The line with each word in one script and case where its unmistakable letters say which.

    'CКИДКA' in part Latin is 'СКИДКА', 'сКИДКА' too; '5О%' is '50%' and '3АКАЗ' is 'ЗАКАЗ'. A word of look-alike
    letters alone is of the language whose word it is, else of that of the line, else of that of `creative`, the text of
    the whole picture. What none of these settles stays as it was read.
    """
    for _ in range(_MOST_ROUNDS):  # a letter that is mended can settle its neighbour
        mended = _mended(line, creative)
        if mended == line:
            break
        line = mended
    return line


def _mended(line: str, creative: str) -> str:
    line = _CUBED.sub(r"\1³", _THREE_APART.sub("3", line))
    line = _AUDIO.sub(_audio, line)
    if _nearest_letters(line, creative)[0]:
        line = _ALL_IN_ONE.sub(
            lambda found: f"{found[1].translate(_TO_DIGITS)}{found[2].translate(_TO_CYRILLIC)}1", line
        )
    line = _TOKEN.sub(lambda found: _token(found[0], line[: found.start()], line[found.end() :], creative), line)
    return _ROUBLES_APART.sub(lambda found: found[0].translate(_ROUBLE), line)


def _audio(found: re.Match[str]) -> str:
    """'MP3' of 'МРз'."""
    text = found[0].translate(_TO_LATIN).translate(_TO_DIGITS)
    return f"mp{text[2]}" if text[1].islower() else f"MP{text[2]}"


def _token(token: str, before: str, behind: str, creative: str) -> str:
    core = token.strip(_EDGES)
    around = f"{before}{behind}"
    if _LEGAL_FORM.fullmatch(core) and _is_legal_form(core, before.rstrip(), behind.lstrip()):
        return token.replace(core, "ООО")
    if _IDENTIFIER_BEFORE.search(before):
        return token.translate(_IN_LATIN_CODES).translate(_TO_LATIN)
    if _ADDRESS.search(token):
        return _in_one_script(token, token)
    if not any(map(str.isdecimal, token)) and not _NUMBER_AND_UNIT.fullmatch(token):
        if core.translate(_TO_CYRILLIC).upper() in _REGISTERS and _NUMBER_NEXT.match(behind):
            return token.replace(core, core.translate(_TO_CYRILLIC).upper())
        return _word(token, around, creative)
    return _with_digits(token, core, around, creative)


def _is_legal_form(core: str, before: str, behind: str) -> bool:
    """'ООО' and not the thousands of a number."""
    if _NUMBER_BEFORE.search(before) or _NUMBER_BEHIND.match(behind):
        return False
    return core != "000" or bool(_LETTERS.search(before) or behind)


def _with_digits(token: str, core: str, around: str, creative: str) -> str:
    if known := _known(core):
        return token.replace(core, known)
    if found := _LINES_OF_VIDEO.fullmatch(token):
        has_video = _VIDEO.search(f"{around} {creative}")
        if has_video or (found[2] == _ALWAYS_VIDEO and found[3] in "pP"):
            stop = "" if has_video else found[4]  # read where there is none: a rouble has one
            return f"{found[1]}{found[2]}{found[3].translate(_PENCE)}{stop}{found[5]}"
    if found := _NUMBER_AND_UNIT.fullmatch(token):
        return f"{found[1]}{found[2].translate(_TO_DIGITS)}{_in_one_script(found[3], found[3])}{found[4]}"
    if _DIGITS_AND_ROUND.fullmatch(token):
        return re.sub("[OО]", "0", token)
    if _PRICE.fullmatch(token):
        return token.translate(_ROUBLE)
    token = _code(_GRAMS.sub("г", _THREE_AMONG_DIGITS.sub("3", token)), around, creative)
    return _THREE_IN_A_WORD.sub("З", _ZERO_IN_A_WORD.sub("О", token)) if not set(token) & set("12456789") else token


def _code(token: str, around: str, creative: str) -> str:
    cyrillic, latin = _unmistakable(token.translate(_IN_LATIN_CODES))
    if latin > cyrillic:
        return token.translate(_IN_LATIN_CODES).translate(_TO_LATIN)
    if cyrillic:
        return token.translate(_TO_CYRILLIC)

    def mended(found: re.Match[str]) -> str:
        """'ВЕСНА' of 'ВЕСНA74', but not the A of 'A4'."""
        word = found[0]
        mixed = any(map(_is_cyrillic, word)) and any(map(_is_latin, word))
        return _alike(word, token, around, creative) if mixed or len(word) >= _SHORTEST_FOR_CASE else word

    token = _LETTERS.sub(mended, token)
    cyrillic, latin = sum(map(_is_cyrillic, token)), sum(map(_is_latin, token))
    if cyrillic and latin and cyrillic != latin:  # 'EKKC2НЕ'
        return token.translate(_TO_CYRILLIC if cyrillic > latin else _TO_LATIN)
    is_short = max(map(len, _LETTERS.findall(token)), default=0) < _SHORTEST_FOR_CASE
    if cyrillic and is_short and not _unmistakable(token)[0] and _is_latin_text(around, creative):
        return token.translate(_TO_LATIN)  # 'А31 Ultra'
    return token


def _is_latin_text(around: str, creative: str) -> bool:
    """Whether the nearest text with unmistakable letters has Latin ones alone."""
    cyrillic, latin = _nearest_letters(around, creative)
    return cyrillic == 0 < latin


def _nearest_letters(around: str, creative: str) -> tuple[int, int]:
    """Unmistakable letters of the nearest text that has any: Cyrillic ones, Latin ones."""
    return next((found for found in map(_unmistakable, (around, creative)) if any(found)), (0, 0))


def _known(core: str) -> str | None:
    """The abbreviation or formula that this is, its digits taken for letters."""
    abbreviation = core.upper().translate(_TO_CAPITALS).translate(_TO_CYRILLIC)
    if abbreviation in _ABBREVIATIONS and not core.isdigit():
        return abbreviation
    formula = _FORMULAS.get(core.translate(_TO_LATIN).upper().replace("O", "0"))
    return formula.lower() if formula and core.islower() else formula


def _word(token: str, around: str, creative: str) -> str:
    def mended(found: re.Match[str]) -> str:
        return _one_script(_one_case(_one_script(found[0], token, around, creative)), token, around, creative)

    return _LETTERS.sub(mended, token)


def _in_one_script(text: str, token: str) -> str:
    """All of it in the script of most unmistakable letters of `token`; as it is when there are none."""
    cyrillic, latin = _unmistakable(token)
    if cyrillic == latin:
        return text
    return text.translate(_TO_CYRILLIC if cyrillic > latin else _TO_LATIN)


def _one_script(word: str, token: str, around: str, creative: str) -> str:
    cyrillic, latin = _unmistakable(word)
    if cyrillic == latin == 0:
        return _alike(word, token, around, creative)
    if cyrillic == latin:
        cyrillic, latin = sum(map(_is_cyrillic, word)), sum(map(_is_latin, word))
    if cyrillic == latin:
        return word
    # A letter of the right case can look like one of the other script: 'в' is unmistakable, 'В' is not.
    return word.translate(_TO_CYRILLIC if cyrillic > latin else _TO_LATIN)


def _alike(word: str, token: str, around: str, creative: str) -> str:
    """A word of look-alike letters alone."""
    cyrillic, latin = word.translate(_TO_CYRILLIC), word.translate(_TO_LATIN)
    in_russian, in_english = (_is_word(word.upper().translate(script)) for script in (_TO_CYRILLIC, _TO_LATIN))
    if in_russian != in_english:
        return cyrillic if in_russian else latin
    if latin.lower() in _ENGLISH_IN_RUSSIAN and word in (cyrillic, latin):
        return word
    for context in token, around, creative:
        of_cyrillic, of_latin = _unmistakable(context)
        if of_cyrillic != of_latin:
            return cyrillic if of_cyrillic > of_latin else latin
    of_cyrillic, of_latin = sum(map(_is_cyrillic, word)), sum(map(_is_latin, word))
    if of_cyrillic == of_latin:
        return word
    return cyrillic if of_cyrillic > of_latin else latin


def is_known(text: str) -> bool:
    """Whether it is a word of look-alike letters that one of the languages has."""
    capitals = text.strip(_EDGES).upper()
    return any(_is_word(capitals.translate(script)) for script in (_TO_CYRILLIC, _TO_LATIN))


def _is_word(word: str) -> bool:
    return len(word) >= _SHORTEST_IN_DICTIONARY and word.lower() in _known_words()


@cache
def _known_words() -> frozenset[str]:
    return frozenset(LOOKALIKE_WORDS.read_text(encoding="utf-8").split())


def _unmistakable(text: str) -> tuple[int, int]:
    """Letters of one script that have no look-alike in the other: Cyrillic ones, Latin ones."""

    def count(letters: Callable[[str], bool], lookalikes: str) -> int:
        return sum(letters(character) and character not in lookalikes for character in text)

    return count(_is_cyrillic, CYRILLIC_LOOKALIKES), count(_is_latin, LATIN_LOOKALIKES)


def _one_case(word: str) -> str:
    """A word in no case that people write ('СКИДкА', 'сКИДКА', 'скидКа') in the nearest that they do."""
    if _BETWEEN_CAPITALS.fullmatch(word):
        return word.upper()
    if len(word) < _SHORTEST_FOR_CASE or word.isupper() or word[1:].islower() or _CAMEL.fullmatch(word):
        return word
    usual = min((word.upper(), word[0] + word[1:].lower()), key=lambda usual: _mistakes(word, usual))
    # In Russian only whole words change; Latin brands mix cases, so only letters with one shape in both cases change.
    return usual if all(map(_is_cyrillic, word)) or _mistakes(word, usual) < _UNLIKELY else word


def _mistakes(read: str, meant: str) -> int:
    """How hard it is to mistake one for the other: letters that look the same in both cases are taken easily."""
    return sum(
        1 if a in _SAME_IN_BOTH_CASES else 3 if _is_cyrillic(a) else _UNLIKELY
        for a, b in zip(read, meant, strict=True)
        if a != b
    )


def _is_cyrillic(character: str) -> bool:
    return "\u0400" <= character <= "\u04ff"


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalpha()
