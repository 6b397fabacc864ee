"""`adlens models`: which model bundles there are, whether they work, and which one does the work.

Bundles are published to the stack's model bucket as versions that never change. One of them is promoted: another takes
its place only when its figures, measured on the same pictures, are not worse.
"""

from __future__ import annotations

import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer

from adlens.domain.analysis import Analysis, Stage, StageState
from adlens.domain.errors import AdLensError, InvalidBundle, InvalidValue
from adlens.settings import CommandLineSettings
from adlens.storage.bundles import METRICS, BundleRegistry, Promotion, fetch_bundle
from adlens.vision.bundle import EMBEDDING, MANIFEST, Bundle, load_bundle
from adlens_cli.bundles import bundle_folder, choose_bundle, stack_variables, weights_folder
from adlens_cli.packing import pack
from adlens_cli.pictures import find_pictures
from adlens_cli.places import BUNDLE_CACHE, MODELS, SAMPLES
from evaluation.evaluate import evaluate_folder
from evaluation.labels import DataSet, read_data_set
from evaluation.metrics import ALL, Metrics, worse
from local import stack
from local.state import DEFAULT_ROOT, LocalStackError

PROMOTED = "promoted"
THREADS = 2
HEADLINES = (
    ("text", Stage.OCR, "F1"),
    ("objects", Stage.DETECTION, "F1"),
    ("topic", Stage.CLASSIFICATION, "accuracy"),
    ("sure", Stage.CLASSIFICATION, "precision of sure"),
)


@dataclass(frozen=True)
class Target:
    """Where bundles are published, and the function that runs one of them."""

    s3: Any
    bucket: str
    functions: Any
    function: str | None
    root: Path | None
    """The local stack's folder; None on AWS."""

    @property
    def registry(self) -> BundleRegistry:
        return BundleRegistry(self.s3, self.bucket)

    def in_use(self) -> str | None:
        """The address of the bundle that the function is set to; None without a function."""
        if self.function is None:
            return None
        configuration = self.functions.get_function_configuration(FunctionName=self.function)
        return str(configuration["Environment"]["Variables"]["ADLENS_BUNDLE"])


@dataclass(frozen=True)
class Chosen:
    """A bundle: its address, as a function gets it, a folder with it here, and what its manifest may refer to."""

    address: str
    folder: Path
    variables: Mapping[str, str]

    @property
    def is_published(self) -> bool:
        return self.address.startswith("s3://")


def find_target(
    bucket: str | None, function: str | None = None, region: str | None = None, root: Path = DEFAULT_ROOT
) -> Target:
    """The bucket that was named or is set, else the running local stack's. Raises InvalidValue when there is none."""
    settings = CommandLineSettings()
    if bucket := bucket or settings.models_bucket:
        import boto3

        from adlens.storage.clients import s3_client

        s3 = s3_client(settings.s3_endpoint_url, "path" if settings.s3_endpoint_url else "auto")
        return Target(s3, bucket, boto3.client("lambda", region_name=region) if function else None, function, None)
    deployed = stack.running(root)
    if deployed is None:
        raise InvalidValue(
            "There is no model bucket: start the local stack with `adlens up`, or name a bucket with --bucket."
        )
    s3, functions = (stack.aws(service, root) for service in ("s3", "lambda"))
    return Target(s3, deployed.models_bucket, functions, function or deployed.analyze_function, root)


def find_bundle(asked: str, target: Target | None) -> Chosen:
    """A folder, a name below models/, an s3:// prefix, NAME/VERSION as published, or `promoted`.

    Raises InvalidBundle or InvalidValue.
    """
    if folder := bundle_folder(asked):
        return Chosen(str(folder), folder, {"weights": str(weights_folder())})
    target = target or find_target(None)
    if asked == PROMOTED:
        if (promotion := target.registry.promoted()) is None:
            raise InvalidValue("No bundle is promoted yet; `adlens models publish` promotes the first.")
        asked = f"{promotion.name}/{promotion.version}"
    if not asked.startswith("s3://"):
        name, _, version = asked.partition("/")
        try:
            asked = target.registry.uri(name, version)
        except InvalidValue as error:
            raise InvalidValue(
                f"{asked!r} is no folder with a {MANIFEST}; a published bundle is named NAME/VERSION."
            ) from error
    return Chosen(asked, fetch_bundle(target.s3, asked, BUNDLE_CACHE), {})


# --- verify ---------------------------------------------------------------------------------------------------------


def check(chosen: Chosen) -> Analysis:
    """What the bundle finds in one sample. Raises InvalidBundle when a file or an engine is not in order."""
    bundle = load_bundle(chosen.folder, THREADS, chosen.variables)
    picture = find_pictures([SAMPLES])[0]
    try:
        found = analyze_with(bundle, picture)
    except AdLensError:
        raise
    except Exception as error:  # engines come from libraries of all kinds, and a broken model breaks them in any way
        raise InvalidBundle(f"{chosen.address} does not run: {type(error).__name__}: {error}") from error
    if found.failure:
        raise InvalidBundle(f"{chosen.address} fails on {picture.name}: {found.failure}")
    return found


def analyze_with(bundle: Bundle, picture: Path) -> Analysis:
    from adlens.domain.settings import SETTING_KINDS
    from adlens.services.analyze_image import analyze_image

    dominant, secondary = (SETTING_KINDS[f"{role}_COLORS_COUNT"].default for role in ("DOMINANT", "SECONDARY"))
    return analyze_image(picture.read_bytes(), bundle, dominant, secondary)


def verify(asked: str, bucket: str | None) -> None:
    with _sentences():
        found = check(find_bundle(asked, find_target(bucket) if bucket else None))
    _print(_verification(found))
    print(f"{found.bundle.name} {found.bundle.version} is in order (checksum {found.bundle.checksum[:12]}).")


def _verification(found: Analysis) -> Any:
    from rich.table import Table

    saw = {
        Stage.OCR: f"{len(found.text or ())} lines",
        Stage.DETECTION: f"{len(found.detections.objects)} objects" if found.detections else "",
        Stage.CLASSIFICATION: f"{found.topic.topic} {found.topic.confidence:.0%}" if found.topic else "",
        Stage.COLOR: f"{len(found.palette or ())} colours",
    }
    table = Table("Stage", "Engine", "Found in a sample", "Seconds", header_style="bold")
    for run in found.stages:
        if run.state is StageState.NOT_AVAILABLE:
            table.add_row(run.stage, "none", "not available", "")
        else:
            table.add_row(run.stage, found.bundle.engines[run.stage], saw[run.stage], f"{run.seconds or 0:.2f}")
    if found.embedding:
        table.add_row(EMBEDDING, "", f"{len(found.embedding)} numbers", "")
    return table


# --- publish --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Publication:
    """`complaints` are why the version was not promoted, as far as nobody forced it."""

    name: str
    version: str
    is_new: bool
    metrics: Metrics
    complaints: Sequence[str]
    promotion: Promotion | None


def publish_bundle(folder: Path, target: Target, data_sets: Sequence[DataSet], forced: str = "") -> Publication:
    """Packs, checks, measures, stores and, when it is not worse than the promoted one or `forced` says why, promotes.

    Raises InvalidBundle when the bundle does not work, Conflict when this version is there with other content.
    """
    registry = target.registry
    chosen = find_bundle(str(folder), target)
    with tempfile.TemporaryDirectory() as temporary:
        packed = Chosen(chosen.address, pack(chosen.folder, chosen.variables, Path(temporary) / "bundle"), {})
        info = check(packed).bundle
        registry.uri(info.name, info.version)  # the names fit, or measuring would be for nothing
        metrics = evaluate_folder(packed.folder, THREADS, {}, data_sets)
        is_new = registry.publish(packed.folder, info.name, info.version)
    registry.write_metrics(info.name, info.version, metrics.dump().encode())

    before = registry.promoted()
    complaints: list[str] = []
    if before and before.checksum != info.checksum:
        complaints = worse(metrics_of(before, target, data_sets), metrics)
    promotion = None
    if forced or not complaints:
        promotion = registry.promote(info.name, info.version, info.checksum, forced if complaints else "")
    return Publication(info.name, info.version, is_new, metrics, complaints, promotion)


def metrics_of(promoted: Promotion, target: Target, data_sets: Sequence[DataSet]) -> Metrics:
    """What is known of the promoted bundle; where these data sets have changed since, it is measured on them now."""
    stored = target.registry.read(promoted.name, promoted.version, METRICS)
    known = Metrics.parse(stored.decode()) if stored else None
    changed = [data for data in data_sets if known is None or known.datasets.get(data.name) != data.digest]
    if known and not changed:
        return known
    chosen = find_bundle(f"{promoted.name}/{promoted.version}", target)
    anew = evaluate_folder(chosen.folder, THREADS, chosen.variables, changed)
    if known is None:
        return anew
    kept = tuple(row for row in known.rows if row.dataset not in anew.datasets)
    return replace(anew, datasets={**known.datasets, **anew.datasets}, rows=kept + anew.rows)


def publish(folder: str, creatives: Sequence[Path], forced: str, bucket: str | None) -> None:
    with _sentences():
        target = find_target(bucket)
        data_sets = [read_data_set(data) for data in [SAMPLES, *creatives]]
        done = publish_bundle(Path(folder), target, data_sets, forced.strip())
    title = f"{done.name} {done.version}"
    print(f"{title} is published." if done.is_new else f"{title} was published already, with the same content.")
    print(f"Measured: {headlines(done.metrics)}.")
    for complaint in done.complaints:
        print(f"Worse than the promoted one: {complaint}.")
    if done.promotion is None:
        print("It is not promoted. --force REASON promotes it all the same.", file=sys.stderr)
        raise typer.Exit(1)
    print(f"It is promoted{f', because {done.promotion.forced!r}' if done.promotion.forced else ''}.")


# --- use and list ---------------------------------------------------------------------------------------------------


def use(asked: str, bucket: str | None, function: str | None, region: str | None) -> None:
    with _sentences():
        target = find_target(bucket, function, region)
        found = use_bundle(find_bundle(asked, target), target)
    print(f"{target.function} uses {found.bundle.name} {found.bundle.version} from now on.")


def use_bundle(chosen: Chosen, target: Target) -> Analysis:
    """Sets the function to a bundle that was found to work."""
    if target.function is None:
        raise InvalidValue("Name the function that is to use the bundle with --function.")
    if target.root is None and not chosen.is_published:
        raise InvalidValue("A function on AWS does not see this machine's folders: publish the bundle first.")
    found = check(chosen)
    if target.root:
        stack.use_bundle(chosen.address, target.root, variables=stack_variables(chosen.address))
    else:
        stack.set_variable(target.functions, target.function, "ADLENS_BUNDLE", chosen.address)
    return found


def show(bucket: str | None, function: str | None, region: str | None) -> None:
    from rich.table import Table

    table = Table("Bundle", "Engines", "MB", "Published", "", "Measured", header_style="bold")
    with _sentences():
        if bucket or CommandLineSettings().models_bucket or stack.running():
            for row in published(find_target(bucket, function, region)):
                table.add_row(*row)
        else:
            print("The local stack does not run: published bundles are not shown.", file=sys.stderr)
        for row in in_checkout(choose_bundle(None)):
            table.add_row(*row)
    _print(table)


def published(target: Target) -> Iterator[tuple[str, ...]]:
    registry, used, promoted = target.registry, target.in_use(), target.registry.promoted()
    for found in registry.versions():
        metrics = registry.read(found.name, found.version, METRICS)
        marks = {
            PROMOTED: promoted and (promoted.name, promoted.version) == (found.name, found.version),
            "in use": used == registry.uri(found.name, found.version),
        }
        yield (
            f"{found.name}/{found.version}",
            _engines((registry.read(found.name, found.version, MANIFEST) or b"").decode()),
            f"{found.bytes / 1e6:.1f}",
            f"{found.published_at:%Y-%m-%d %H:%M}",
            ", ".join(mark for mark, holds in marks.items() if holds),
            headlines(Metrics.parse(metrics.decode())) if metrics else "",
        )
    if used and not used.startswith(f"s3://{target.bucket}/"):
        yield used, "", "", "", "in use", ""


def in_checkout(default: str) -> Iterator[tuple[str, ...]]:
    for manifest in sorted(MODELS.glob(f"*/{MANIFEST}")):
        folder = manifest.parent
        metrics = folder / METRICS
        yield (
            f"models/{folder.name}",
            _engines(manifest.read_text()),
            f"{sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()) / 1e6:.1f}",
            "",
            "default" if str(folder) == default else "",
            headlines(Metrics.parse(metrics.read_text())) if metrics.is_file() else "",
        )


def headlines(metrics: Metrics) -> str:
    """Such as "samples: text 0.93, objects 0.70, topic 0.96, sure 0.98"."""
    lines = []
    for dataset in metrics.datasets:
        figures = {
            (row.stage, row.metric): row.value
            for row in metrics.rows
            if (row.dataset, row.subset, row.by) == (dataset, ALL, "")
        }
        shown = [
            f"{title} {figures[stage, metric]:.2f}" for title, stage, metric in HEADLINES if (stage, metric) in figures
        ]
        lines.append(f"{dataset}: {', '.join(shown) or 'nothing'}")
    return "; ".join(lines)


def _engines(manifest: str) -> str:
    stages = tomllib.loads(manifest)
    return ", ".join(str(stage["engine"]) for stage in stages.values() if isinstance(stage, dict))


def _print(table: Any) -> None:
    from rich.console import Console

    Console().print(table)


@contextmanager
def _sentences() -> Iterator[None]:
    """Prints an error as a sentence and exits with status 1."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (AdLensError, LocalStackError, BotoCoreError, ClientError) as error:
        print(f"adlens: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
