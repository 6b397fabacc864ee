"""The table of progress: a row per creative, a column per stage."""

from __future__ import annotations

import reflex as rx

from adlens_web.api.answers import STAGES
from adlens_web.components.react import link
from adlens_web.components.topics import topic_chip
from adlens_web.components.uploads import file_thumb
from adlens_web.pages.upload.rows import Row, StageCell
from adlens_web.pages.upload.state import UploadState as State
from adlens_web.texts import number, one_of, t


def progress_table() -> rx.Component:
    heads = (t("upload.file"), *(t(f"stage.{stage}") for stage in STAGES), t("upload.result"))
    return rx.el.table(
        rx.el.caption(t("upload.table"), class_name="visually-hidden"),
        rx.el.thead(
            rx.el.tr(*(rx.el.th(head, scope="col", role="columnheader") for head in heads), role="row"),
            role="rowgroup",
        ),
        rx.el.tbody(rx.foreach(State.rows, lambda row: live_row(row=row, key=row.creative_id)), role="rowgroup"),
        class_name="table live-table",
        role="table",
    )


@rx.memo
def live_row(row: rx.Var[Row]) -> rx.Component:
    """Memoised: a row is drawn again only when it changes, not with each answer."""
    return rx.el.tr(
        rx.el.td(
            rx.el.div(
                file_thumb(id=row.creative_id, src=row.preview),
                link(
                    row.filename,
                    to="/creative/" + row.creative_id + "?group=" + State.group,
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
        ("SKIPPED", rx.icon("minus", size=16, aria_hidden=True)),
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
