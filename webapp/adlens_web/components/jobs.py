"""The panel of jobs that are not finished; nothing while there are none."""

from __future__ import annotations

import reflex as rx

from adlens_web.components.polling import polling
from adlens_web.texts import number, one_of, t
from adlens_web.working import JobRow, Working


def jobs_panel() -> rx.Component:
    return rx.el.div(
        polling(every=Working.pause, answers=Working.job_answers, on_tick=Working.refresh),
        rx.cond(
            Working.jobs.length() > 0,
            rx.el.section(
                rx.el.h2(t("jobs.title")),
                rx.el.ul(rx.foreach(Working.jobs, _job), class_name="stack-s"),
                class_name="card stack",
                id="jobs",
            ),
        ),
        on_mount=Working.load,
    )


def _job(job: rx.Var[JobRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(
                one_of("jobs.kinds", job.kind),
                rx.cond(job.subject != "", rx.el.span(" · ", job.subject, class_name="small muted")),
            ),
            rx.el.button(t("jobs.cancel"), on_click=Working.cancel(job.job_id), class_name="btn small cancel"),
            class_name="row between",
        ),
        rx.cond(
            job.percent >= 0,
            rx.fragment(
                rx.el.div(
                    rx.el.span(width=job.percent.to(str) + "%"),
                    class_name="bar",
                    role="progressbar",
                    aria_label=t("jobs.progress"),
                    aria_valuenow=job.percent,
                    aria_valuemin="0",
                    aria_valuemax="100",
                ),
                rx.el.span(t("jobs.done", done=number(job.done), total=number(job.total)), class_name="small muted"),
            ),
            rx.el.span(t("exports.waiting"), class_name="small busy-ink", role="status"),
        ),
        key=job.job_id,
        class_name="stack-s",
        custom_attrs={"data-job": job.job_id},
    )
