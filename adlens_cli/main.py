"""`adlens`: the front door for people at a terminal. Commands import what they need when they run."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from adlens.domain.exports import ExportFormat, Separator

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Analyse advertising creatives.")
keys = typer.Typer(no_args_is_help=True, help="API keys of the local stack, or of a deployment on AWS.")
workspaces = typer.Typer(no_args_is_help=True, help="Workspaces of the local stack, or of a deployment on AWS.")
storage = typer.Typer(no_args_is_help=True, help="Object stores of the local stack, or of a deployment on AWS.")
bi = typer.Typer(no_args_is_help=True, help="Readers for BI tools: login roles of the database that see one workspace.")
models = typer.Typer(no_args_is_help=True, help="Model bundles: which there are, and which one is used.")
jobs = typer.Typer(no_args_is_help=True, help="Bulk work of a workspace: re-analysis, deletion of large groups.")
app.add_typer(keys, name="keys")
app.add_typer(workspaces, name="workspaces")
app.add_typer(storage, name="storage")
app.add_typer(bi, name="bi")
app.add_typer(models, name="models")
app.add_typer(jobs, name="jobs")


def _print_version(asked: bool) -> None:
    if asked:
        from adlens import __version__

        print(f"adlens {__version__}")
        raise typer.Exit


@app.callback()
def adlens(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


class Stage(StrEnum):
    LOCAL = "local"
    AWS = "aws"


class KeyScope(StrEnum):
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class Function(StrEnum):
    ADMIN = "admin"
    API = "api"
    DISPATCH = "dispatch"
    ANALYZE = "analyze"
    EXPORTS = "exports"
    JOBS = "jobs"
    DEAD_LETTERS = "dead_letters"
    LIFT = "lift"
    SWEEP = "sweep"
    MIGRATE = "migrate"
    WEBHOOKS = "webhooks"
    WEBHOOK_RESULTS = "webhook_results"
    WEB = "web"


BundleOption = Annotated[
    str | None,
    typer.Option("--bundle", help="Model bundle: a name in models/, a folder or an s3:// prefix.", show_default=False),
]


SeparatorOption = Annotated[
    Separator, typer.Option(help="Between the cells of CSV; semicolon opens in columns in Russian Excel.")
]
BucketOption = Annotated[
    str | None, typer.Option("--bucket", help="Bucket of published bundles; else the local stack's.")
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database", help="URL of a database, as the owner of its tables; else the stage's.", show_default=False
    ),
]
StageOption = Annotated[
    Stage, typer.Option("--stage", help="local, or aws with the credentials that AWS's own command line uses.")
]
RegionOption = Annotated[
    str | None,
    typer.Option("--region", envvar="AWS_REGION", help="Of the stage aws; else of AWS's profile.", show_default=False),
]
FunctionOption = Annotated[
    str | None, typer.Option("--function", help="Analyze function on AWS, when --bucket is there.")
]


@app.command()
def analyze(
    paths: Annotated[list[Path], typer.Argument(help="Pictures, and folders to search for pictures.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per creative and line.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Write a table; - prints it.", allow_dash=True)] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write a typed table with nested findings.")] = None,
    bundle: BundleOption = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of each model.")] = 2,
    separator: SeparatorOption = Separator.COMMA,
) -> None:
    """Analyse pictures here and now, with no server. Exit status 1 when a picture could not be analysed."""
    from adlens_cli.analyze import run

    raise typer.Exit(run(paths, as_json, csv, parquet, bundle, threads, separator))


@app.command()
def up(
    bundle: BundleOption = None,
    with_web: Annotated[bool, typer.Option("--web/--no-web", help="Build and serve the web app.")] = True,
) -> None:
    """Start the local stack: PostgreSQL, LocalStack, the deployed template and the web app."""
    from adlens_cli.stack import start

    start(bundle, with_web)


@app.command()
def down() -> None:
    """Stop the local stack; its data stays in .local/."""
    from adlens_cli.stack import stop

    stop()


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The file to write (tar.gz).")]) -> None:
    """Copy the local stack's database and files into one file, while it runs or not. It holds what customers sent."""
    from adlens_cli.backup import back_up

    back_up(file)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file of `adlens backup`.")],
    replace: Annotated[bool, typer.Option("--replace", help="Lose what the local stack holds now.")] = False,
) -> None:
    """Make the local stack, which must not run, the one of a backup. `adlens up` then brings it to this release."""
    from adlens_cli.backup import restore_from

    restore_from(file, replace)


@app.command()
def status() -> None:
    """Say what of the local stack runs, and where. Exit status 1 unless all of it does."""
    from adlens_cli.stack import show_status

    raise typer.Exit(show_status())


@app.command()
def logs(
    function: Annotated[Function | None, typer.Argument(help="One function only, or the web app.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines are written.")] = False,
) -> None:
    """Show the functions' logs, or the web app's."""
    from adlens_cli.stack import show_logs

    show_logs(function, follow)


@app.command()
def doctor(stage: StageOption = Stage.LOCAL, region: RegionOption = None) -> None:
    """Ask stacks, API, queues and alarms, and print what is wrong and what to do. Exits with 1 when anything is."""
    from adlens_cli.doctor import run

    raise typer.Exit(run(stage.value, region))


@app.command()
def demo(
    paths: Annotated[list[Path] | None, typer.Argument(help="Pictures and folders; samples/ when none.")] = None,
    oneshot: Annotated[bool, typer.Option("--oneshot", help="Stop after the table.")] = False,
    bundle: BundleOption = None,
) -> None:
    """Walk pictures through the whole local stack and show what comes out."""
    from adlens_cli.demo import run

    raise typer.Exit(run(paths or [], oneshot, bundle))


@app.command()
def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    export_format: Annotated[
        ExportFormat, typer.Option("--format", "-f", help="What kind of file.")
    ] = ExportFormat.CSV,
    group: Annotated[list[str] | None, typer.Option(help="Of these groups, by id; may be given several times.")] = None,
    topic: Annotated[list[str] | None, typer.Option(help="With one of these topics, by id.")] = None,
    topic_decision: Annotated[list[str] | None, typer.Option(help="One of these: sure, unsure, person.")] = None,
    color: Annotated[str | None, typer.Option(help="With a colour of this class, by its English name.")] = None,
    object_class: Annotated[str | None, typer.Option("--object", help="With an object of this class.")] = None,
    word: Annotated[str | None, typer.Option(help="With this word in its text.")] = None,
    text: Annotated[str | None, typer.Option(help="With this in its text or its file name.")] = None,
    status: Annotated[str | None, typer.Option(help="PENDING, PROCESSING, SUCCESS or ERROR.")] = None,
    min_confidence: Annotated[float | None, typer.Option(help="Of the topic, 0 to 1.")] = None,
    max_confidence: Annotated[float | None, typer.Option(help="Of the topic, 0 to 1.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Any other filter of `GET /creatives`.")
    ] = None,
    embeddings: Annotated[bool, typer.Option("--embeddings", help="Add each creative's vector.")] = False,
    separator: SeparatorOption = Separator.COMMA,
) -> None:
    """Make a file of creatives and download it: CSV, Parquet, COCO or JSON Lines. Without filters, of all of them.

    ADLENS_API_URL and ADLENS_API_KEY name another API than the local stack's.
    """
    from adlens_cli.exports import run

    given: dict[str, object] = {
        "group_id": _one_or_more(group),
        "topic": _one_or_more(topic),
        "topic_decision": _one_or_more(topic_decision),
        "color": color,
        "object": object_class,
        "word": word,
        "text": text,
        "status": status,
        "min_confidence": min_confidence,
        "max_confidence": max_confidence,
    }
    raise typer.Exit(run(output, export_format.value, _filters(given, where), embeddings, separator.value))


@app.command("reanalyze")
def reanalyze(
    group: Annotated[list[str] | None, typer.Option(help="Of these groups, by id; may be given several times.")] = None,
    topic_decision: Annotated[list[str] | None, typer.Option(help="One of these: sure, unsure, person.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Any other filter of `GET /creatives`.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that the bundle in use has analysed.")] = False,
    is_waiting: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Show the progress until every creative is queued.")
    ] = True,
) -> None:
    """Analyse stored creatives again with the model bundle in use: all that another bundle analysed, or those that the
    filters leave.

    ADLENS_API_URL and ADLENS_API_KEY name another API than the local stack's.
    """
    from adlens_cli.reanalyze import run

    given: dict[str, object] = {"group_id": _one_or_more(group), "topic_decision": _one_or_more(topic_decision)}
    raise typer.Exit(run(_filters(given, where), every, is_waiting))


@jobs.command("list")
def list_jobs(
    state: Annotated[str | None, typer.Option(help="PENDING, RUNNING, DONE, FAILED or CANCELLED.")] = None,
) -> None:
    """List jobs, newest first."""
    from adlens_cli.jobs import show

    raise typer.Exit(show(state))


@jobs.command("wait")
def wait_for_job(job: Annotated[str, typer.Argument(help="Its id.")]) -> None:
    """Show a job's progress until it has ended. Exit status 1 unless it is DONE."""
    from adlens_cli.jobs import wait

    raise typer.Exit(wait(job))


@jobs.command("cancel")
def cancel_job(job: Annotated[str, typer.Argument(help="Its id.")]) -> None:
    """Stop a job. What is done stays done."""
    from adlens_cli.jobs import cancel

    raise typer.Exit(cancel(job))


@app.command("reindex")
def reindex(database: DatabaseOption = None) -> None:
    """Bring the search words of stored creatives to this release's form, in batches, while everything runs."""
    from adlens_cli.reindex import run

    raise typer.Exit(run(database))


def _filters(given: dict[str, object], where: list[str] | None) -> dict[str, object]:
    """The options that were given, with those of --where."""
    filters = {name: value for name, value in given.items() if value is not None}
    for condition in where or ():
        name, equals, value = condition.partition("=")
        if not equals:
            raise typer.BadParameter(f"{condition!r} is no NAME=VALUE.", param_hint="--where")
        filters[name] = value
    return filters


def _one_or_more(values: list[str] | None) -> str | list[str] | None:
    return values[0] if values and len(values) == 1 else values or None


@app.command("performance")
def send_performance(
    files: Annotated[list[Path], typer.Argument(help="CSV files of figures, also compressed (.gz).")],
    encoding: Annotated[
        str | None, typer.Option(help="Of the files, such as windows-1251; UTF-8 by default.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what the API answers, for each file.")] = False,
) -> None:
    """Send impressions, clicks, conversions and spend of creatives, and show what matched and what did not.

    Columns: creative_id, sha256 or filename; day; impressions, clicks, conversions, spend; placement. Goes to the local
    stack, or to ADLENS_API_URL with ADLENS_API_KEY. Exit status 1 when a row has not been stored.
    """
    from adlens_cli.performance import run

    raise typer.Exit(run(files, encoding, as_json))


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    workspace: Annotated[str, typer.Option(help="Workspace; made when there is none of this name.")] = "default",
    scope: Annotated[
        KeyScope, typer.Option(help="What it may do; each scope includes those before it.")
    ] = KeyScope.ADMIN,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="It expires after so many days.")] = None,
    stage: StageOption = Stage.LOCAL,
    region: RegionOption = None,
) -> None:
    """Make a key and print it: it is shown this once."""
    from adlens_cli.keys import create

    create(name, workspace, scope.value, days, stage.value, region)


@keys.command("list")
def list_keys(stage: StageOption = Stage.LOCAL, region: RegionOption = None) -> None:
    """List the keys, without their secrets."""
    from adlens_cli.keys import show

    show(stage.value, region)


@keys.command("rotate")
def rotate_key(
    prefix: Annotated[str, typer.Argument(help="The key's prefix as `adlens keys list` shows it.")],
    overlap_hours: Annotated[int, typer.Option(min=0, max=720, help="How long the old key works beside it.")] = 24,
    stage: StageOption = Stage.LOCAL,
    region: RegionOption = None,
) -> None:
    """Make a key of the same name and scope, print it, and let the old one expire."""
    from adlens_cli.keys import rotate

    rotate(prefix, overlap_hours, stage.value, region)


@keys.command("revoke")
def revoke_key(
    prefix: Annotated[str, typer.Argument(help="The key's prefix as `adlens keys list` shows it.")],
    stage: StageOption = Stage.LOCAL,
    region: RegionOption = None,
) -> None:
    """Make a key useless."""
    from adlens_cli.keys import revoke

    revoke(prefix, stage.value, region)


@workspaces.command("list")
def list_workspaces(stage: StageOption = Stage.LOCAL, region: RegionOption = None) -> None:
    """List the workspaces and their ids."""
    from adlens_cli.workspaces import show

    show(stage.value, region)


@workspaces.command("create")
def create_workspace(
    name: Annotated[str, typer.Argument(help="Its name.")],
    stage: StageOption = Stage.LOCAL,
    region: RegionOption = None,
) -> None:
    """Make a workspace when there is none of this name, and print its id."""
    from adlens_cli.workspaces import create

    create(name, stage.value, region)


@workspaces.command("plan")
def change_plan(
    workspace: Annotated[str, typer.Argument(help="Its id as `adlens workspaces list` shows it.")],
    plan: Annotated[str, typer.Argument(help="`standard`, `unlimited`, or one of your own.")],
    stage: StageOption = Stage.LOCAL,
    region: RegionOption = None,
) -> None:
    """Give a workspace the limits of a plan."""
    from adlens_cli.workspaces import change_plan

    change_plan(workspace, plan, stage.value, region)


@workspaces.command("erase")
def erase_workspace(
    workspace: Annotated[str, typer.Argument(help="Its id as `adlens workspaces list` shows it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    receipt: Annotated[
        Path | None, typer.Option(help="Where the receipt goes; else erasure-ID-TIME.json here.", show_default=False)
    ] = None,
    stage: StageOption = Stage.LOCAL,
    region: RegionOption = None,
) -> None:
    """Erase a workspace for good: keys, creatives, findings, and its files in every version.

    Prints a receipt, and writes it to a file: how many rows were deleted by table, how many objects by store.
    Signed uploads stay valid for 15 minutes: erase it again after that, by the same id.
    """
    from adlens_cli.workspaces import erase

    erase(workspace, yes, receipt, stage.value, region)


@storage.command("check")
def check_storage(
    repair: Annotated[bool, typer.Option("--repair", help="Repair what was found; asks first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    stage: StageOption = Stage.LOCAL,
    region: RegionOption = None,
) -> None:
    """Compare the stores with the database: objects without a row, rows without an object. Exit status 1 with some.

    --repair deletes the objects that no row has, and lets rows say that their file is gone. What is younger than an
    hour is left alone.
    """
    from adlens_cli.storage import check

    raise typer.Exit(check(repair, yes, stage.value, region))


@bi.command("create")
def create_reader(
    workspace: Annotated[str, typer.Option(help="Name or id of the workspace.")] = "development",
    database: DatabaseOption = None,
    stage: StageOption = Stage.LOCAL,
    region: RegionOption = None,
) -> None:
    """Make a reader and print the address it logs in with: the password is shown this once."""
    from adlens_cli.bi import create

    create(workspace, database, stage.value, region)


@bi.command("list")
def list_readers(
    database: DatabaseOption = None, stage: StageOption = Stage.LOCAL, region: RegionOption = None
) -> None:
    """List the readers and their workspaces."""
    from adlens_cli.bi import show

    show(database, stage.value, region)


@bi.command("revoke")
def revoke_reader(
    role: Annotated[str, typer.Argument(help="The role as `adlens bi list` shows it.")],
    database: DatabaseOption = None,
    stage: StageOption = Stage.LOCAL,
    region: RegionOption = None,
) -> None:
    """Drop a reader: it sees nothing from then on."""
    from adlens_cli.bi import revoke

    revoke(role, database, stage.value, region)


@models.command("list")
def list_models(bucket: BucketOption = None, function: FunctionOption = None, region: RegionOption = None) -> None:
    """Published bundles and those of the checkout: engines, size, promoted or in use, measured figures."""
    from adlens_cli.models import show

    show(bucket, function, region)


@models.command("verify")
def verify_models(
    bundle: Annotated[
        str, typer.Argument(help="A name in models/, a folder, s3://bucket/prefix, NAME/VERSION, or promoted.")
    ],
    bucket: BucketOption = None,
) -> None:
    """Check a bundle: its manifest and files, that every engine loads, and that a sample can be analysed."""
    from adlens_cli.models import verify

    verify(bundle, bucket)


@models.command("publish")
def publish_models(
    folder: Annotated[str, typer.Argument(help="The bundle's folder; its manifest says name and version.")],
    creatives: Annotated[
        list[Path] | None, typer.Option(help="Labelled creatives to measure it on, besides samples/.")
    ] = None,
    force: Annotated[str, typer.Option(metavar="REASON", help="Promote it although it got worse; is recorded.")] = "",
    bucket: BucketOption = None,
) -> None:
    """Measure a bundle, store it as a version that never changes, and promote it unless it is worse than the promoted.

    Exit status 1 when it is not promoted.
    """
    from adlens_cli.models import publish

    publish(folder, creatives or [], force, bucket)


@models.command("use")
def use_models(
    bundle: Annotated[
        str, typer.Argument(help="A name in models/, a folder, s3://bucket/prefix, NAME/VERSION, or promoted.")
    ],
    bucket: BucketOption = None,
    function: FunctionOption = None,
    region: RegionOption = None,
) -> None:
    """Make the local stack, or a function on AWS, analyse with a bundle from now on: nothing is built or deployed."""
    from adlens_cli.models import use

    use(bundle, bucket, function, region)
