"""Modules that are imported only when somebody uses them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from adlens.vision.deferred import deferred


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`library` takes a function and a whole module of `heavy`."""
    (tmp_path / "heavy.py").write_text("LOADED = True\ndef twice(number):\n    return 2 * number\n")
    (tmp_path / "library.py").write_text("import heavy\nfrom heavy import twice\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("heavy", "library"):
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.mark.usefixtures("library")
def test_a_module_is_imported_with_its_first_use() -> None:
    with deferred("heavy"):
        import library
    assert "heavy" not in sys.modules
    assert library.twice(21) == 42
    assert sys.modules["heavy"].LOADED
    assert library.heavy.LOADED


@pytest.mark.usefixtures("library")
def test_what_is_there_already_stays() -> None:
    import heavy

    with deferred("heavy"):
        import library
    assert library.heavy is heavy is sys.modules["heavy"]


def test_a_package_may_wait_with_what_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "__init__.py").touch()
    (tmp_path / "large" / "part.py").write_text("def twice(number):\n    return 2 * number\n")
    (tmp_path / "asks.py").write_text("import large.part as part\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with deferred("large", "large.part"):
        import asks
    assert not {"large", "large.part"} & sys.modules.keys()
    assert asks.part.twice(21) == 42


@pytest.mark.usefixtures("library")
def test_an_import_that_fails_leaves_no_stand_in() -> None:
    with pytest.raises(ZeroDivisionError), deferred("heavy"):
        raise ZeroDivisionError
    assert "heavy" not in sys.modules


def test_a_palette_needs_no_statistics_and_leaves_them_to_others() -> None:
    code = (
        "import sys; import numpy as np; from adlens.vision.palette import cluster\n"
        "pixels = np.random.default_rng(0).integers(0, 256, (500, 3), dtype=np.uint8)\n"
        "assert len(cluster(pixels, 6)[0]) == 6\n"
        "print([name for name in ('scipy.stats', 'scipy.optimize', 'numpy.f2py', 'pandas') if name in sys.modules])\n"
        "from sklearn.cluster import DBSCAN, KMeans\n"
        "assert len(DBSCAN(eps=100).fit(pixels.astype(float)).labels_) == 500\n"
        "from sklearn.preprocessing import QuantileTransformer\n"
        "import scipy.stats\n"
        "assert scipy.stats.norm.cdf(0) == 0.5\n"
        "assert np.f2py.__version__\n"
        "QuantileTransformer(n_quantiles=5, output_distribution='normal').fit_transform(pixels[:9].astype(float))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
