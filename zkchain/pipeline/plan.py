"""Place the parts of a deployment where nothing is paid for: what a dry run and a proposal know comes from here."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from ..chain.create2 import FACTORY, create2_address
from ..chain.deployment_record import DeploymentRecord
from ..chain.registry import ContractAt, InstanceRange, ModelVersion, future_model_id, get_version, registration
from ..chain.rehearsal import Rehearsal
from ..chain.smoke import smoke_test, verifier_at
from ..progress import Report, silent
from ..record import Record
from ..records import ContractArtifact
from ..values import Address, Digest, keccak_of
from .lookup import refuse_stopped_version
from .ranges import refuse_other_ranges
from .site import Site
from .standing import Part, planned, standing, unrecorded

#: Bytes of an EVM word.
_WORD = 32
Action = Literal["deploy", "reuse", "register"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep(Record):
    """One step of a plan. `gas` was measured in a rehearsal; `address` is empty where nobody can know it yet."""

    contract: str
    action: Action
    address: str
    code_bytes: int
    gas: int
    cost_wei: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """A call that a deployment with a salt consists of."""

    what: str
    to: Address
    data: bytes
    gas: int


class Planner:
    """A placer that sends nothing: everything is tried on a chain of its own.

    Without a salt the addresses in the rehearsal are not those that a deployment would give; with one they are. Unless
    they are pinned to their salt, recorded contracts are used wherever they stand.
    """

    def __init__(
        self,
        site: Site,
        *,
        owner: Address | None,
        salt: bytes | None = None,
        pinned: bool = True,
        take_name: bool = False,
        tested: bool = False,
        report: Report = silent,
    ) -> None:
        self._site, self._owner, self._salt, self._take_name = site, owner, salt, take_name
        self._pin, self._tested, self._report = salt if pinned else None, tested, report
        self._chain, self._price = Rehearsal(), site.chain.gas_price()
        self._twins: dict[Address, Address] = {}  #: of contracts that stand: where they are in the rehearsal
        self._found: list[DeploymentRecord] = []
        self.steps: list[PlanStep] = []
        self.calls: list[PlannedCall] = []

    @property
    def gas_used(self) -> int:
        """Gas that a deployment would take."""
        return sum(step.gas for step in self.steps)

    @property
    def salt_text(self) -> str | None:
        """The salt as records have it."""
        return None if self._salt is None else f"0x{self._salt.hex()}"

    @property
    def found(self) -> tuple[DeploymentRecord, ...]:
        """What stands on chain without a record."""
        return tuple(self._found)

    def place(self, part: Part) -> DeploymentRecord:
        """What stands of it, or a planned record as the rehearsal gives it.

        Raises ContractTooLarge, DeploymentTaken, DeploymentDrift and SmokeTestFailed.
        """
        self._report(f"rehearsing {part.name}")
        creation = part.creation
        recorded = known = standing(self._site, part, self._pin, take_name=self._take_name)
        if known is None and self._salt is not None:
            known = unrecorded(self._site, part, self._salt)
            self._found += [] if known is None else [known]
        args = self._twin(part.args)
        where, gas = self._chain.create(part.artifact.name, replace(part, args=args).creation, self._salt)
        address = where if self._salt is None else create2_address(self._salt, creation)
        if known is not None:
            address = known.deployment.address
        self._twins[address] = where
        if self._tested and recorded is None and part.trial is not None:
            target = part.verifier or address
            real = known is not None
            judge = verifier_at(self._site.chain, target) if real else self._chain.judge(self._at(target))
            smoke_test(judge, part.trial, self._report)
        code = self._code(part.artifact, where)
        shown = address if known is not None or self._salt is not None else ""
        self._step(part.name, "deploy" if known is None else "reuse", shown, len(code), gas if known is None else 0)
        if known is not None:
            return known
        if self._salt is not None:
            data = self._salt + creation
            self.calls.append(PlannedCall(what=f"create {part.name} at {address}", to=FACTORY, data=data, gas=gas))
        record = planned(self._site, part, address, self._salt)
        return replace(record, deployment=replace(record.deployment, code_hash=keccak_of(code), code_bytes=len(code)))

    def register(
        self,
        registry: DeploymentRecord,
        adapter: DeploymentRecord,
        version: ModelVersion,
        ranges: tuple[InstanceRange, ...],
    ) -> Digest | None:
        """The id that the version has or would have, for the owner; None while nobody says who that is."""
        site, at = self._site, registry.deployment.address
        there, model_id = registry.deployment.status == "confirmed", None
        if self._owner is not None and (there or self._salt is not None):
            chain_id, circuit = site.network.chain_id, version.circuit_digest
            model_id = future_model_id(chain_id, at, self._owner, circuit, version.adapter)
            contract = ContractAt(at, registry.abi)
            if there and get_version(site.chain, contract, model_id) == version:
                refuse_stopped_version(site, at, model_id, version.name)
                refuse_other_ranges(site, version.name, at, model_id, ranges)
                self._step("ModelRegistry", "reuse", at, 0, 0)
                return model_id
        twin = self._at(version.adapter)
        code_hash = keccak_of(self._chain.code(twin))
        rehearsed = registration(registry.abi, replace(version, adapter=twin, adapter_code_hash=code_hash), ranges)
        gas = self._chain.gas_of_call(self._at(at), "ModelRegistry", rehearsed)
        self._step("ModelRegistry", "register", at if there or self._salt is not None else "", 0, gas)
        data = registration(registry.abi, version, ranges)
        self.calls.append(PlannedCall(what=f"register {version.name}", to=at, data=data, gas=gas))
        return model_id

    def _code(self, artifact: ContractArtifact, where: Address) -> bytes:
        """The code that the contract will have where it is to be: its immutables hold real addresses, not twins."""
        code = bytearray(self._chain.code(where))
        words = {_word(twin): _word(real) for real, twin in self._twins.items()}
        for place in {start for places in artifact.immutables for start in places}:
            found = bytes(code[place : place + _WORD])
            code[place : place + _WORD] = words.get(found, found)
        return bytes(code)

    def _at(self, contract: Address) -> Address:
        return self._twins.get(contract, contract)

    def _twin(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(self._at(Address(value)) if isinstance(value, str) else value for value in args)

    def _step(self, contract: str, action: Action, at: str, size: int, gas: int) -> None:
        self.steps.append(
            PlanStep(
                contract=contract,
                action=action,
                address=at,
                code_bytes=size,
                gas=gas,
                cost_wei=gas * self._price,
            )
        )


def _word(account: Address) -> bytes:
    return bytes.fromhex(account[2:]).rjust(_WORD, b"\0")
