"""The creative of the address, its neighbours in the gallery that it was opened from, and those like it."""

from __future__ import annotations

import asyncio
from typing import Any

import reflex as rx

from adlens_web import filters, routes
from adlens_web.components.cards import Card, Strip, card_of, strip_of
from adlens_web.pages.creative import findings
from adlens_web.pages.creative.findings import Color, Finding, Reason, Score, StageFact, Topic
from adlens_web.session import Session, acts, loads

SIMILAR = 12
SOON_MS, LATE_MS = 1000, 6000


class CreativeState(Session):
    ready: bool = False
    shown: str = ""
    """The id of the creative that is shown."""
    group: str = ""
    filename: str = ""
    src: str = ""
    """Of the picture; empty while it is not known to be one."""
    original: str = ""
    width: int = 0
    height: int = 0
    background: str = ""
    """What lies under transparent parts, as a colour; empty for opaque pictures."""
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
    """Whether the topic is sure, unsure or a person's; empty without a topic."""
    topic: str = ""
    topics: list[Topic] = []  # noqa: RUF012 - Reflex copies the defaults of states
    """All that there are."""
    scores: list[Score] = []  # noqa: RUF012
    reasons: list[Reason] = []  # noqa: RUF012
    dominant: list[Color] = []  # noqa: RUF012
    secondary: list[Color] = []  # noqa: RUF012
    strip: Strip = Strip([], "", "")
    text: str = ""
    lines: list[Finding] = []  # noqa: RUF012
    objects: list[Finding] = []  # noqa: RUF012
    weak: list[Finding] = []  # noqa: RUF012
    """Objects that may be there; nothing counts them."""
    stages: list[StageFact] = []  # noqa: RUF012
    similar: list[Card] = []  # noqa: RUF012
    previous: str = ""
    """The address of the creative before; empty at the beginning."""
    following: str = ""
    gallery: str = routes.CREATIVES
    position: int = 0
    """Its place in the gallery from 1; 0 where the API does not count so far."""
    total: int = 0
    more: bool = False
    """Whether there are more than `total`."""
    in_pixels: bool = False
    pause: int = 0
    """Until the next look, in milliseconds; 0 once the analysis has ended."""
    _titles: dict[str, tuple[str, str]] = {}  # noqa: RUF012
    _words: list[str] = []  # noqa: RUF012
    """What was searched for in the gallery that this was opened from."""

    @rx.var
    def missing(self) -> list[str]:
        """Stages that the model bundle has no model for."""
        return [stage.stage for stage in self.stages if stage.status == "NOT_AVAILABLE"]

    @rx.var
    def reached(self) -> bool:
        """Whether any stage was, or may still be."""
        return any(stage.status != "NOT_REACHED" for stage in self.stages)

    @rx.var
    def seconds(self) -> float:
        return sum(stage.seconds for stage in self.stages if stage.seconds > 0)

    @rx.event
    @loads
    async def load(self) -> None:
        query = self.router.url.query_parameters
        id_, asked = self.creative_id, filters.asked_for(query)
        place = {name: query.get(name, "") for name in filters.PLACE}
        self.gallery = routes.address(routes.CREATIVES, **asked, **place)
        if not self._titles:
            topics = (await self.get("/taxonomy"))["topics"]
            self._titles = {topic["topic"]: (topic["title"]["ru"], topic["title"]["en"]) for topic in topics}
            self.topics = [Topic(topic, *title) for topic, title in self._titles.items()]
        searched = asked["q"]
        creative, neighbours, similar, *found = await asyncio.gather(
            self.get(f"/creatives/{id_}"),
            self.get(f"/creatives/{id_}/neighbours", **filters.for_api(asked)),
            self.get(f"/creatives/{id_}/similar", limit=SIMILAR),
            *([self.get("/search", q=searched, limit=1)] if searched else []),
        )
        self._words = [word for answer in found for term in answer["terms"] for word in term["words"]]
        self.previous, self.following = (
            routes.creative(neighbours[side], {**asked, **place}) if neighbours[side] else ""
            for side in ("previous", "next")
        )
        self.position, self.total = neighbours["position"] or 0, neighbours["total"]
        self.more = neighbours["more_than_total"]
        self.similar = [card_of(card, {}) for card in similar]
        self.pause = 0
        self._fill(creative)

    @rx.event
    @loads
    async def look(self) -> None:
        """Whether the analysis has ended. Findings stay until there are new ones."""
        id_ = self.shown
        self._fill(await self.get(f"/creatives/{id_}"))
        if not self.pause:
            self.similar = [card_of(card, {}) for card in await self.get(f"/creatives/{id_}/similar", limit=SIMILAR)]

    @rx.event
    def leave(self) -> None:
        """The page is left: the next creative is not to begin with this one."""
        self.ready, self.shown = False, ""

    @rx.event
    @acts
    async def reanalyse(self) -> None:
        begun = await self.call("POST", f"/creatives/{self.shown}/reanalyze")
        self.status, self.failure, self.pause = begun["status"], "", SOON_MS

    @rx.event
    @acts
    async def delete(self) -> Any:
        await self.call("DELETE", f"/creatives/{self.shown}")
        told = rx.toast.success(self.say("creative.deleted", name=self.filename))
        return [told, rx.redirect(self.following or self.previous or self.gallery, replace=True)]

    @rx.event
    @acts
    async def correct(self, form: dict[str, Any]) -> Any:
        """Says what the topic is, instead of the model."""
        topic = str(form.get("topic", ""))
        return await self._decide(topic) if topic else None

    @rx.event
    @acts
    async def confirm(self) -> Any:
        """Says that the model's guess is right."""
        return await self._decide(self.topic)

    @rx.event
    @acts
    async def take_back(self) -> Any:
        """Gives the creative the model's topic again."""
        self._fill(await self.call("DELETE", f"/creatives/{self.shown}/topic"))
        return rx.toast.success(self.say("state.saved"))

    async def _decide(self, topic: str) -> Any:
        self._fill(await self.call("PUT", f"/creatives/{self.shown}/topic", json={"topic": topic}))
        return rx.toast.success(self.say("state.saved"))

    @rx.event
    def measure(self, in_pixels: bool) -> None:
        self.in_pixels = in_pixels

    def _fill(self, creative: dict[str, Any]) -> None:
        size, failure, title = findings.size_of(creative), creative["failure"] or {}, creative["main_topic_title"] or {}
        if (self.shown, bool(self.width)) != (creative["creative_id"], bool(size)):
            # A signed URL is another one with each answer: the picture would load anew.
            self.original = creative["file_path"]
            self.src = self.original if size else ""
        changed = creative["overall_status"] != self.status
        self.shown, self.group, self.filename = (
            creative[name] for name in ("creative_id", "group_id", "original_filename")
        )
        self.width, self.height = size or (0, 0)
        self.background = creative["background"] or ""
        self.bytes_ = -1 if creative["file_size"] is None else creative["file_size"]
        self.format_, self.uploaded_at = creative["file_format"] or "", creative["upload_timestamp"]
        self.models = f"{creative['models']['name']} {creative['models']['version']}" if creative["models"] else ""
        self.status, self.failure, self.reason = (
            creative["overall_status"],
            failure.get("code", ""),
            failure.get("reason", ""),
        )
        self.topic_ru, self.topic_en = title.get("ru", ""), title.get("en", "")
        self.percent = 100 * (creative["topic_confidence"] or 0)
        self.topic, self.decision = creative["main_topic"] or "", creative["topic_decision"] or ""
        self.scores, self.reasons = findings.scores_of(creative, self._titles), findings.reasons_of(creative)
        self.dominant, self.secondary = (
            findings.colors_of(creative[name]) for name in ("dominant_colors", "secondary_colors")
        )
        self.strip = strip_of([*creative["dominant_colors"], *creative["secondary_colors"]])
        self.text = creative["ocr_text"] or ""
        self.lines = [findings.line_of(block, size, self._words) for block in creative["ocr_blocks"]]
        self.objects, self.weak = (
            [findings.object_of(found, size) for found in creative[name]]
            for name in ("detected_objects", "weak_objects")
        )
        self.stages = findings.stages_of(creative)
        if self.status in findings.ENDED:
            self.pause = 0
        else:
            self.pause = SOON_MS if changed else min(LATE_MS, round(max(SOON_MS, self.pause) * 1.5))
        self.ready = True
