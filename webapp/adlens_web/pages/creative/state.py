"""The creative of the address, its neighbours in the gallery it was opened from, and similar ones."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import reflex as rx

from adlens_web import filters, routes
from adlens_web.api import answers
from adlens_web.api.client import ApiProblem
from adlens_web.bounds import Form
from adlens_web.cards import Card, Strip, card_of, strip_of
from adlens_web.pages.creative import findings
from adlens_web.pages.creative.findings import Color, Finding, Reason, Score, StageFact, Topic
from adlens_web.polling import Polling
from adlens_web.session import Session, acts, loads

SIMILAR = 12
POLLING = Polling(soonest=1000, latest=6000)


class CreativeState(Session):
    ready: bool = False
    shown: str = ""
    """The id of the creative."""
    group: str = ""
    filename: str = ""
    src: str = ""
    """Of the picture; empty until the file is known to be one."""
    original: str = ""
    width: int = 0
    height: int = 0
    background: str = ""
    """The colour under transparent parts; empty for opaque pictures."""
    bytes_: int = -1
    format_: str = ""
    uploaded_at: str = ""
    models: str = ""
    status: str = ""
    failure: str = ""
    reason: str = ""
    topic_ru: str = ""
    topic_en: str = ""
    percent: float = 0.0
    decision: str = ""
    """`sure`, `unsure` or `person`; empty without a topic."""
    topic: str = ""
    topics: list[Topic] = []  # noqa: RUF012 - Reflex copies the defaults of states
    """All topics that people can choose."""
    scores: list[Score] = []  # noqa: RUF012
    reasons: list[Reason] = []  # noqa: RUF012
    dominant: list[Color] = []  # noqa: RUF012
    secondary: list[Color] = []  # noqa: RUF012
    strip: Strip = Strip([], "", "")
    text: str = ""
    lines: list[Finding] = []  # noqa: RUF012
    objects: list[Finding] = []  # noqa: RUF012
    weak: list[Finding] = []  # noqa: RUF012
    """Possible objects, which nothing counts."""
    stages: list[StageFact] = []  # noqa: RUF012
    similar: list[Card] = []  # noqa: RUF012
    previous: str = ""
    """The address of the creative before; empty at the beginning."""
    following: str = ""
    gallery: str = routes.CREATIVES
    position: int = 0
    """In the gallery, from 1; 0 beyond the limit to which the API counts."""
    total: int = 0
    more_than_total: bool = False
    """The API stops counting at a limit."""
    in_pixels: bool = False
    pause: int = 0
    """Until the next request, in milliseconds; 0 once the analysis has ended."""
    _titles: dict[str, tuple[str, str]] = {}  # noqa: RUF012
    _words: list[str] = []  # noqa: RUF012
    """Of the search in the gallery this was opened from."""

    @rx.var
    def missing(self) -> list[str]:
        """Stages without a model in the bundle."""
        return [stage.stage for stage in self.stages if stage.status == "NOT_AVAILABLE"]

    @rx.var
    def has_findings(self) -> bool:
        """Whether any stage was run, or still may be."""
        return any(stage.status != "SKIPPED" for stage in self.stages)

    @rx.var
    def seconds(self) -> float:
        return sum(stage.seconds for stage in self.stages if stage.seconds > 0)

    @rx.event
    @loads
    async def load(self) -> None:
        query = self.router.url.query_parameters
        id_: str = self.creative_id  # type: ignore[attr-defined]  # Reflex adds the parameters of a route
        try:
            await self._load(id_, query)
        except ApiProblem:
            self.ready = self.ready and self.shown == id_  # a page of an unknown creative shows no other
            raise

    async def _load(self, id_: str, query: Mapping[str, str]) -> None:
        if not _is_uuid(id_):
            raise ApiProblem("unknown_creative", f"{id_} is no creative's id")
        selected = filters.from_address(query)
        position = {name: query.get(name, "") for name in filters.POSITION}
        self.gallery = routes.address(routes.CREATIVES, **selected, **position)
        if not self._titles:
            topics = (await self._api.taxonomy())["topics"]
            self._titles = {topic["topic"]: (topic["title"]["ru"], topic["title"]["en"]) for topic in topics}
            self.topics = [Topic(topic, *title) for topic, title in self._titles.items()]
        creative, neighbours, similar, self._words = await asyncio.gather(
            self._api.creative(id_),
            self._api.neighbours(id_, filters.to_api(selected)),
            self._api.similar(id_, limit=SIMILAR),
            self._search_words(selected["q"]),
        )
        self.previous, self.following = (
            routes.creative(neighbour, {**selected, **position}) if neighbour else ""
            for neighbour in (neighbours["previous"], neighbours["next"])
        )
        self.position, self.total = neighbours["position"] or 0, neighbours["total"]
        self.more_than_total = neighbours["more_than_total"]
        self.similar = [card_of(card, {}) for card in similar]
        self.pause = 0
        self._fill(creative)

    @rx.event
    @loads
    async def refresh(self) -> None:
        """Asks whether the analysis has ended. Findings stay until there are new ones."""
        id_ = self.shown
        self._fill(await self._api.creative(id_))
        if not self.pause:
            self.similar = [card_of(card, {}) for card in await self._api.similar(id_, limit=SIMILAR)]

    @rx.event
    def leave(self) -> None:
        """Forgets the creative, so that the page of the next one does not begin with it."""
        self.ready, self.shown = False, ""

    @rx.event
    @acts
    async def reanalyse(self) -> None:
        begun = await self._api.reanalyse_creative(self.shown)
        self.status, self.failure, self.pause = begun.get("status", "PENDING"), "", POLLING.soonest

    @rx.event
    @acts
    async def delete(self) -> Any:
        await self._api.delete_creative(self.shown)
        toast = rx.toast.success(self._say("creative.deleted", name=self.filename))
        return [toast, rx.redirect(self.following or self.previous or self.gallery, replace=True)]

    @rx.event
    @acts
    async def correct_topic(self, form: Form) -> Any:
        topic = form.get("topic", "")
        return await self._set_topic(topic) if topic else None

    @rx.event
    @acts
    async def confirm_topic(self) -> Any:
        """Makes the model's guess the choice of a person."""
        return await self._set_topic(self.topic)

    @rx.event
    @acts
    async def reset_topic(self) -> Any:
        """Gives the creative the model's topic again."""
        self._fill(await self._api.reset_topic(self.shown))
        return rx.toast.success(self._say("state.saved"))

    async def _set_topic(self, topic: str) -> Any:
        self._fill(await self._api.set_topic(self.shown, topic))
        return rx.toast.success(self._say("state.saved"))

    async def _search_words(self, search: str) -> list[str]:
        if not search:
            return []
        found = await self._api.search({"q": search}, limit=1)
        return [word for term in found.get("terms", ()) for word in term["words"]]

    @rx.event
    def show_pixels(self, in_pixels: bool) -> None:
        self.in_pixels = in_pixels

    def _fill(self, creative: answers.Creative) -> None:
        size, failure, title = findings.size_of(creative), creative["failure"], creative["main_topic_title"]
        if (self.shown, bool(self.width)) != (creative["creative_id"], bool(size)):
            # Every answer signs its URLs anew: with another one the picture would load again.
            self.original = creative["file_path"]
            self.src = self.original if size else ""
        changed = creative["overall_status"] != self.status
        self.shown, self.group, self.filename = (
            creative["creative_id"],
            creative["group_id"],
            creative["original_filename"],
        )
        self.width, self.height = size or (0, 0)
        self.background = creative["background"] or ""
        self.bytes_ = -1 if creative["file_size"] is None else creative["file_size"]
        self.format_, self.uploaded_at = creative["file_format"] or "", creative["upload_timestamp"]
        self.models = f"{creative['models']['name']} {creative['models']['version']}" if creative["models"] else ""
        self.status = creative["overall_status"]
        self.failure, self.reason = (failure["code"], failure["reason"]) if failure else ("", "")
        self.topic_ru, self.topic_en = (title["ru"], title["en"]) if title else ("", "")
        self.percent = 100 * (creative["topic_confidence"] or 0)
        self.topic, self.decision = creative["main_topic"] or "", creative["topic_decision"] or ""
        self.scores, self.reasons = findings.scores_of(creative, self._titles), findings.reasons_of(creative)
        self.dominant = findings.colors_of(creative["dominant_colors"])
        self.secondary = findings.colors_of(creative["secondary_colors"])
        self.strip = strip_of([*creative["dominant_colors"], *creative["secondary_colors"]])
        self.text = creative["ocr_text"] or ""
        self.lines = [findings.line_of(block, size, self._words) for block in creative["ocr_blocks"]]
        self.objects = [findings.object_of(found, size) for found in creative["detected_objects"]]
        self.weak = [findings.object_of(found, size) for found in creative["weak_objects"]]
        self.stages = findings.stages_of(creative)
        pending = self.status not in findings.ENDED
        self.pause = POLLING.next_pause(self.pause, changed=changed, pending=pending)
        self.ready = True


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
