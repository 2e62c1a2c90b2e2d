"""The wheel carries the engine: a binary that was built before, or one that Go builds now."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent
# The engine's source: beside the package in an sdist, above it in a checkout.
SOURCE = HERE / "engine" if (HERE / "engine").is_dir() else HERE.parents[1]

# Tags of wheels by GOOS/GOARCH. The binary is static, so it runs with any C library of Linux; Go 1.26 needs
# Linux 3.2, macOS 12 and Windows 10.
TAGS = {
    "linux/amd64": "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    "linux/arm64": "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    "darwin/amd64": "macosx_12_0_x86_64",
    "darwin/arm64": "macosx_12_0_arm64",
    "windows/amd64": "win_amd64",
    "windows/arm64": "win_arm64",
}


def version() -> str:
    """The version of the engine, which is the package's too."""
    text = (SOURCE / "fusor.go").read_text()
    found = re.search(r'^\s*(?:const )?Version\s*=\s*"(\d[^"]*)"', text, re.M)
    if not found:
        raise ValueError("fusor.go has no version")
    return re.sub(r"-(?:dev|pre)$", ".dev0", found[1])


class CustomBuildHook(BuildHookInterface):
    """Puts the binary into a wheel, and the engine's source into an sdist."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "sdist":
            build_data["force_include"].update(self._sources())
        elif version == "editable":
            return  # it takes the binary of FUSOR_BINARY or PATH
        else:
            platform, binary = self._binary()
            name = "fusor.exe" if platform.startswith("windows/") else "fusor"
            build_data["shared_scripts"][str(binary)] = name
            build_data["tag"] = f"py3-none-{TAGS[platform]}"
            build_data["pure_python"] = False

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_folder"):
            shutil.rmtree(self._folder)

    def _sources(self) -> dict[str, str]:
        """The files of the engine that a build needs: no tests, no data of tests."""
        if SOURCE != HERE.parents[1]:  # an sdist of an sdist
            return {str(SOURCE): "engine"}
        wanted = ["*.go", "*.s", "go.mod", "go.sum", "LICENSE", *EMBEDDED]
        listed = subprocess.run(["git", "ls-files", "-z", "--", *wanted], cwd=SOURCE, check=True, capture_output=True, text=True)
        skip = re.compile(r"_test\.go$|(^|/)testdata/|^(compat|test|tools|bindings)/|(^|/)_asm/")
        return {str(SOURCE / p): f"engine/{p}" for p in listed.stdout.split("\0") if p and not skip.search(p)}

    def _binary(self) -> tuple[str, Path]:
        """The platform of the wheel, GOOS/GOARCH, and its binary: one that is named, or one that Go builds."""
        go = shutil.which("go")
        platform, named = os.environ.get("FUSOR_WHEEL_PLATFORM"), os.environ.get("FUSOR_WHEEL_BINARY")
        if go is None and not (platform and named):
            raise RuntimeError("the engine is built with Go, and there is none: install Go 1.26, or a wheel of this platform")
        if not platform:
            out = subprocess.run([go, "env", "GOOS", "GOARCH"], check=True, capture_output=True, text=True)
            platform = "/".join(out.stdout.split())
        if named:
            return platform, Path(named).resolve()
        self._folder = tempfile.mkdtemp()
        binary = Path(self._folder) / "fusor"
        flags = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="]
        goos, goarch = platform.split("/")
        env = {**os.environ, "CGO_ENABLED": "0", "GOOS": goos, "GOARCH": goarch}
        subprocess.run([go, "build", *flags, "-o", str(binary), "./cmd/fusor"], cwd=SOURCE, check=True, env=env)
        return platform, binary


# What the engine embeds beside its code.
EMBEDDED = ["report/*.css", "serve/page/*", "internal/lang/zh/*.po"]
