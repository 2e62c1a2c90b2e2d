"""Wheels install, of this platform and of others; two builds make the same bytes; the sdist builds with Go."""

import hashlib
import os
import shutil
import struct
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


def elf(data):
    """The word size, the kind of file and the machine of an ELF header."""
    assert data[:4] == b"\x7fELF" and data[5] == 1  # little-endian
    return data[4], *struct.unpack_from("<HH", data, 16)


def mach(data):
    """The CPU and the kind of a 64-bit Mach-O file, and the major version of macOS that it wants."""
    magic, cpu, _, kind, commands, _, _, _ = struct.unpack_from("<8I", data)
    assert magic == 0xFEEDFACF
    at, needs = 32, None
    for _ in range(commands):
        command, size, _, version = struct.unpack_from("<4I", data, at)
        if command == 0x32:  # LC_BUILD_VERSION
            needs = version >> 16
        at += size
    return cpu, kind, needs


def pe(data):
    """The machine, the format of the optional header and the subsystem of a PE file."""
    at = struct.unpack_from("<I", data, 0x3C)[0]
    assert data[:2] == b"MZ" and data[at : at + 4] == b"PE\0\0"
    return struct.unpack_from("<H", data, at + 4)[0], *(struct.unpack_from("<H", data, at + 24 + k)[0] for k in (0, 68))


X86_64, ARM64, EXECUTABLE, CONSOLE = 0x01000007, 0x0100000C, 2, 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("platform", "tags", "header", "want"),
    [
        ("linux/arm64", ["manylinux2014_aarch64", "manylinux_2_17_aarch64", "musllinux_1_1_aarch64"], elf, (2, EXECUTABLE, 183)),
        ("darwin/amd64", ["macosx_12_0_x86_64", "macosx_14_0_x86_64"], mach, (X86_64, EXECUTABLE, 12)),
        ("darwin/arm64", ["macosx_12_0_arm64", "macosx_15_0_arm64"], mach, (ARM64, EXECUTABLE, 12)),
        ("windows/amd64", ["win_amd64"], pe, (0x8664, 0x20B, CONSOLE)),
    ],
    ids=lambda p: p if isinstance(p, str) else "",
)
def test_foreign(tmp_path, platform, tags, header, want):
    """pip takes a cross-built wheel for its platforms, and for no other, and unpacks a program of theirs."""
    host()
    wheel = build(tmp_path, "wheel", FUSOR_WHEEL_PLATFORM=platform)
    assert wheel.stat().st_size <= 12_000_000
    for tag in tags:
        assert install(wheel, tmp_path / tag, tag).returncode == 0, tag
        (program,) = (tmp_path / tag / "bin").iterdir()
        assert program.name == ("fusor.exe" if platform.startswith("windows") else "fusor") and os.access(program, os.X_OK)
        assert header(program.read_bytes()) == want
        assert (tmp_path / tag / "fusor" / "py.typed").exists()
    for tag in ("manylinux2014_x86_64", "macosx_11_0_arm64", "macosx_11_0_x86_64", "win32"):
        refused = install(wheel, tmp_path / tag, tag)
        assert refused.returncode != 0 and "not a supported wheel on this platform" in refused.stderr, tag


def install(wheel, folder, tag):
    args = ["install", "-q", "--platform", tag, "--only-binary=:all:", "--no-deps", "--no-index", "--no-compile", "--target", folder, wheel]
    return subprocess.run([sys.executable, "-m", "pip", *args], capture_output=True, text=True)


@pytest.mark.skipif(not CHECKOUT, reason="an sdist is made in the repository")
def test_sdist(tmp_path):
    sdist = build(tmp_path, "sdist")
    host()
    shutil.unpack_archive(sdist, tmp_path)
    source = next(p for p in tmp_path.iterdir() if p.is_dir())
    assert not list(source.glob("engine/**/*_test.go")) and (source / "engine" / "go.mod").exists()
    wheel = build(tmp_path / "out", "wheel", source)
    assert wheel.stat().st_size <= 12_000_000
