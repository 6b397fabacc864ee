"""Upload: pictures in, and what becomes of each while it is analysed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import reflex as rx

from adlens_web.api_client import ApiProblem
from adlens_web.components.react import heartbeat, link
from adlens_web.components.shell import page as shell
from adlens_web.components.states import loading
from adlens_web.components.topics import topic_chip
from adlens_web.components.uploads import file_thumb, uploader
from adlens_web.routes import ANALYTICS, CREATIVES, UPLOAD
from adlens_web.session import Session, acts, loads
from adlens_web.texts import number, one_of, section_of, t

PAGE = 50
STAGES = ("ocr", "detection", "classification", "color")
FASTEST_MS, SLOWEST_MS = 700, 5000
PREVIEWS_EVERY_S = 5


@dataclass
class StageCell:
    """One stage of a creative; `seconds` is below 0 while there is none."""

    stage: str
    status: str
    seconds: float
    reason: str


@dataclass
class Row:
    """One creative of the live table. `decision` is sure, unsure or person, `percent` the topic's confidence; texts are
    empty where there is nothing."""

    creative_id: str
    filename: str
    status: str
    stages: list[StageCell]
    topic_ru: str
    topic_en: str
    decision: str
    percent: int
    failure: str
    reason: str
    failed_stage: str
    preview: str


def row_of(creative: dict[str, Any], titles: dict[str, tuple[str, str]], preview: str) -> Row:
    """A creative of `GET /groups/{id}/status` as a row; `titles` are the topics' in Russian and English."""
    topic, failure = creative["main_topic"], creative["failure"] or {}
    title = titles.get(topic, (topic, topic)) if topic else ("", "")
    ended = creative["status"] in ("SUCCESS", "ERROR")
    return Row(
        creative_id=creative["creative_id"],
        filename=creative["original_filename"],
        status=creative["status"],
        stages=[_cell(stage, creative["stages"][stage], ended) for stage in STAGES],
        topic_ru=title[0],
        topic_en=title[1],
        decision=creative["topic_decision"] or "",
        percent=round(100 * (creative["topic_confidence"] or 0)),
        failure=failure.get("code", ""),
        reason=failure.get("reason", ""),
        failed_stage=next((stage for stage in STAGES if creative["stages"][stage]["status"] == "ERROR"), ""),
        preview=preview,
    )


def _cell(stage: str, told: dict[str, Any], ended: bool) -> StageCell:
    status = "NOT_REACHED" if ended and told["status"] == "PENDING" else told["status"]
    return StageCell(stage, status, -1.0 if told["seconds"] is None else told["seconds"], told.get("reason") or "")


def next_pace(pace: int, changed: bool, done: bool) -> int:
    """How many milliseconds until the next look: at once while things change, ever later while nothing does, 0 is
    never."""
    if done:
        return 0
    return FASTEST_MS if changed or not pace else min(round(pace * 1.5), SLOWEST_MS)


class UploadState(Session):
    ready: bool = False
    group: str = ""
    title: str = ""
    """The group's name; empty while it has none."""
    rows: list[Row] = []  # noqa: RUF012 - Reflex copies the defaults of states
    count: int = 0
    succeeded: int = 0
    failed: int = 0
    ended: bool = False
    """Whether all creatives that the API knows of have ended; more may be on their way: see `done`."""
    sending: str = ""
    """The group that the browser is sending files to."""
    pace: int = 0
    cursors: list[str] = [""]  # noqa: RUF012
    """Of each page up to the one that is shown."""
    further: str = ""
    _titles: dict[str, tuple[str, str]] = {}  # noqa: RUF012
    _previews: dict[str, str] = {}  # noqa: RUF012
    _card_cursors: list[str] = [""]  # noqa: RUF012
    """Of the gallery's pages, which list the same creatives in the same order."""
    _asked: float = 0

    @rx.var
    def finished(self) -> int:
        return self.succeeded + self.failed

    @rx.var
    def done(self) -> bool:
        return self.ended and self.sending != self.group

    @rx.var
    def first(self) -> int:
        """The number of the first row that is shown, from 1."""
        return (len(self.cursors) - 1) * PAGE + 1

    @rx.event
    @loads
    async def load(self) -> Any:
        """Shows the group of the address. Without one it is the last that was shown here, until `anew`."""
        wanted = self.router.url.query_parameters.get("group", "")
        if not wanted and self.group:
            return rx.redirect(_address(self.group), replace=True)
        if wanted != self.group:
            self._show(wanted)
        if not self._titles:
            topics = (await self.get("/taxonomy"))["topics"]
            self._titles = {topic["topic"]: (topic["title"]["ru"], topic["title"]["en"]) for topic in topics}
        if wanted:
            try:
                self.title = (await self.get(f"/groups/{wanted}"))["name"] or ""
            except ApiProblem as problem:
                if problem.code == "unknown_group":
                    self._show("")  # else the page without a group would lead back here
                raise
            await self._look()
        self.ready = True
        return None

    @rx.event
    @loads
    async def look(self) -> None:
        """Asks how far the group is."""
        if self.group:
            await self._look()

    @rx.event
    def follow(self, begun: str, sending: str) -> Any:
        """What the browser is doing: see Uploader.on_change."""
        self.sending = sending
        if begun and begun != self.group:
            return rx.redirect(_address(begun))
        if self.group and (sending == self.group or not self.ended):
            self.pace = FASTEST_MS
        return None

    @rx.event
    @acts
    async def turn(self, forward: bool) -> None:
        """The next page of the table, or the one before."""
        self.cursors = [*self.cursors, self.further] if forward else self.cursors[:-1]
        self._asked = 0
        await self._look()

    @rx.event
    def anew(self) -> Any:
        self._show("")
        return rx.redirect(UPLOAD)

    def _show(self, group: str) -> None:
        self.group, self.title, self.rows, self.cursors, self.further = group, "", [], [""], ""
        self.count = self.succeeded = self.failed = self.pace = 0
        self.ended, self.ready = False, not group
        self._previews, self._card_cursors, self._asked = {}, [""], 0

    async def _look(self) -> None:
        cursor = self.cursors[-1]
        told = await self.get(f"/groups/{self.group}/status", limit=PAGE, cursor=cursor)
        creatives, by_status = told["creatives"], told["by_status"]
        await self._find_previews(creatives, told["done"])
        rows = [
            row_of(creative, self._titles, self._previews.get(creative["creative_id"], "")) for creative in creatives
        ]
        changed = rows != self.rows or told["count"] != self.count
        self.pace = next_pace(self.pace, changed, told["done"])
        if changed:
            self.rows = rows
        self.count, self.further, self.ended = told["count"], told["next_cursor"] or "", told["done"]
        self.succeeded, self.failed = by_status["SUCCESS"], by_status["ERROR"]

    async def _find_previews(self, creatives: list[dict[str, Any]], done: bool) -> None:
        """Signed URLs change with each answer: the first is kept while its row is shown, so that pictures stay."""
        lacking = {creative["creative_id"] for creative in creatives if creative["status"] == "SUCCESS"}
        if lacking <= self._previews.keys() or not (done or time.monotonic() - self._asked > PREVIEWS_EVERY_S):
            return
        self._asked = time.monotonic()
        page = len(self.cursors) - 1
        while True:
            found = await self._cards(self._card_cursors[min(page, len(self._card_cursors) - 1)])
            if page < len(self._card_cursors) or not found["next_cursor"]:
                break
            self._card_cursors = [*self._card_cursors, found["next_cursor"]]
        urls = {card["creative_id"]: card["preview_url"] or card["file_path"] for card in found["items"]}
        self._previews = {name: self._previews.get(name) or urls[name] for name in lacking & urls.keys()}

    async def _cards(self, cursor: str) -> Any:
        return await self.get("/creatives", group_id=self.group, sort="uploaded_at", limit=PAGE, cursor=cursor)


def _address(group: str) -> str:
    return f"{UPLOAD}?group={group}"


def page() -> rx.Component:
    return shell(
        t("upload.title"),
        rx.el.p(t("upload.text"), class_name="lead"),
        uploader(
            texts=section_of("uploader"),
            language=Session.language,
            group=UploadState.group,
            group_title=UploadState.title,
            compact=UploadState.group != "",
            on_change=UploadState.follow,
        ),
        rx.cond(
            UploadState.group != "",
            rx.cond(UploadState.ready, _group(), rx.cond(Session.problem == "", loading(5, "56px"))),
            _steps(),
        ),
        heartbeat(
            every=rx.cond(Session.problem == "", UploadState.pace, 0), beat=Session.tries, on_tick=UploadState.look
        ),
        here=UPLOAD,
        reload=UploadState.load,
    )


def _steps() -> rx.Component:
    """What happens, for those who are here for the first time."""
    steps = (("images", "choose"), ("scan_search", "analyse"), ("chart_column", "compare"))
    return rx.el.ol(
        *(
            rx.el.li(
                rx.icon(icon, size=22, aria_hidden=True),
                rx.el.div(rx.el.h2(t(f"upload.{step}")), rx.el.p(t(f"upload.{step}_text"), class_name="muted")),
            )
            for icon, step in steps
        ),
        class_name="steps",
    )


def _group() -> rx.Component:
    return rx.el.section(_group_head(), _progress(), _table(), _pager(), class_name="card flush live", id="live")


def _group_head() -> rx.Component:
    group = UploadState.group
    return rx.el.div(
        rx.el.div(
            rx.el.h2(rx.cond(UploadState.title != "", UploadState.title, group), class_name="cut"),
            rx.el.p(
                rx.cond(
                    UploadState.done,
                    t("upload.done", count=UploadState.count),
                    t("upload.running", finished=UploadState.finished, count=UploadState.count),
                ),
                class_name="muted",
            ),
            min_width="0",
        ),
        rx.el.div(
            rx.cond(
                UploadState.done,
                rx.el.button(
                    rx.icon("plus", size=18, aria_hidden=True),
                    t("upload.more"),
                    on_click=UploadState.anew,
                    class_name="btn",
                    id="analyse-more",
                ),
            ),
            rx.cond(
                UploadState.succeeded > 0,
                rx.fragment(
                    link(t("upload.creatives"), to=f"{CREATIVES}?group=" + group, class_name="btn"),
                    link(
                        t("upload.analytics"),
                        to=f"{ANALYTICS}?group=" + group,
                        class_name=rx.cond(UploadState.done, "btn primary", "btn"),
                    ),
                ),
            ),
            class_name="row",
        ),
        class_name="row between live-head",
    )


def _progress() -> rx.Component:
    share = rx.cond(UploadState.count > 0, UploadState.finished * 100 / UploadState.count, 0)
    return rx.el.div(
        rx.el.div(
            rx.el.span(width=share.to(str) + "%"),
            role="progressbar",
            aria_label=t("upload.progress"),
            aria_valuenow=share.to(int),
            aria_valuemin=0,
            aria_valuemax=100,
            class_name=rx.cond(UploadState.done, "bar good", "bar"),
        ),
        rx.cond(
            UploadState.failed > 0,
            link(
                rx.icon("circle_alert", size=16, aria_hidden=True),
                t("upload.failed", count=UploadState.failed),
                to=f"{CREATIVES}?status=ERROR&group=" + UploadState.group,
                class_name="chip bad",
            ),
        ),
        rx.el.p(
            rx.cond(UploadState.done, t("upload.say_done", count=UploadState.count, failed=UploadState.failed), ""),
            role="status",
            class_name="visually-hidden",
        ),
        class_name="live-progress",
    )


def _table() -> rx.Component:
    heads = (t("upload.file"), *(t(f"stage.{stage}") for stage in STAGES), t("upload.result"))
    return rx.el.table(
        rx.el.caption(t("upload.table"), class_name="visually-hidden"),
        rx.el.thead(
            rx.el.tr(*(rx.el.th(head, scope="col", role="columnheader") for head in heads), role="row"),
            role="rowgroup",
        ),
        rx.el.tbody(rx.foreach(UploadState.rows, lambda row: live_row(row=row, key=row.creative_id)), role="rowgroup"),
        class_name="table live-table",
        role="table",
    )


@rx.memo
def live_row(row: rx.Var[Row]) -> rx.Component:
    """A row that is drawn again only when it changes, not with each look."""
    return rx.el.tr(
        rx.el.td(
            rx.el.div(
                file_thumb(id=row.creative_id, src=row.preview),
                link(
                    row.filename,
                    to="/creative/" + row.creative_id + "?group=" + UploadState.group,
                    title=row.filename,
                    class_name="cut strong",
                ),
                class_name="live-file",
            ),
            role="cell",
        ),
        *(_stage(row.stages[index], stage) for index, stage in enumerate(STAGES)),
        rx.el.td(_result(row), role="cell", class_name="live-result"),
        role="row",
    )


def _stage(cell: rx.Var[StageCell], stage: str) -> rx.Component:
    icon = rx.match(
        cell.status,
        ("SUCCESS", rx.icon("check", size=16, class_name="good-ink", aria_hidden=True)),
        ("PROCESSING", rx.icon("loader_circle", size=16, class_name="spin busy-ink", aria_hidden=True)),
        ("ERROR", rx.icon("x", size=16, class_name="bad-ink", aria_hidden=True)),
        ("NOT_AVAILABLE", rx.icon("minus", size=16, aria_hidden=True)),
        ("NOT_REACHED", rx.icon("minus", size=16, aria_hidden=True)),
        rx.icon("ellipsis", size=16, aria_hidden=True),
    )
    return rx.el.td(
        rx.el.span(t(f"stage.{stage}"), class_name="live-label"),
        rx.el.span(": ", one_of("status", cell.status), class_name="visually-hidden"),
        rx.el.span(
            icon,
            rx.cond(cell.seconds >= 0, t("unit.seconds", value=_seconds(cell.seconds)), ""),
            class_name="live-stage",
        ),
        title=cell.reason,
        role="cell",
    )


def _seconds(value: rx.Var[float]) -> rx.Var[str]:
    written: rx.Var[str] = rx.cond(value < 1, number(value, 2), number(value, 1))
    return written


def _result(row: rx.Var[Row]) -> rx.Component:
    return rx.match(
        row.status,
        (
            "SUCCESS",
            rx.cond(
                row.topic_en != "",
                topic_chip(row),
                rx.el.span(t("upload.no_topic"), class_name="small muted"),
            ),
        ),
        (
            "ERROR",
            rx.el.span(
                rx.cond(
                    row.failed_stage != "",
                    t("upload.failed_stage", stage=one_of("stage", row.failed_stage)),
                    one_of("problem", row.failure, row.reason),
                ),
                class_name="small bad-ink",
            ),
        ),
        ("PROCESSING", rx.el.span(t("status.PROCESSING"), class_name="chip busy")),
        rx.el.span(t("status.PENDING"), class_name="chip"),
    )


def _pager() -> rx.Component:
    return rx.cond(
        (UploadState.further != "") | (UploadState.cursors.length() > 1),
        rx.el.nav(
            rx.el.button(
                rx.icon("chevron_left", size=18, aria_hidden=True),
                t("action.back"),
                disabled=UploadState.cursors.length() == 1,
                on_click=UploadState.turn(False),
                class_name="btn small",
            ),
            rx.el.span(
                t(
                    "upload.page",
                    first=UploadState.first,
                    last=UploadState.first + UploadState.rows.length() - 1,
                    count=UploadState.count,
                ),
                class_name="small muted",
            ),
            rx.el.button(
                t("action.next"),
                rx.icon("chevron_right", size=18, aria_hidden=True),
                disabled=UploadState.further == "",
                on_click=UploadState.turn(True),
                class_name="btn small",
            ),
            class_name="pager",
            aria_label=t("upload.pages"),
        ),
    )
