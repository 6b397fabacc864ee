"""Groups: what is in each, how far it is, and what can be done with it as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx

from adlens_web.components.browse import rename
from adlens_web.components.cards import Strip, strip, strip_of
from adlens_web.components.dialog import ask, question
from adlens_web.components.exports import Exporting, exports_dialog
from adlens_web.components.react import heartbeat, link
from adlens_web.components.shell import page as shell
from adlens_web.components.states import empty, further, loading
from adlens_web.filters import SETTLED
from adlens_web.routes import ANALYTICS, CREATIVES, DUPLICATES, GROUPS, UPLOAD, address
from adlens_web.session import Session, acts, loads
from adlens_web.texts import both, moment, number, t

PAGE = 20
MOST = 1000
"""The API's own limit of a page."""
SOON_MS, LATE_MS = 2000, 15000
DELETE = "delete-group"


@dataclass
class TopicCount:
    """Creatives for which the topic is no guess; `address` leads to them."""

    topic: str
    ru: str
    en: str
    count: int
    address: str


@dataclass
class Group:
    """`title` is its name, or its id while it has none."""

    group_id: str
    name: str
    title: str
    created_at: str
    count: int
    waiting: int
    done: int
    failed: int
    topics: list[TopicCount]
    strip: Strip


def group_of(group: Mapping[str, Any]) -> Group:
    by_status, name = group["by_status"], group["name"] or ""
    return Group(
        group_id=group["group_id"],
        name=name,
        title=name or group["group_id"],
        created_at=group["created_at"],
        count=group["count"],
        waiting=by_status.get("PENDING", 0) + by_status.get("PROCESSING", 0),
        done=by_status.get("SUCCESS", 0),
        failed=by_status.get("ERROR", 0),
        topics=_topics_of(group),
        strip=strip_of(group["colors"]),
    )


def _topics_of(group: Mapping[str, Any]) -> list[TopicCount]:
    found = [
        TopicCount(
            entry["topic"],
            entry["title"]["ru"],
            entry["title"]["en"],
            entry["count"] - entry["unsure"],
            address(CREATIVES, group=group["group_id"], topic=entry["topic"], topic_decision=SETTLED),
        )
        for entry in group["topics"]
    ]
    return sorted((topic for topic in found if topic.count), key=lambda topic: -topic.count)


class GroupsState(Session):
    ready: bool = False
    search: str = ""
    groups: list[Group] = []  # noqa: RUF012 - Reflex copies the defaults of states
    further: str = ""
    """The cursor of what follows; empty at the end."""
    pause: int = 0
    """Until the next look, in milliseconds; 0 while nothing is being analysed."""
    asked: Group | None = None
    """The group that is about to be deleted."""

    @rx.event
    @loads
    async def load(self) -> None:
        wanted = self.router.url.query_parameters.get("search", "")
        await self._fill(PAGE if wanted != self.search else max(PAGE, len(self.groups)), wanted)

    @rx.event
    @loads
    async def look(self) -> None:
        """Once more what is shown, while it changes."""
        await self._fill(max(PAGE, len(self.groups)), self.search)

    @rx.event
    @acts
    async def more(self) -> None:
        groups, self.further = await self.get_page("/groups", search=self.search, limit=PAGE, cursor=self.further)
        self.groups += map(group_of, groups)
        self._plan(changed=True)

    @rx.event
    def find(self, text: str) -> Any:
        return rx.redirect(address(GROUPS, search=text.strip()), replace=True)

    @rx.event
    @acts
    async def rename(self, group_id: str, name: str) -> None:
        changed = group_of(await self.call("PATCH", f"/groups/{group_id}", json={"name": name or None}))
        self.groups = [changed if group.group_id == group_id else group for group in self.groups]

    @rx.event
    @acts
    async def reanalyse(self, group_id: str) -> Any:
        begun = await self.call("POST", f"/groups/{group_id}/reanalyze")
        await self._fill(max(PAGE, len(self.groups)), self.search)
        return rx.toast.success(self.say("groups.reanalysing", count=begun["count"]))

    @rx.event
    def ask_to_delete(self, group_id: str) -> Any:
        self.asked = next((group for group in self.groups if group.group_id == group_id), None)
        return ask(DELETE)

    @rx.event
    @acts
    async def delete(self) -> Any:
        if self.asked is None:
            return None
        await self.call("DELETE", f"/groups/{self.asked.group_id}")
        title = self.asked.title
        await self._fill(max(PAGE, len(self.groups)), self.search)
        return rx.toast.success(self.say("groups.deleted", title=title))

    async def _fill(self, limit: int, search: str) -> None:
        found, self.further = await self.get_page("/groups", search=search, limit=min(limit, MOST))
        groups = [group_of(group) for group in found]
        changed = groups != self.groups
        self.search, self.groups, self.ready = search, groups, True
        self._plan(changed)

    def _plan(self, changed: bool) -> None:
        waiting = any(group.waiting for group in self.groups)
        self.pause = 0 if not waiting else SOON_MS if changed else min(LATE_MS, round(max(SOON_MS, self.pause) * 1.5))


State = GroupsState


def page() -> rx.Component:
    return shell(
        t("groups.title"),
        heartbeat(every=rx.cond(Session.problem == "", State.pause, 0), beat=Session.tries, on_tick=State.look),
        rx.cond(
            State.ready,
            rx.cond(
                State.groups.length() > 0,
                rx.el.div(
                    rx.el.ul(rx.foreach(State.groups, _group), class_name="stack groups"),
                    further(State),
                    class_name="stack",
                ),
                rx.el.section(rx.cond(State.search != "", _nothing_found(), _no_groups()), class_name="card"),
            ),
            rx.cond(Session.problem == "", loading(4, "120px")),
        ),
        _deletion(),
        exports_dialog(),
        here=GROUPS,
        reload=State.load,
        head=_search(),
    )


def _search() -> rx.Component:
    return rx.el.div(
        rx.el.label(t("groups.search"), html_for="search", class_name="visually-hidden"),
        rx.icon("search", size=18, aria_hidden=True),
        rx.debounce_input(
            rx.el.input(
                id="search",
                type="search",
                value=State.search,
                placeholder=t("groups.search"),
                on_change=State.find,
                class_name="input",
                auto_complete="off",
            ),
            debounce_timeout=300,
        ),
        class_name="search-field",
        role="search",
    )


def _nothing_found() -> rx.Component:
    return empty(
        "search_x",
        t("groups.none_title"),
        t("groups.none_text", search=State.search),
        link(t("groups.all"), to=GROUPS, class_name="btn"),
    )


def _no_groups() -> rx.Component:
    return empty(
        "layers",
        t("groups.empty_title"),
        t("groups.empty_text"),
        link(t("groups.upload"), to=UPLOAD, class_name="btn primary"),
    )


def _group(group: rx.Var[Group]) -> rx.Component:
    return rx.el.li(
        rx.el.article(
            rx.el.div(
                rename(
                    rx.el.h2(
                        link(group.title, to=f"{CREATIVES}?group=" + group.group_id, class_name="plain"),
                        class_name="cut",
                        title=group.group_id,
                    ),
                    name=group.name,
                    texts={
                        "rename": t("groups.rename"),
                        "name": t("groups.name"),
                        "none": group.group_id,
                        "save": t("action.save"),
                        "cancel": t("action.cancel"),
                    },
                    on_save=lambda name: State.rename(group.group_id, name),
                ),
                rx.el.p(
                    t("groups.count", count=number(group.count)),
                    " · ",
                    rx.el.time(moment(group.created_at), date_time=group.created_at),
                    class_name="small muted",
                ),
                rx.el.div(_states(group), class_name="row"),
                class_name="stack-s group-what",
            ),
            rx.el.div(
                rx.el.div(
                    rx.foreach(group.topics, _topic),
                    class_name="row",
                ),
                strip(group.strip),
                class_name="stack-s group-in",
            ),
            rx.el.div(_actions(group), class_name="group-actions"),
            class_name="card group",
        ),
        key=group.group_id,
        custom_attrs={"data-group": group.group_id},
    )


def _states(group: rx.Var[Group]) -> rx.Component:
    to = f"{CREATIVES}?group=" + group.group_id + "&status="
    return rx.fragment(
        rx.cond(
            group.waiting > 0,
            link(
                rx.icon("loader_circle", size=14, class_name="spin", aria_hidden=True),
                t("groups.waiting", count=number(group.waiting)),
                to=f"{UPLOAD}?group=" + group.group_id,
                class_name="chip busy",
            ),
        ),
        rx.cond(
            group.done > 0,
            link(
                rx.icon("check", size=14, aria_hidden=True),
                t("groups.done", count=number(group.done)),
                to=to + "SUCCESS",
                class_name="chip good",
            ),
        ),
        rx.cond(
            group.failed > 0,
            link(
                rx.icon("circle_alert", size=14, aria_hidden=True),
                t("groups.failed", count=number(group.failed)),
                to=to + "ERROR",
                class_name="chip bad",
            ),
        ),
    )


def _topic(topic: rx.Var[TopicCount]) -> rx.Component:
    return link(
        both(topic.ru, topic.en),
        rx.el.span(number(topic.count), class_name="share"),
        to=topic.address,
        class_name="chip",
    )


def _actions(group: rx.Var[Group]) -> rx.Component:
    places = (
        (CREATIVES, "images", "creatives"),
        (ANALYTICS, "chart_column", "analytics"),
        (UPLOAD, "activity", "status"),
    )
    return rx.fragment(
        *(
            link(
                rx.icon(icon, size=16, aria_hidden=True),
                t(f"groups.{name}"),
                to=f"{route}?group=" + group.group_id,
                class_name="btn small",
            )
            for route, icon, name in places
        ),
        link(
            rx.icon("copy", size=16, aria_hidden=True),
            to=f"{DUPLICATES}?group=" + group.group_id,
            aria_label=t("duplicates.title"),
            title=t("duplicates.title"),
            class_name="btn small icon",
        ),
        rx.el.button(
            rx.icon("download", size=16, aria_hidden=True),
            on_click=Exporting.open({"group": group.group_id}),
            aria_label=t("exports.export"),
            title=t("exports.export"),
            class_name="btn small icon export",
        ),
        rx.el.button(
            rx.icon("rotate_cw", size=16, aria_hidden=True),
            on_click=State.reanalyse(group.group_id),
            aria_label=t("action.reanalyse"),
            title=t("action.reanalyse"),
            class_name="btn small icon reanalyse",
        ),
        rx.el.button(
            rx.icon("trash_2", size=16, aria_hidden=True),
            on_click=State.ask_to_delete(group.group_id),
            aria_label=t("action.delete"),
            title=t("action.delete"),
            class_name="btn small icon danger delete",
        ),
    )


def _deletion() -> rx.Component:
    asked = rx.cond(State.asked, State.asked, Group("", "", "", "", 0, 0, 0, 0, [], Strip([], "", ""))).to(Group)
    return question(
        DELETE,
        t("groups.delete_title", title=asked.title),
        t("groups.delete_text", count=number(asked.count)),
        t("groups.delete"),
        State.delete,
    )
