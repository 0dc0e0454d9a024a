"""The contracts on a proof's way, compared byte for byte with what their sources compile to."""

import json
from collections.abc import Callable, Iterator

from ..chain.deployments import read_deployment
from ..records import ContractArtifact
from ..solidity.artifacts import load_artifact
from ..solidity.compile import compile_request
from ..solidity.exact import difference
from ..values import Address, Digest, keccak_of
from .audit_case import Case
from .rederive import Rederived
from .verifier import SHARED


def compare_contracts(case: Case, derived: Rederived | None) -> None:
    """Every contract on a proof's way. Raises CompilerNotFound for a verifier of the circuit's own without one."""
    chain, model = case.site.chain, case.model
    shipped: list[tuple[str, Address, Callable[[], Iterator[bytes]]]] = [
        ("ModelRegistry", model.registry, lambda: iter(())),
        ("InferenceGateway", model.gateway, lambda: _gateway_words(case)),
    ]
    adapter = "Halo2Adapter" if case.own else "ReusableHalo2Adapter"
    shipped.append((adapter, case.record.deployment.address, lambda: _adapter_words(case)))
    if not case.own:
        shipped.append((SHARED, model.verifier_address, lambda: iter(())))
    for name, at, words in shipped:
        artifact = load_artifact(name)
        _compare_source(case, artifact)
        trouble = difference(chain.code_at(at), artifact, list(words()))
        case.note(f"{name}.code", f"{len(artifact.deployed_bytecode):,} bytes at {at}", trouble)
    _verifier(case, derived)


def _compare_source(case: Case, artifact: ContractArtifact) -> None:
    """What ships compiled is what its source compiles to, where there is a compiler to ask."""
    name = f"{artifact.name}.source"
    if case.compiler is None:
        case.note(name, "taken as it ships compiled: no compiler was found here")
        return
    case.report(f"compiling {artifact.name} again")
    again = compile_request(artifact.name, json.loads(artifact.solc_input), case.compiler)
    same = (again.bytecode, again.immutables) == (artifact.bytecode, artifact.immutables)
    case.note(name, case.compiler.version, "" if same else "compiles to something else than what ships")


def _verifier(case: Case, derived: Rederived | None) -> None:
    """The circuit's own verifier, or its key's words, from the bundle where there is one and else from the record."""
    own, at = case.own, case.key_holder
    found = case.site.chain.code_at(at)
    name = "verifier.code" if own else "key.words"
    if derived is not None and derived.bundle is not None:
        expected = derived.own_code(case.found_compiler()) if own else derived.key_code()
        trouble = "" if found == expected else _first_difference(found, expected)
        case.note(name, f"{len(found):,} bytes at {at}, as the bundle gives them", trouble)
    elif own:
        stored = read_deployment(case.site.root, case.site.network, f"{case.record.deployment.name}Verifier")
        again = compile_request("Halo2Verifier", json.loads(stored.solc_input), case.found_compiler())
        said = f"{len(found):,} bytes at {at}, as its recorded source gives them"
        case.note(name, said, difference(found, again, []))
    else:
        case.note(name, f"{len(found):,} bytes at {at}; give --bundle to compare them")
    hashed = keccak_of(found) if own else _key_digest(found)
    case.same(f"{name} digest", hashed, case.key_digest)


def _key_digest(code: bytes) -> Digest:
    """keccak256 of the words in a key's data contract: offset and length come first."""
    return keccak_of(code[64:])


def _gateway_words(case: Case) -> Iterator[bytes]:
    """What the gateway's immutables have to be: its registry, and what EIP-712 keeps of itself."""
    name, version = b"zkchain.InferenceGateway", b"1"
    chain_id = case.site.network.chain_id.to_bytes(32, "big")
    at = _word(case.model.gateway)
    kind = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    hashed = [bytes.fromhex(keccak_of(part)[2:]) for part in (kind, name, version)]
    yield from hashed[1:]
    yield from (text.ljust(31, b"\0") + bytes([len(text)]) for text in (name, version))
    yield bytes.fromhex(keccak_of(b"".join([*hashed, chain_id, at]))[2:])
    yield from (chain_id, at, _word(case.model.registry))


def _adapter_words(case: Case) -> Iterator[bytes]:
    """What the adapter's immutables have to be: the circuit, the key, and pins of what is behind it."""
    chain, model = case.site.chain, case.model
    yield bytes.fromhex(model.circuit_digest[2:])
    yield bytes.fromhex(case.key_digest[2:])
    yield _word(model.verifier_address)
    if not case.own:
        yield bytes.fromhex(chain.code_hash(model.verifier_address)[2:])
        yield _word(case.key_data)
        yield bytes.fromhex(chain.code_hash(case.key_data)[2:])


def _word(account: Address) -> bytes:
    """An address as the EVM keeps it."""
    return bytes.fromhex(account[2:]).rjust(32, b"\0")


def _first_difference(found: bytes, expected: bytes) -> str:
    if len(found) != len(expected):
        return f"{len(found):,} bytes, expected {len(expected):,}"
    at = next(at for at, (one, other) in enumerate(zip(found, expected, strict=True)) if one != other)
    return f"byte {at:,} is {found[at]:#04x}, expected {expected[at]:#04x}"
