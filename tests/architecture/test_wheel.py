"""The wheel holds the package, whole, and nothing else; the program it installs is there."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import zkchain

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    code = f"from hatchling.build import build_wheel; build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, timeout=120)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def in_the_tree(*folders: str) -> set[str]:
    """Files that git knows, or would take, below `folders`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


def test_the_top_level_is_the_package_and_its_metadata(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"zkchain", f"zkchain-{zkchain.__version__}.dist-info"}


def test_every_file_of_the_package_is_in_it_and_no_other(wheel):
    shipped = {name for name in wheel.namelist() if name.startswith("zkchain/")}
    assert shipped == in_the_tree("zkchain")


def test_what_is_read_at_run_time_is_in_it(wheel):
    """A pip user has no compiler: contracts, typing mark and the tour's model must come along."""
    names = set(wheel.namelist())
    assert "zkchain/py.typed" in names
    assert {"zkchain/pipeline/data/model.onnx", "zkchain/circuit/ceremony.json"} <= names
    for contract in (
        "ModelRegistry",
        "InferenceGateway",
        "Halo2Adapter",
        "ReusableHalo2Adapter",
        "Halo2VerifierReusable",
    ):
        assert f"zkchain/solidity/artifacts/{contract}.json" in names


def test_the_command_and_the_licence_are_in_its_metadata(wheel):
    info = f"zkchain-{zkchain.__version__}.dist-info"
    assert "zkchain = zkchain.cli.main:main" in wheel.read(f"{info}/entry_points.txt").decode()
    assert f"{info}/licenses/LICENSE" in wheel.namelist()
    assert f"Version: {zkchain.__version__}\n" in wheel.read(f"{info}/METADATA").decode()
