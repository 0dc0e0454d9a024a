"""Records on disk: what is written is read back, what was tampered with is refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from zkchain.chain.deployment_record import DeploymentRecord
from zkchain.chain.deployments import find_deployments, list_deployments, read_deployment, write_deployment
from zkchain.errors import DeploymentCorrupt, DeploymentNotFound
from zkchain.records import Deployment, Network
from zkchain.solidity.artifacts import load_artifact
from zkchain.values import Address, keccak_of

LOCAL = Network(name="local", rpc_url="http://127.0.0.1:1", chain_id=31337)
ADDRESS = Address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
ARTIFACT = load_artifact("InferenceGateway")


def record(name: str = "Gateway", **facts: object) -> DeploymentRecord:
    deployment = Deployment(
        name=name,
        chain_id=31337,
        address=ADDRESS,
        code_hash=keccak_of(b"code"),
        code_bytes=4,
        gas_used=100,
        tx_hash="0x" + "11" * 32,
        block=3,
        status="confirmed",
    )
    args = (ADDRESS, b"\x01\x02", 2**60, [1, (2, b"")])
    return DeploymentRecord.of(deployment, ARTIFACT, args=args, receipt={"blockNumber": "0x3"}, facts=facts)


def file_of(root: Path, name: str = "Gateway") -> Path:
    return root / "local" / f"{name}.json"


def test_a_record_is_read_back(tmp_path: Path):
    written = record(circuit="0xaa", nested={"a": [1, None]})
    path = write_deployment(tmp_path, LOCAL, written)
    assert path == file_of(tmp_path)
    found = read_deployment(tmp_path, LOCAL, "Gateway")
    assert found == replace(written, args=(ADDRESS, "0x0102", str(2**60), [1, [2, "0x"]]))
    assert (tmp_path / "local" / ".chainId").read_text() == "31337"


def test_other_tools_find_what_they_expect(tmp_path: Path):
    """Keys of hardhat-deploy's format."""
    document = json.loads(write_deployment(tmp_path, LOCAL, record()).read_text())
    assert set(document) == {
        "address",
        "abi",
        "transactionHash",
        "receipt",
        "args",
        "numDeployments",
        "solcInputHash",
        "bytecode",
        "deployedBytecode",
        "zkchain",
    }
    assert document["address"] == ADDRESS
    assert document["bytecode"].startswith("0x6")
    source = tmp_path / "local" / "solcInputs" / f"{document['solcInputHash']}.json"
    assert json.loads(source.read_text())["language"] == "Solidity"


def test_deploying_again_is_counted(tmp_path: Path):
    first = record()
    for count in (1, 2, 3):
        again = replace(first, deployment=replace(first.deployment, tx_hash=f"0x{count:064x}"))
        for facts in ({}, {"model_id": "0x1"}):  # what is learnt later is written over it
            write_deployment(tmp_path, LOCAL, replace(again, facts=facts))
            assert read_deployment(tmp_path, LOCAL, "Gateway").count == count


@pytest.mark.parametrize("status", ["planned", "sent", "retired", "else"])
def test_only_what_was_confirmed_is_relied_on(tmp_path: Path, status: str):
    path = write_deployment(tmp_path, LOCAL, record())
    document = json.loads(path.read_text())
    document["zkchain"]["status"] = status
    path.write_text(json.dumps(document))
    with pytest.raises(DeploymentCorrupt, match=status):
        read_deployment(tmp_path, LOCAL, "Gateway")


def test_records_are_listed_and_found_by_facts(tmp_path: Path):
    assert list_deployments(tmp_path, LOCAL) == ()
    write_deployment(tmp_path, LOCAL, record("B", circuit="0x1"))
    write_deployment(tmp_path, LOCAL, record("A", circuit="0x2", role="model"))
    file_of(tmp_path, "Token").write_text(json.dumps({"address": ADDRESS, "abi": []}))  # made by another tool
    assert [item.deployment.name for item in list_deployments(tmp_path, LOCAL)] == ["A", "B"]
    write_deployment(tmp_path, LOCAL, record("C", circuit="0x1"))
    assert [found.deployment.name for found in find_deployments(tmp_path, LOCAL, circuit="0x1")] == ["B", "C"]
    assert [found.deployment.name for found in find_deployments(tmp_path, LOCAL, role="model")] == ["A"]
    with pytest.raises(DeploymentNotFound, match="circuit 0x3"):
        find_deployments(tmp_path, LOCAL, circuit="0x3")
    with pytest.raises(DeploymentNotFound):
        find_deployments(tmp_path, LOCAL, circuit="0x1", role="model")


def test_a_missing_record_is_not_found(tmp_path: Path):
    with pytest.raises(DeploymentNotFound, match="Gateway"):
        read_deployment(tmp_path, LOCAL, "Gateway")


def test_a_folder_of_another_chain_is_refused(tmp_path: Path):
    write_deployment(tmp_path, LOCAL, record())
    before = file_of(tmp_path).read_bytes()
    other = replace(LOCAL, chain_id=1)
    for call in (
        lambda: write_deployment(tmp_path, other, record()),
        lambda: read_deployment(tmp_path, other, "Gateway"),
        lambda: list_deployments(tmp_path, other),
        lambda: find_deployments(tmp_path, other, a=1),
    ):
        with pytest.raises(DeploymentCorrupt, match="chain '31337'"):
            call()
    assert file_of(tmp_path).read_bytes() == before
    assert (tmp_path / "local" / ".chainId").read_text() == "31337"


def test_a_record_for_another_chain_is_not_written(tmp_path: Path):
    foreign = record()
    with pytest.raises(DeploymentCorrupt):
        write_deployment(tmp_path, LOCAL, replace(foreign, deployment=replace(foreign.deployment, chain_id=1)))
    assert not file_of(tmp_path).exists()


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".chainId", "../evil", "a/b", "a\\b", "a\0b", "a b", "é", "x" * 65, "a\n", "/etc/passwd"]
)
def test_names_that_are_no_file_names_are_refused(tmp_path: Path, name: str):
    """T118"""
    with pytest.raises(DeploymentCorrupt):
        read_deployment(tmp_path, LOCAL, name)
    with pytest.raises(DeploymentCorrupt):
        write_deployment(tmp_path, LOCAL, record(name))
    with pytest.raises(DeploymentCorrupt):
        write_deployment(tmp_path, replace(LOCAL, name=name), record())
    assert not any(path.suffix == ".json" for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("name", ["A", "x" * 64, "Tiny-1.2_b"])
def test_names_at_the_edge_are_taken(tmp_path: Path, name: str):
    write_deployment(tmp_path, LOCAL, record(name))
    assert read_deployment(tmp_path, LOCAL, name).deployment.name == name


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\xff", "[" * 100_000, '{"zkchain": 1}', '{"zkchain": {}}'])
def test_a_damaged_file_is_corrupt_and_left_alone(tmp_path: Path, text: str):
    write_deployment(tmp_path, LOCAL, record())
    file_of(tmp_path).write_text(text, encoding="latin-1")
    with pytest.raises(DeploymentCorrupt):
        read_deployment(tmp_path, LOCAL, "Gateway")
    with pytest.raises(DeploymentCorrupt):
        list_deployments(tmp_path, LOCAL)
    assert file_of(tmp_path).read_text(encoding="latin-1") == text


@pytest.mark.parametrize("cut", [2, 100, 5000])
def test_a_truncated_file_is_corrupt(tmp_path: Path, cut: int):
    path = write_deployment(tmp_path, LOCAL, record())
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DeploymentCorrupt):
        read_deployment(tmp_path, LOCAL, "Gateway")


OURS = ["name", "chain_id", "address", "code_hash", "block", "status", "facts", "compiler", "solc_input_sha256"]
OUTER = ["address", "abi", "args", "bytecode", "deployedBytecode", "receipt", "numDeployments"]


@pytest.mark.parametrize("key", OUTER)
def test_a_missing_or_senseless_key_is_corrupt(tmp_path: Path, key: str):
    path = write_deployment(tmp_path, LOCAL, record())
    document = json.loads(path.read_text())
    for changed in ({k: v for k, v in document.items() if k != key}, {**document, key: 3.5}):
        if key == "numDeployments" and key in changed:
            continue
        path.write_text(json.dumps(changed))
        with pytest.raises(DeploymentCorrupt):
            read_deployment(tmp_path, LOCAL, "Gateway")


@pytest.mark.parametrize("key", OURS)
def test_a_missing_or_senseless_key_of_ours_is_corrupt(tmp_path: Path, key: str):
    path = write_deployment(tmp_path, LOCAL, record())
    document = json.loads(path.read_text())
    ours = document["zkchain"]
    for changed in ({k: v for k, v in ours.items() if k != key}, {**ours, key: 3.5}):
        path.write_text(json.dumps({**document, "zkchain": changed}))
        if key == "compiler" and key in changed:
            continue
        with pytest.raises(DeploymentCorrupt):
            read_deployment(tmp_path, LOCAL, "Gateway")


def test_two_addresses_in_one_record_are_corrupt(tmp_path: Path):
    path = write_deployment(tmp_path, LOCAL, record())
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "address": "0x" + "22" * 20}))
    with pytest.raises(DeploymentCorrupt, match="two different addresses"):
        read_deployment(tmp_path, LOCAL, "Gateway")


def test_a_record_under_another_name_is_corrupt(tmp_path: Path):
    path = write_deployment(tmp_path, LOCAL, record())
    path.rename(file_of(tmp_path, "Other"))
    with pytest.raises(DeploymentCorrupt, match="says it is 'Gateway'"):
        read_deployment(tmp_path, LOCAL, "Other")


def test_a_changed_or_missing_compiler_input_is_corrupt(tmp_path: Path):
    path = write_deployment(tmp_path, LOCAL, record())
    document = json.loads(path.read_text())
    source = tmp_path / "local" / "solcInputs" / f"{document['solcInputHash']}.json"
    source.write_text(source.read_text() + " ")
    with pytest.raises(DeploymentCorrupt, match="was changed"):
        read_deployment(tmp_path, LOCAL, "Gateway")
    source.unlink()
    with pytest.raises(DeploymentCorrupt, match="is missing"):
        read_deployment(tmp_path, LOCAL, "Gateway")
    path.write_text(json.dumps({**document, "solcInputHash": "../../secret"}))
    with pytest.raises(DeploymentCorrupt, match="not the name of a file"):
        read_deployment(tmp_path, LOCAL, "Gateway")
