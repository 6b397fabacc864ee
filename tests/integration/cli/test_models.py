"""`adlens models` on a real LocalStack: versions that do not change, promotion, and a stack that takes a new bundle."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from adlens.domain.errors import Conflict, InvalidBundle
from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.storage.bundles import fetch_bundle
from adlens_cli.client import Client
from adlens_cli.main import app
from adlens_cli.models import Target, check, find_bundle, find_target, publish_bundle, use_bundle
from evaluation.labels import DataSet, read_data_set
from local import stack
from local.deployment import Deployment
from local.services.localstack import LocalStack
from local.state import State

MANIFEST = """# A bundle for tests.
name = "fake"
version = "1"

[ocr]
engine = "fake-text"

[detection]
engine = "fake-objects"

[classification]
engine = "fake-topic"
limits = "It guesses."
"""


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    # not pytest's folder: every run closes that to other users, and root's PostgreSQL runs as one
    with tempfile.TemporaryDirectory(prefix="adlens-test-") as folder:
        yield Path(folder) / "state"
        stack.down(Path(folder) / "state")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("fake"), MANIFEST)


@pytest.fixture(scope="module")
def deployed(root: Path, first: Path) -> Deployment:
    return stack.up(root, durable=False, variables={"ADLENS_LOCAL_BUNDLE": str(first)})


@pytest.fixture
def place(root: Path, deployed: Deployment) -> Target:
    return find_target(None, root=root)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    folder = tmp_path_factory.mktemp("labelled")
    Image.new("RGB", (60, 40), "red").save(folder / "a.png")
    label = {"file": "a.png", "topic": "cups", "object": "cup", "text": "SALE", "language": "en"}
    (folder / "labels.json").write_text(json.dumps([label]))
    return read_data_set(folder)


@pytest.fixture
def command(place: Target, root: Path, deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`adlens models` as it is used on AWS, with a bucket and credentials: LocalStack answers."""
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(LocalStack(State.at(root)).credentials))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", deployed.endpoint_url)
    monkeypatch.setenv("ADLENS_S3_ENDPOINT_URL", deployed.endpoint_url)
    monkeypatch.setenv("ADLENS_MODELS_BUCKET", deployed.models_bucket)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(app, ["models", *map(str, arguments)])


def write(folder: Path, manifest: str, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "manifest.toml").write_text(manifest)
    for name, content in files.items():
        (folder / name).write_text(content)
    return folder


def version(folder: Path, number: int, manifest: str = MANIFEST, **files: str) -> Path:
    return write(folder / str(number), manifest.replace('version = "1"', f'version = "{number}"'), **files)


def promoted(place: Target) -> str:
    found = place.registry.promoted()
    assert found
    return f"{found.name}/{found.version}"


def test_the_first_bundle_is_promoted_and_published_once(place: Target, first: Path, data: DataSet) -> None:
    done = publish_bundle(first, place, [data])
    assert (done.is_new, done.complaints, promoted(place)) == (True, [], "fake/1")
    again = publish_bundle(first, place, [data])
    assert (again.is_new, again.complaints, promoted(place)) == (False, [], "fake/1")
    stored = place.registry.read("fake", "1", "metrics.json")
    assert stored
    assert json.loads(stored)["datasets"] == {data.name: data.digest}
    assert check(find_bundle("promoted", place)).bundle.checksum == done.promotion.checksum


def test_a_published_version_does_not_change(place: Target, first: Path, data: DataSet, tmp_path: Path) -> None:
    publish_bundle(first, place, [data])
    for changed in (
        write(tmp_path / "a", MANIFEST + "\n# other\n"),
        write(tmp_path / "b", MANIFEST, notice="other"),
    ):
        with pytest.raises(Conflict, match="new version"):
            publish_bundle(changed, place, [data])
    publish_bundle(version(tmp_path, 5, notice="as it was"), place, [data], forced="for the test")
    with pytest.raises(Conflict, match="do not change"):
        publish_bundle(version(tmp_path, 5, notice="as it is"), place, [data])
    assert place.registry.read("fake", "5", "notice") == b"as it was"


def test_what_an_interrupted_publication_left_is_not_taken_over(place: Target, data: DataSet, tmp_path: Path) -> None:
    place.s3.put_object(Bucket=place.bucket, Key="fake/6/notice", Body=b"somebody else's")
    with pytest.raises(Conflict):
        publish_bundle(version(tmp_path, 6, notice="ours"), place, [data])
    assert "6" not in {found.version for found in place.registry.versions()}


def test_a_worse_bundle_is_published_but_takes_over_only_by_force(
    place: Target, first: Path, data: DataSet, tmp_path: Path
) -> None:
    publish_bundle(first, place, [data], forced="start of the test")
    worse = version(tmp_path, 2, MANIFEST[: MANIFEST.index("[classification]")])
    before = promoted(place)
    refused = publish_bundle(worse, place, [data])
    assert refused.is_new
    assert refused.promotion is None
    assert any("accuracy of classification" in complaint for complaint in refused.complaints)
    assert promoted(place) == before
    done = publish_bundle(worse, place, [data], forced="topics come from elsewhere")
    assert done.promotion == place.registry.promoted()
    assert (done.promotion.forced, done.promotion.replaced) == ("topics come from elsewhere", before)


def test_two_who_promote_at_once_do_not_both_win(place: Target, first: Path, data: DataSet) -> None:
    publish_bundle(first, place, [data], forced="start of the test")
    registry, get = place.registry, place.registry._get

    def get_before_somebody_else_promotes(key: str) -> Any:
        answer = get(key)
        place.registry.promote("fake", "1", "0" * 64, "meanwhile")
        return answer

    registry._get = get_before_somebody_else_promotes
    with pytest.raises(Conflict, match="just promoted"):
        registry.promote("fake", "1", "1" * 64)


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "${weights}/x"])
def test_a_bundle_of_the_store_reaches_nothing_outside(place: Target, tmp_path: Path, path: str) -> None:
    manifest = f'name = "evil"\nversion = "1"\n[detection.files.model]\npath = "{path}"\n'
    place.s3.put_object(Bucket=place.bucket, Key="evil/1/manifest.toml", Body=manifest.encode())
    with pytest.raises(InvalidBundle, match="not in it"):
        fetch_bundle(place.s3, f"s3://{place.bucket}/evil/1", tmp_path)
    place.s3.delete_object(Bucket=place.bucket, Key="evil/1/manifest.toml")


def test_the_stack_takes_a_bundle_while_it_runs_and_keeps_it(
    root: Path, place: Target, deployed: Deployment, data: DataSet, tmp_path: Path
) -> None:
    publish_bundle(version(tmp_path, 7), place, [data], forced="for the test")
    server = stack.status(root)[1].pid
    assert analysed(deployed, tmp_path, "red")["models"]["version"] == "1"

    found = use_bundle(find_bundle("fake/7", place), place)

    models = analysed(deployed, tmp_path, "blue")["models"]
    assert (models["name"], models["version"], models["checksum"]) == ("fake", "7", found.bundle.checksum)
    health = Client(deployed.api_url, "").get("/health")["models"]
    assert health["detail"] == "fake 7"
    assert health["stages"]["classification"]["limits"] == "It guesses."
    assert place.in_use() == f"s3://{place.bucket}/fake/7"
    assert stack.chosen_bundle(root) == place.in_use()
    assert ("models", True, place.in_use()) in [(part.name, part.running, part.detail) for part in stack.status(root)]
    assert stack.status(root)[1].pid == server


def test_a_bundle_that_does_not_run_is_not_taken(place: Target, tmp_path: Path) -> None:
    before = place.in_use()
    manifest = MANIFEST + '[detection.files.model]\npath = "x.onnx"\nsha256 = "0"\n'
    broken = write(tmp_path / "broken", manifest.replace("fake-objects", "yolov8-onnx"))
    with pytest.raises(InvalidBundle):
        use_bundle(find_bundle(str(broken), place), place)
    assert place.in_use() == before


def test_the_commands(command: Callable[..., Any], place: Target, first: Path, data: DataSet, tmp_path: Path) -> None:
    publish_bundle(first, place, [data], forced="start of the test")
    used = command("use", "fake/1", "--function", place.function)
    assert used.exit_code == 0, used.output
    assert place.in_use() == f"s3://{place.bucket}/fake/1"
    shown = command("list", "--function", place.function)
    assert shown.exit_code == 0, shown.output
    (row,) = [line for line in shown.output.splitlines() if "fake/1 " in line]
    assert "promoted, in use" in row
    assert "fake-text" in row
    assert f"{data.name}: text" in shown.output
    assert "models/base" in shown.output
    verified = command("verify", "fake/1")
    assert verified.exit_code == 0, verified.output
    assert "fake 1 is in order" in verified.output

    for arguments, reason in (
        (["verify", "fake/99"], "no model bundle at"),
        (["verify", "../secrets/1"], "NAME/VERSION"),
        (["verify", "nothing"], "NAME/VERSION"),
        (["use", "fake/1"], "--function"),
        (["use", first, "--function", "f"], "publish the bundle first"),
        (["use", "fake/1", "--function", "none-such"], "not found"),
        (["publish", tmp_path / "nowhere"], "NAME/VERSION"),
    ):
        failed = command(*arguments)
        assert failed.exit_code == 1, arguments
        assert reason in " ".join(failed.output.split()), failed.output
        assert "Traceback" not in failed.output


def analysed(deployed: Deployment, folder: Path, color: str) -> dict[str, Any]:
    """A creative of this colour as the API shows it once it has been analysed."""
    workspaces = PostgresWorkspaces(make_engine(deployed.database_url))
    workspace = workspaces.create(f"of {color}")
    _, key = workspaces.create_key(workspace.id, "test")
    client = Client(deployed.api_url, key)
    Image.new("RGB", (60, 40), color).save(folder / f"{color}.png")
    _, sent, refused = client.upload([folder / f"{color}.png"], lambda path: None)
    assert not refused
    deadline = time.monotonic() + 120
    while (creative := client.get(f"/creatives/{next(iter(sent))}"))["overall_status"] not in {"SUCCESS", "ERROR"}:
        assert time.monotonic() < deadline, creative
        time.sleep(0.2)
    return creative
