"""The pages of a build take the address that they are opened at."""

from pathlib import Path

import pytest

from adlens_web.production import BuildError, SameOrigin


def write(folder: Path, text: str) -> Path:
    file = folder / "assets" / "reflex-env-BVGF6eGS.js"
    file.parent.mkdir()
    file.write_text(text)
    return file


@pytest.mark.parametrize("quote", list("`\"'"))
def test_addresses_become_the_pages_own(tmp_path: Path, quote: str) -> None:
    told = "var e={PING:`http://localhost:8000/ping`,EVENT:`ws://localhost:8000/_event`,TRANSPORT:`websocket`};"
    file = write(tmp_path, told.replace("`", quote))
    SameOrigin().post_build(static_dir=tmp_path)
    expected = (
        f'var e={{PING:location.origin+"/ping",EVENT:location.origin+"/_event",TRANSPORT:{quote}websocket{quote}}};'
    )
    assert file.read_text() == expected


def test_a_build_without_addresses_to_take_is_no_build(tmp_path: Path) -> None:
    write(tmp_path, "var e={TRANSPORT:`websocket`};")
    with pytest.raises(BuildError, match="no known backend address"):
        SameOrigin().post_build(static_dir=tmp_path)
