"""Conformance to ERC-8004, ERC-7007 and ERC-8274: ours conforms, and broken copies fail by the rule that they break."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from scripts.build_contracts import sources_of
from tests.support.chains import network_of
from tests.support.circuits import build_tiny
from tests.support.world import OWNER, World
from tests.support.world import deployed as deployed_world
from zkchain.chain.client import Chain, connect
from zkchain.chain.conformance import probe
from zkchain.chain.deploy import deploy_contract
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.registry import ModelLayout, register_model
from zkchain.config import read_config
from zkchain.errors import UsageError
from zkchain.pipeline.conformance import STANDARDS, check_conformance
from zkchain.records import ContractArtifact
from zkchain.solidity.artifacts import load_artifact
from zkchain.solidity.compile import compile_contract, compile_request
from zkchain.solidity.solc import find_compiler
from zkchain.values import Address

ROOT = Path(__file__).parents[2]
RULES = {"ValidationProbeRun": 15, "TokenProbeRun": 11, "ProofVerifierProbeRun": 8}


@dataclass(frozen=True)
class Stand:
    """What the three contracts stand on: a model with public inputs, and a registry of agents."""

    chain: Chain
    home: Path
    world: World
    public_model: int
    agents: Address

    def deploy(self, artifact: ContractArtifact) -> Address:
        arguments = {
            "LocalValidationRegistry": (self.agents,),
            "InferenceToken": (self.world.gateway.address, self.public_model),
            "InferenceProofVerifier": (self.world.gateway.address, self.public_model),
        }[artifact.name]
        return deploy_contract(self.chain, OWNER, artifact, arguments)[1]


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    home = tmp_path_factory.mktemp("others")
    chain = connect(network_of(start_devnet(home, engine="embedded")))
    world = deployed_world(chain, build_tiny(tmp_path_factory.mktemp("circuit"), seed=1), "shared")
    registry = deploy_contract(chain, OWNER, load_artifact("ModelRegistry"), ())[1]
    gateway = deploy_contract(chain, OWNER, load_artifact("InferenceGateway"), (registry,))[1]
    world = replace(
        world, registry=replace(world.registry, address=registry), gateway=replace(world.gateway, address=gateway)
    )
    # The output taken for an input: what the probes ask does not depend on it.
    layout = ModelLayout(
        instance_count=10, input_start=0, input_count=1, output_start=0, output_count=1, params_start=0, params_count=0
    )
    layout = replace(layout, input_start=1, binding_start=2**32 - 1)
    model_id, _ = register_model(chain, OWNER, world.registry, replace(world.version, layout=layout))
    unit = "tests/contracts/support/Agents.sol"
    agents = compile_contract("Agents", sources_of(unit, {}), find_compiler())
    yield Stand(chain, home, world, int(model_id, 16), deploy_contract(chain, OWNER, agents, ())[1])
    stop_devnet(home)


OURS = {
    "erc8004": ("LocalValidationRegistry", "ValidationProbeRun"),
    "erc7007": ("InferenceToken", "TokenProbeRun"),
    "erc8274": ("InferenceProofVerifier", "ProofVerifierProbeRun"),
}


@pytest.mark.parametrize("standard", OURS)
def test_ours_keeps_every_rule_and_the_probe_leaves_no_trace(stand: Stand, standard: str):
    name, run = OURS[standard]
    target = stand.deploy(load_artifact(name))
    before = stand.chain.block_number()
    config = read_config({"ZKCHAIN_HOME": str(stand.home)}, stand.home)
    result = check_conformance(target, "local", config=config, standard=standard)
    assert [finding.rule for finding in result.findings if not finding.held] == []
    assert len({finding.rule for finding in result.findings}) == len(result.findings) == RULES[run]
    assert result.conforms
    assert stand.chain.block_number() == before


@pytest.mark.parametrize("standard", OURS)
def test_a_contract_of_another_kind_does_not_conform(stand: Stand, standard: str):
    findings = probe(stand.chain, stand.world.registry.address, load_artifact(OURS[standard][1]))
    assert any(not finding.held for finding in findings)


def test_other_standards_are_refused_by_name_and_only_one_takes_a_proof(stand: Stand, tmp_path: Path):
    config = read_config({"ZKCHAIN_HOME": str(stand.home)}, stand.home)
    target = stand.world.registry.address
    with pytest.raises(UsageError, match=", ".join(STANDARDS)):
        check_conformance(target, "local", config=config, standard="erc20")
    with pytest.raises(UsageError, match="erc7992 only"):
        check_conformance(target, "local", config=config, standard="erc7007", proof_path=tmp_path / "none.json")


@dataclass(frozen=True)
class Mutant:
    """A change to the source of one of ours, and the rule that it breaks."""

    rule: str
    old: str
    new: str


MUTANTS = {
    "anyone asks for an agent": Mutant(
        "erc8004.request.stranger", "if (!allowed) revert NotAuthorized(agentId, msg.sender);", "allowed;"
    ),
    "a hash is used twice": Mutant(
        "erc8004.request.unique",
        "if (_status[requestHash].validator != address(0)) revert AlreadyRequested(requestHash);",
        "",
    ),
    "anyone answers": Mutant(
        "erc8004.response.other",
        "if (status.validator != msg.sender) revert NotTheValidator(status.validator, msg.sender);",
        "",
    ),
    "an answer is beyond 100": Mutant("erc8004.response.most", "if (response > 100)", "if (response > 101)"),
    "there is one answer": Mutant(
        "erc8004.response.repeated", "if (response > 100)", "if (status.answered || response > 100)"
    ),
    "the answer is not kept": Mutant("erc8004.status", "(response, true, responseHash);", "(0, true, responseHash);"),
    "what nobody answered counts": Mutant("erc8004.summary", "if (status.answered && tagged", "if (tagged"),
    "every tag counts": Mutant(
        "erc8004.summary.tag", "bool tagged = bytes(tag).length == 0 ||", "bool tagged = true ||"
    ),
    "the token's id is not claimed": Mutant(
        "erc7007.id", "interfaceId == type(IERC7007).interfaceId ||", "interfaceId == 0x7e52e423 ||"
    ),
    "content for no token": Mutant(
        "erc7007.add.unknown",
        "if (_requireOwned(tokenId) != msg.sender) revert NotTokenOwner(tokenId, msg.sender);",
        "if (true) return;",
    ),
    "any content is proved": Mutant(
        "erc7007.nonsense",
        "        } catch {\n            return false;",
        "        } catch {\n            return true;",
    ),
    "any answer is proved": Mutant(
        "erc8274.nonsense",
        "        } catch {\n            return false;",
        "        } catch {\n            return true;",
    ),
    "metadata changes the answer": Mutant(
        "erc8274.metadata", "if (metadata.length != 0) return false;", "if (metadata.length != 0) return true;"
    ),
    "the system has no name": Mutant("erc8274.system", '= "zk/halo2-kzg-bn254";', '= "";'),
    "the verifier's id is not claimed": Mutant(
        "erc8274.id", "|| interfaceId == type(IProofVerifier).interfaceId", "|| interfaceId == 0x86761e48"
    ),
}


def some() -> list:
    """All mutants; in the default suite one of five."""
    return [
        pytest.param(mutant, id=name, marks=[] if number % 5 == 1 else [pytest.mark.slow])
        for number, (name, mutant) in enumerate(MUTANTS.items())
    ]


@pytest.mark.parametrize("mutant", some())
def test_a_broken_one_fails_by_the_rule_that_it_breaks(stand: Stand, mutant: Mutant):
    name, run = OURS[mutant.rule.partition(".")[0]]
    request = json.loads(load_artifact(name).solc_input)
    source = request["sources"][f"contracts/standards/{name}.sol"]
    assert source["content"].count(mutant.old) == 1, "the mutation must hit exactly one place"
    source["content"] = source["content"].replace(mutant.old, mutant.new)
    target = stand.deploy(compile_request(name, request, find_compiler()))
    broken = {finding.rule for finding in probe(stand.chain, target, load_artifact(run)) if not finding.held}
    assert mutant.rule in broken
