"""A federation's circuits in the registry: its coordinator registers each once, with the ledger's adapter."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...chain.circuit_book import CircuitEntry, circuit_of, entry_without_adapter, register_circuits
from ...chain.client import Chain
from ...chain.registry import ContractAt, read
from ...chain.signer import Signer
from ...errors import DeploymentTaken
from ...halo2 import Prover
from ...progress import Report, silent
from ...solidity.artifacts import load_artifact
from ...training.circuits import TrainingCircuit, TrainingCircuits, statement_of
from ...values import Address, Digest, address, digest, keccak_of
from .adapter_check import adapter_amiss

#: All adapters that ship answer alike, as far as they are asked here.
_ADAPTER = "Halo2Adapter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """An adapter as a ledger pins it."""

    adapter: Address
    code_hash: Digest

    @property
    def fields(self) -> tuple[str, bytes]:
        """As the ledger's setup has it."""
        return self.adapter, bytes.fromhex(self.code_hash[2:])


def pin_from(given: Sequence[Any]) -> Pin:
    """The pin that stands in a ledger's setup."""
    at, code_hash = given
    return Pin(adapter=address(at), code_hash=digest("0x" + bytes(code_hash).hex()))


def key_of(circuit: TrainingCircuit) -> Digest:
    """What the entry of a circuit without an adapter has as its key's digest: keccak256 of the verifying key's file."""
    return keccak_of(circuit.files.verifying_key.read_bytes())


class CircuitBook:
    """The entries of one coordinator for the circuits of one federation, in one registry."""

    def __init__(
        self,
        chain: Chain,
        signer: Signer,
        registry: ContractAt,
        circuits: TrainingCircuits,
        *,
        home: Path,
        prover: Prover,
        report: Report = silent,
    ) -> None:
        self._chain, self._signer, self._registry = chain, signer, registry
        self._circuits, self._dev = circuits, circuits.srs.provenance == "dev"
        self._home, self._prover, self._report = home, prover, report

    def pin_of(self, circuit: TrainingCircuit) -> Pin | None:
        """The adapter with which the coordinator has registered this circuit already; None where it has not.

        An entry cannot be changed, so that a second federation with the same circuits has to pin the same adapters.
        Raises DeploymentTaken for an entry that is not of an adapter of this circuit, and as `adapter_amiss` does.
        """
        found = self._found(circuit)
        if found is None:
            return None
        if found.adapter is None:
            raise self._taken(circuit, "has no adapter")
        pin = Pin(adapter=found.adapter, code_hash=found.adapter_code_hash)
        if found != self._entry(circuit, pin):
            raise self._taken(circuit, "has another name, key or reference string")
        pinned, home, prover, report = pin.fields, self._home, self._prover, self._report
        amiss = adapter_amiss(self._chain, circuit.role, pinned, circuit, home=home, prover=prover, report=report)
        if amiss:
            raise self._taken(circuit, f"has an adapter that is not of this circuit: {amiss[0]}")
        return pin

    def complete(self, pins: Sequence[Pin]) -> None:
        """Register what is missing, in one transaction: step, server and weights with their adapters, a bridge without.

        Raises DeploymentTaken for a bridge that was registered as something else, and as `register_circuits` does.
        """
        circuits, bridge = self._circuits, self._circuits.bridge
        pinned = zip((circuits.step, circuits.server, circuits.weights), pins, strict=True)
        missing = [self._entry(circuit, pin) for circuit, pin in pinned if self._found(circuit) is None]
        if bridge is not None:
            entry = entry_without_adapter(bridge.digest, statement_of("bridge"), key_of(bridge), dev_srs=self._dev)
            found = self._found(bridge)
            if found is None:
                missing.append(entry)
            elif found != entry:
                raise self._taken(bridge, "says something else of it")
        if missing:
            self._report("registering the circuits")
            register_circuits(self._chain, self._signer, self._registry, missing, self._report)

    def _found(self, circuit: TrainingCircuit) -> CircuitEntry | None:
        return circuit_of(self._chain, self._registry, self._signer.address, circuit.digest)

    def _entry(self, circuit: TrainingCircuit, pin: Pin) -> CircuitEntry:
        (key,) = read(self._chain, ContractAt(pin.adapter, load_artifact(_ADAPTER).abi), "keyDigest", [])
        return CircuitEntry(
            circuit_digest=circuit.digest,
            statement=statement_of(circuit.role),
            adapter=pin.adapter,
            adapter_code_hash=pin.code_hash,
            key_digest=digest("0x" + bytes(key).hex()),
            dev_srs=self._dev,
        )

    def _taken(self, circuit: TrainingCircuit, why: str) -> DeploymentTaken:
        return DeploymentTaken(
            f"the entry of {self._signer.address} for the {circuit.role} circuit {circuit.digest} in the registry "
            f"{self._registry.address} {why}",
            remedy="an entry is never changed: coordinate with another account",
            circuit=circuit.digest,
        )
