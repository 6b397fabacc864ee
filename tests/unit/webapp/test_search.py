"""What a search shows: marked lines, guesses, and filters that go from the API's links to the gallery and back."""

from typing import Any

import pytest

from adlens_web import filters, routes
from adlens_web.cards import MOST_LINES, Piece, card_of, pieces_of
from adlens_web.pages.creative import findings
from adlens_web.pages.creatives.options import chips_of, corrections_of, options_of, words_of

from .test_browsing import ANALYTICS, CARD, GROUPS, TAXONOMY

TERMS = [
    {"typed": "скитка", "words": ["скидка", "скидки"], "guessed": ["скидка", "скидки"]},
    {"typed": "50", "words": ["50"], "guessed": []},
]


def block(text: str) -> dict[str, Any]:
    return {"text": text, "bbox": [0.1, 0.1, 0.5, 0.2], "confidence": 0.9, "polygon": [], "language": "ru"}


def test_words_of_a_line_are_marked_whole_whatever_their_case() -> None:
    assert pieces_of("СКИДКА 50% на всё", {"скидка", "50", "все"}) == [
        Piece("СКИДКА", True),
        Piece(" ", False),
        Piece("50", True),
        Piece("% ", False),
        Piece("на", False),
        Piece(" ", False),
        Piece("всё", True),
    ]


def test_a_card_shows_the_first_lines_that_were_hit_and_counts_the_others() -> None:
    found = {**CARD, "text_hits": [block(f"скидка {number}") for number in range(MOST_LINES + 3)]}
    card = card_of(found, {"q": "скидка"}, {"скидка"})
    assert [line.pieces[0] for line in card.lines] == [Piece("скидка", True)] * MOST_LINES
    assert card.more_lines == 3
    assert card.address == "/creative/c-1?q=%D1%81%D0%BA%D0%B8%D0%B4%D0%BA%D0%B0"
    assert (card_of(CARD, {}).lines, card_of(CARD, {}).more_lines) == ([], 0)


def test_guessed_words_are_told_and_all_words_are_marked() -> None:
    assert [(guess.typed, guess.words) for guess in corrections_of(TERMS)] == [("скитка", "скидка, скидки")]
    assert words_of(TERMS) == {"скидка", "скидки", "50"}


def test_a_line_of_a_creative_knows_whether_it_was_hit() -> None:
    hit, other = (findings.line_of(block(text), None, ["скидка"]) for text in ("Скидка!", "Кружка"))
    assert (hit.hit, other.hit) == (True, False)
    assert hit.pieces == [Piece("Скидка", True), Piece("!", False)]
    assert findings.line_of(block("Скидка!"), None).pieces == []


@pytest.mark.parametrize(
    ("link", "gallery"),
    [
        ("/creatives", "/creatives"),
        ("/creatives?group_id=spring&topic=cups&topic=none", "/creatives?group=spring&topic=cups%2Cnone"),
        (
            "/creatives?from=2026-03-01T00%3A00%3A00%2B00%3A00",
            "/creatives?from=2026-03-01T00%3A00%3A00%2B00%3A00",
        ),
        (
            "/creatives?color=red&rest_of=group_id%3Dspring%26topic%3Dcups",
            "/creatives?color=red&rest_of=group_id%3Dspring%26topic%3Dcups",
        ),
    ],
)
def test_links_of_the_api_lead_to_the_gallery(link: str, gallery: str) -> None:
    assert routes.gallery(link) == gallery


def test_filters_go_to_the_api_and_back_unchanged() -> None:
    asked = {"group": "spring,summer", "topic": "cups", "hex": "#bc0e0e", "within": "topic=cups&topic=none"}
    query = filters.to_api_query(asked)
    assert query.startswith("group_id=spring&group_id=summer&topic=cups&hex=%23bc0e0e")
    assert filters.from_api(query) == asked
    assert filters.to_api(asked)["group_id"] == ["spring", "summer"]


def test_chips_say_colours_days_shares_and_filters_within_filters() -> None:
    asked = filters.from_address(
        {
            "hex": "bc0e0e",
            "min_share": "30",
            "from": "2026-03-01T00:00:00+00:00",
            "before": "2026-03-02T10:00:00+00:00",
            "topic": "cups,none",
            "rest_of": "group_id=g-1&topic=cups",
        }
    )
    chips = {chip.name: chip for chip in chips_of(asked, options_of(TAXONOMY, GROUPS, ANALYTICS, ""))}
    assert {name: chip.en for name, chip in chips.items()} == {
        "hex": "bc0e0e",
        "min_share": "30%",
        "from": "2026-03-01",
        "before": "2026-03-02T10:00:00+00:00",
        "topic": "Cups, No topic found",
        "rest_of": "Group: Весна; Topic: Cups",
    }
    assert chips["hex"].hex == "#bc0e0e"
    assert "min_share" not in chips["hex"].address


@pytest.mark.parametrize(
    ("typed", "share", "count"),
    [("30", "30", "30"), ("12,5", "12.5", ""), ("-4", "0", ""), ("2000", "100", "1000"), ("x", "", "")],
)
def test_shares_and_counts_become_what_the_api_takes(typed: str, share: str, count: str) -> None:
    assert filters.share(typed) == share
    assert filters.count(typed) == count
