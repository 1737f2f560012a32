"""Where things lie."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCAL = ROOT / "deploy" / "local"
TOCSIN = pathlib.Path(
    os.environ.get("TOCSIN") or ROOT / "build" / "asan" / "tocsin").resolve()
