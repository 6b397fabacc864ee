"""Which bundle a command takes: by name, by folder, by address, or the best that is here."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from adlens.domain.errors import InvalidBundle
from adlens_cli import bundles
from adlens_cli.bundles import check_bundle, choose_bundle
from adlens_cli.main import app
from adlens_cli.models import find_target
from adlens_cli.places import MODELS
from local import stack


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A working folder without settings and bundles."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ADLENS_BUNDLE", raising=False)


def test_a_bundle_goes_by_name_folder_or_address(tmp_path: Path) -> None:
    assert choose_bundle("base") == str(MODELS / "base")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "manifest.toml").touch()
    assert choose_bundle("mine") == str(tmp_path / "mine")
    assert choose_bundle("s3://models/compact/1") == "s3://models/compact/1"
    assert choose_bundle(None) == str(MODELS / "compact")


def test_what_is_set_counts_as_if_it_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADLENS_BUNDLE", "base")
    assert choose_bundle(None) == str(MODELS / "base")
    assert choose_bundle("compact") == str(MODELS / "compact")


def test_a_bundle_that_is_not_here_is_said_with_those_that_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundles, "MODELS", tmp_path / "models")
    (tmp_path / "models" / "compact").mkdir(parents=True)
    (tmp_path / "models" / "compact" / "manifest.toml").touch()
    with pytest.raises(InvalidBundle, match=r"no model bundle 'tiny': .* models/ has compact\."):
        choose_bundle("tiny")
    for asked in ("upstream", "models/upstream", str(tmp_path / "models" / "upstream")):
        with pytest.raises(InvalidBundle, match="`make models` builds it"):
            choose_bundle(asked)


def test_an_incomplete_bundle_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "manifest.toml").write_text('name = "half"')
    with pytest.raises(InvalidBundle, match="lacks 'version'"):
        check_bundle(str(tmp_path))
    monkeypatch.setattr(stack, "up", lambda **_: pytest.fail("the stack was started"))
    monkeypatch.setattr(stack, "chosen_bundle", lambda: None)
    for command in (["up", "--no-web"], ["demo", "--oneshot", str(MODELS.parent / "samples")]):
        for asked, reason in (str(tmp_path), "lacks 'version'"), ("nothing", "no model bundle 'nothing'"):
            done = CliRunner().invoke(app, [*command, "--bundle", asked])
            assert done.exit_code == 1
            assert reason in done.output


def test_the_function_that_is_to_use_a_bundle_is_in_the_region_that_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    place = find_target("models", "adlens-aws-analyze", "eu-central-1")
    assert (place.function, place.functions.meta.region_name) == ("adlens-aws-analyze", "eu-central-1")
