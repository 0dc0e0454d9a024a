"""What ships compiled is what contracts/ says."""

import subprocess
import sys
from pathlib import Path

import pytest

from zkchain.errors import GuardFailed, SolidityError
from zkchain.solidity import artifacts
from zkchain.solidity.artifacts import ARTIFACTS, load_artifact
from zkchain.solidity.generated import body_of, with_header
from zkchain.solidity.limits import MAX_RUNTIME_BYTES

ROOT = Path(__file__).resolve().parents[3]
GENERATED = ROOT / "contracts" / "generated"


def test_every_shipped_artefact_is_what_its_source_compiles_to() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "build_contracts.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ARTIFACTS)
def test_a_shipped_contract_loads_and_fits_the_chain(name: str) -> None:
    artifact = load_artifact(name)
    assert artifact.name == name
    assert 0 < len(artifact.deployed_bytecode) <= MAX_RUNTIME_BYTES
    assert len(artifact.bytecode) <= 2 * MAX_RUNTIME_BYTES
    assert artifact.abi


def instructions(code: bytes) -> set[int]:
    """The instructions of runtime code, without the data that PUSH takes and the metadata behind."""
    found, at, end = set(), 0, len(code) - int.from_bytes(code[-2:], "big") - 2
    while at < end:
        found.add(code[at])
        at += code[at] - 0x5F + 1 if 0x60 <= code[at] <= 0x7F else 1
    return found


@pytest.mark.parametrize("name", ARTIFACTS)
def test_no_contract_lends_its_storage_or_goes_away(name: str) -> None:
    """T44: no proxies, so no CALLCODE and no DELEGATECALL; T20: nor SELFDESTRUCT."""
    assert not {0xF2, 0xF4, 0xFF} & instructions(load_artifact(name).deployed_bytecode)


def test_nothing_else_ships() -> None:
    folder = Path(artifacts.__file__).parent / "artifacts"
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.json" for name in ARTIFACTS)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SolidityError, match="known: CreditGate"):
        load_artifact("../../../etc/passwd")


def test_a_damaged_artefact_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "artifacts").mkdir()
    monkeypatch.setattr(artifacts, "files", lambda _: tmp_path)
    for text in ("", "{", '{"name": "CreditGate"}', '{"name": 7, "abi": [], "bytecode": "0x"}'):
        (tmp_path / "artifacts" / "CreditGate.json").write_text(text)
        with pytest.raises(SolidityError, match="cannot be read"):
            load_artifact("CreditGate")


@pytest.mark.parametrize("path", sorted(GENERATED.glob("*.sol")), ids=lambda path: path.name)
def test_generated_solidity_is_untouched(path: Path) -> None:
    assert "guarded by zkchain" in path.read_text(encoding="utf-8").splitlines()[0]
    body_of(path.read_text(encoding="utf-8"))


def test_an_edit_of_generated_solidity_is_noticed() -> None:
    text = with_header("contract A {}\n", engine="1.2.3")
    assert body_of(text) == "contract A {}\n"
    for changed in (text + "\n", text.replace("contract A", "contract B"), "\n".join(text.split("\n")[2:]), ""):
        with pytest.raises(GuardFailed):
            body_of(changed)
