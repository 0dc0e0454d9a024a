"""Conformance to ERC-7992: ours conforms, and each of many broken copies fails by the rule that it breaks."""

import json
from dataclasses import dataclass, replace

import pytest

from tests.support.chains import network_of
from tests.support.circuits import TinyCircuit
from tests.support.world import World
from tests.support.world import deployed as deployed_world
from zkchain.chain.client import Chain, connect
from zkchain.chain.conformance import is_registry, is_verifier, probe, probe_proof
from zkchain.chain.deploy import deploy_contract
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.registry import ContractAt
from zkchain.chain.signer import dev_signer
from zkchain.errors import DeploymentDrift
from zkchain.records import ContractArtifact
from zkchain.solidity.artifacts import load_artifact
from zkchain.solidity.compile import compile_request
from zkchain.solidity.solc import find_compiler
from zkchain.values import Address

OWNER = dev_signer(0)
REGISTRY, VERIFIER = load_artifact("RegistryProbeRun"), load_artifact("VerifierProbeRun")


@pytest.fixture(scope="module")
def one_chain(tmp_path_factory):
    """One engine is enough for what only the contract decides."""
    home = tmp_path_factory.mktemp("conformance")
    yield connect(network_of(start_devnet(home, engine="embedded")))
    stop_devnet(home)


def deployed(chain: Chain, artifact: ContractArtifact, *arguments: object) -> Address:
    return deploy_contract(chain, OWNER, artifact, arguments)[1]


def broken(chain: Chain, target: Address, run: ContractArtifact) -> set[str]:
    """Names of the rules that the contract does not keep."""
    return {finding.rule for finding in probe(chain, target, run) if not finding.held}


def test_our_registry_and_gateway_keep_every_rule_and_the_probe_leaves_no_trace(chain: Chain):
    registry = deployed(chain, load_artifact("ModelRegistry"))
    gateway = deployed(chain, load_artifact("InferenceGateway"), registry)
    assert is_registry(chain, registry)
    assert not is_verifier(chain, registry)
    assert is_verifier(chain, gateway)
    before = chain.block_number()
    for target, run, rules in ((registry, REGISTRY, 20), (gateway, VERIFIER, 14)):
        findings = probe(chain, target, run)
        assert [finding.rule for finding in findings if not finding.held] == []
        assert len({finding.rule for finding in findings}) == len(findings) >= rules
    assert chain.block_number() == before


def test_an_address_without_code_gives_no_verdict(chain: Chain):
    with pytest.raises(DeploymentDrift):
        probe(chain, dev_signer(5).address, REGISTRY)


def test_a_contract_of_another_kind_breaks_nearly_every_rule_by_name(chain: Chain):
    registry = deployed(chain, load_artifact("ModelRegistry"))
    switch = deployed(chain, load_artifact("LocalValidationRegistry"), registry)
    assert {"erc165.self", "erc7992.registry.id", "erc7992.register"} <= broken(chain, switch, REGISTRY)
    assert {"erc7992.verifier.id", "erc7992.verifier.registry"} <= broken(chain, registry, VERIFIER)


@dataclass(frozen=True)
class Mutant:
    """A change to one source of a contract, and a rule that it breaks."""

    rule: str
    unit: str
    old: str
    new: str

    def compiled(self, name: str) -> ContractArtifact:
        request = json.loads(load_artifact(name).solc_input)
        source = request["sources"][self.unit]
        assert source["content"].count(self.old) == 1, "the mutation must hit exactly one place"
        source["content"] = source["content"].replace(self.old, self.new)
        return compile_request(name, request, find_compiler())


OWNERSHIP, MODELS = "contracts/registry/ModelOwnership.sol", "contracts/ModelRegistry.sol"
STANDARD, CHECK = "contracts/gateway/StandardInference.sol", "contracts/gateway/StatementCheck.sol"
ONLY_OWNER = "if (_known(modelId).owner != msg.sender) revert NotModelOwner(modelId, msg.sender);"
STOP = "        _status[modelId].stopped = true;\n"
LINE = "abi.encode(_LINE_DOMAIN, block.chainid, address(this), ++_registered)"
SUBMISSION = "Submission memory submission = _submissionOf(modelId, proof);"
SELF = "interfaceId == type(IERC165).interfaceId ||"

REGISTRIES = {
    "anyone updates": Mutant("erc7992.update.stranger", OWNERSHIP, ONLY_OWNER, "_known(modelId);"),
    "anyone deprecates": Mutant(
        "erc7992.deprecate.stranger",
        OWNERSHIP,
        "        _onlyOwner(modelId);\n        _stop(modelId);",
        "        _known(modelId);\n        _stop(modelId);",
    ),
    "what a stranger does has an effect": Mutant("erc7992.stranger.effect", OWNERSHIP, ONLY_OWNER, "_known(modelId);"),
    "the refusal names another caller": Mutant(
        "erc7992.update.stranger", OWNERSHIP, ONLY_OWNER, ONLY_OWNER.replace("msg.sender);", "address(this));")
    ),
    "an unknown model is read": Mutant(
        "erc7992.get.unknown", OWNERSHIP, "if (status.owner == address(0)) revert ModelNotFound(modelId);", ""
    ),
    "the refusal names another model": Mutant(
        "erc7992.get.unknown", OWNERSHIP, "revert ModelNotFound(modelId);", "revert ModelNotFound(modelId + 1);"
    ),
    "an unknown model is deprecated": Mutant(
        "erc7992.deprecate.unknown",
        OWNERSHIP,
        ONLY_OWNER,
        ONLY_OWNER.replace("_known(modelId).owner != msg.sender", "false"),
    ),
    "ids come again": Mutant("erc7992.register.unique", MODELS, LINE, LINE.replace("++", "")),
    "an id is the hash of the commitment": Mutant("erc7992.register.unique", MODELS, LINE, "abi.encode(commitment)"),
    "another's registration is handed to the first": Mutant(
        "erc7992.register.owner", MODELS, "Status(msg.sender, false, 0)", "Status(tx.origin, false, 0)"
    ),
    "the registrant is not the owner": Mutant(
        "erc7992.get.owner", MODELS, "Status(msg.sender, false, 0)", "Status(address(this), false, 0)"
    ),
    "a fresh model is deprecated": Mutant(
        "erc7992.get.live", MODELS, "Status(msg.sender, false, 0)", "Status(msg.sender, true, 0)"
    ),
    "the commitment is not kept": Mutant(
        "erc7992.get.commitment", MODELS, "_models[modelId].commitment = commitment;", ""
    ),
    "registering reverts": Mutant(
        "erc7992.register", MODELS, "_models[modelId].commitment = commitment;", "revert ModelNotFound(0);"
    ),
    "the owner cannot update": Mutant(
        "erc7992.update.owner", MODELS, "if (_isVersion(modelId)) revert", "if (!_isVersion(modelId)) revert"
    ),
    "an update loses the commitment": Mutant(
        "erc7992.update.get", MODELS, "emit ModelUpdated(", "delete model.commitment.uri;\n        emit ModelUpdated("
    ),
    "deprecating does nothing": Mutant("erc7992.deprecate.get", OWNERSHIP, STOP, ""),
    "deprecating reverts": Mutant(
        "erc7992.deprecate.owner", OWNERSHIP, STOP, "        revert NotOffered(0, msg.sender);\n"
    ),
    "deprecating hands the model away": Mutant(
        "erc7992.deprecate.keeps", OWNERSHIP, STOP, STOP + "        _status[modelId].owner = address(1);\n"
    ),
    "the registry's id is not claimed": Mutant(
        "erc7992.registry.id", MODELS, "interfaceId == type(IERCZKMLRegistry).interfaceId", "interfaceId == 0x12345678"
    ),
    "every interface is claimed": Mutant("erc165.invalid", MODELS, SELF, "interfaceId == 0xffffffff ||"),
    "ERC-165 is not claimed": Mutant("erc165.self", MODELS, SELF, ""),
}
VERIFIERS = {
    "deprecated models are verified": Mutant(
        "erc7992.verify.deprecated",
        STANDARD,
        "if (deprecated) revert VerificationRefused_ModelDeprecated(modelId);",
        "deprecated;",
    ),
    "storing passes over a deprecation": Mutant(
        "erc7992.store.deprecated",
        STANDARD,
        "if (deprecated) revert VerificationRefused_ModelDeprecated(modelId);",
        "if (deprecated && msg.sig == IERCZKMLVerifier.verifyInference.selector) {\n"
        "            revert VerificationRefused_ModelDeprecated(modelId);\n        }",
    ),
    "a deprecation goes by another name": Mutant(
        "erc7992.verify.deprecated",
        STANDARD,
        "revert VerificationRefused_ModelDeprecated(modelId)",
        "revert ModelMismatch()",
    ),
    "any proof system will do": Mutant(
        "erc7992.verify.system",
        STANDARD,
        "if (commitment.proofSystemId != _PROOF_SYSTEM_ID) revert UnsupportedProofSystem(commitment.proofSystemId);",
        "",
    ),
    "nothing is verified": Mutant(
        "erc7992.verify.nonsense",
        STANDARD,
        SUBMISSION,
        "if (proof.length != 1) return;\n" + SUBMISSION,
    ),
    "unknown models are verified": Mutant(
        "erc7992.verify.unknown",
        STANDARD,
        SUBMISSION,
        "if (proof.length == 0) return;\n" + SUBMISSION,
    ),
    "a refusal says nothing": Mutant(
        "erc7992.verify.reason",
        STANDARD,
        "if (submission.modelId == 0) revert ModelMismatch();",
        "require(submission.modelId != 0);",
    ),
    "the registry is another contract": Mutant(
        "erc7992.verifier.registry", CHECK, "return _REGISTRY;", "return address(this);"
    ),
    "the proof system is not the model's": Mutant(
        "erc7992.verify.systemOf", STANDARD, "return commitment.proofSystemId;", "return _PROOF_SYSTEM_ID;"
    ),
    "answers are given that nobody stored": Mutant(
        "erc7992.store.nothing",
        STANDARD,
        "if (kept.output.length == 0) revert InferenceNotFound(inferenceId);",
        'if (kept.output.length == 0) return (1, inferenceId, "");',
    ),
    "every interface is claimed": Mutant("erc165.invalid", STANDARD, SELF, "interfaceId == 0xffffffff ||"),
}


def test_a_verifier_whose_registry_takes_no_model_is_a_finding_and_not_the_end(one_chain: Chain):
    registry = deployed(one_chain, REGISTRIES["registering reverts"].compiled("ModelRegistry"))
    gateway = deployed(one_chain, load_artifact("InferenceGateway"), registry)
    assert broken(one_chain, gateway, VERIFIER) == {"erc7992.verify.models", "erc7992.store.models"}


# --- with an honest proof ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(one_chain: Chain, circuit: TinyCircuit) -> World:
    return deployed_world(one_chain, circuit, "shared")


def shown(world: World, gateway: ContractAt) -> set[str]:
    """Names of the rules that the gateway breaks when it is shown a proof made for it."""
    there = replace(world, gateway=gateway)
    proof = there.prove(there.bound())
    findings = probe_proof(world.chain, gateway, world.registry.abi, proof)
    assert len(findings) == 9
    return {finding.rule for finding in findings if not finding.held}


def test_our_gateway_keeps_every_rule_about_an_honest_proof_and_records_nothing(world: World):
    before = world.chain.block_number()
    assert shown(world, world.gateway) == set()
    assert world.chain.block_number() == before


PROOFS = {
    "another input is accepted": Mutant(
        "erc7992.verify.input",
        STANDARD,
        "if (accepted.inputCommitment != inputCommitment) revert InputCommitmentMismatch();",
        "inputCommitment;",
    ),
    "another output is accepted": Mutant(
        "erc7992.store.output",
        STANDARD,
        "if (keccak256(accepted.output) != keccak256(output)) revert OutputMismatch();",
        "output;",
    ),
    "any proof is accepted": Mutant("erc7992.verify.proof", CHECK, "            revert InvalidProof();\n", ""),
    "no proof is accepted": Mutant(
        "erc7992.verify.honest",
        CHECK,
        "if (forAccount && caller != binding.account)",
        "if (forAccount && caller == binding.account)",
    ),
    "an answer is kept under another id": Mutant(
        "erc7992.store.inferenceId",
        STANDARD,
        "inferenceId = keccak256(abi.encodePacked(modelId, inputCommitment, output));",
        "inferenceId = keccak256(abi.encode(modelId, inputCommitment, output));",
    ),
}


def some(mutants, every):
    """All mutants; in the default suite one of so many."""
    return [
        pytest.param(mutant, id=name, marks=[] if number % every == 0 else [pytest.mark.slow])
        for number, (name, mutant) in enumerate(mutants.items())
    ]


@pytest.mark.parametrize("mutant", some(REGISTRIES, 8))
def test_a_broken_registry_fails_by_the_rule_that_it_breaks(one_chain: Chain, mutant: Mutant):
    assert mutant.rule in broken(one_chain, deployed(one_chain, mutant.compiled("ModelRegistry")), REGISTRY)


@pytest.mark.parametrize("mutant", some(VERIFIERS, 8))
def test_a_broken_verifier_fails_by_the_rule_that_it_breaks(one_chain: Chain, mutant: Mutant):
    registry = deployed(one_chain, load_artifact("ModelRegistry"))
    assert mutant.rule in broken(
        one_chain, deployed(one_chain, mutant.compiled("InferenceGateway"), registry), VERIFIER
    )


@pytest.mark.parametrize("mutant", some(PROOFS, 5))
def test_a_gateway_that_takes_less_care_fails_by_the_rule_that_it_breaks(world: World, mutant: Mutant):
    artifact = mutant.compiled("InferenceGateway")
    gateway = ContractAt(deployed(world.chain, artifact, world.registry.address), artifact.abi)
    assert mutant.rule in shown(world, gateway)
