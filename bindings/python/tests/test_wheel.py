"""The wheel installs into an empty environment; two builds make the same bytes; the sdist builds with Go."""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from fusor import find_binary

PACKAGE = Path(__file__).resolve().parents[1]
CHECKOUT = (PACKAGE.parents[1] / ".git").exists()


def build(folder, target, source=PACKAGE, **env):
    pytest.importorskip("hatchling")
    args = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder]
    subprocess.run(args, cwd=source, check=True, env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000", **env})
    return next(Path(folder).glob("*.whl" if target == "wheel" else "*.tar.gz"))


def host():
    if shutil.which("go") is None:
        pytest.skip("Go is not there")
    return "/".join(subprocess.run(["go", "env", "GOOS", "GOARCH"], check=True, capture_output=True, text=True).stdout.split())


def test_wheel(tmp_path):
    env = {"FUSOR_WHEEL_PLATFORM": host(), "FUSOR_WHEEL_BINARY": find_binary()}
    wheel = build(tmp_path / "a", "wheel", **env)
    again = build(tmp_path / "b", "wheel", **env)
    assert wheel.name.startswith("fusor-") and "-py3-none-" in wheel.name and wheel.stat().st_size <= 12_000_000
    assert hashlib.sha256(wheel.read_bytes()).digest() == hashlib.sha256(again.read_bytes()).digest()
    if shutil.which("twine"):
        subprocess.run(["twine", "check", "--strict", wheel], check=True)
    venv.create(tmp_path / "venv", with_pip=True)
    bin = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    clean = {k: v for k, v in os.environ.items() if k not in ("FUSOR_BINARY", "PYTHONPATH")}
    # What it requires is that of this environment: the test is of the package, not of the network.
    subprocess.run([bin / "python", "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel], check=True, env=clean)
    subprocess.run([bin / "fusor", "version"], check=True, env=clean)
    requires = os.pathsep.join(p for p in sys.path if p.endswith("site-packages"))
    code = "import fusor, numpy as np; X = np.eye(40, 3); print(fusor.__file__, fusor.find_binary(), len(fusor.FusorClassifier(epochs=2).fit(X, X[:, 0] + [0, 1] * 20 > 0.5).predict(X)))"
    out = subprocess.run([bin / "python", "-c", code], check=True, env={**clean, "PYTHONPATH": requires}, capture_output=True, text=True).stdout.split()
    assert out[0].startswith(str(tmp_path)) or not CHECKOUT and out[2] == "40", out
    assert out[1].startswith(str(tmp_path)) and out[2] == "40", out


@pytest.mark.skipif(not CHECKOUT, reason="an sdist is made in the repository")
def test_sdist(tmp_path):
    sdist = build(tmp_path, "sdist")
    host()
    shutil.unpack_archive(sdist, tmp_path)
    source = next(p for p in tmp_path.iterdir() if p.is_dir())
    assert not list(source.glob("engine/**/*_test.go")) and (source / "engine" / "go.mod").exists()
    wheel = build(tmp_path / "out", "wheel", source)
    assert wheel.stat().st_size <= 12_000_000
