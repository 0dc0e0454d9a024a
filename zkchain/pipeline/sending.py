"""Place the parts of a deployment by transactions, each written down before it is sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ..chain.create2 import create2_address, create_address
from ..chain.deploy import check_created, create
from ..chain.deployment_record import DeploymentRecord
from ..chain.deployments import write_deployment
from ..chain.pending import drop_pending, has_pending, write_pending
from ..chain.registry import ContractAt, InstanceRange, ModelVersion, get_version, model_id_of, register_model
from ..chain.signer import Signer
from ..chain.smoke import smoke_test, verifier_at
from ..chain.transact import claim_key
from ..chain.tx.entry import Entry
from ..errors import DeploymentDrift, SmokeTestFailed, ZkchainError
from ..progress import Report, silent
from ..values import Address, Digest, digest, keccak_of
from .lookup import refuse_stopped_version
from .ranges import refuse_other_ranges
from .site import Site
from .standing import Part, confirmed, planned, standing, unrecorded


class Sender:
    """A placer on a real chain. What an earlier run has sent is waited for, never sent again."""

    def __init__(
        self,
        site: Site,
        signer: Signer,
        *,
        salt: bytes | None = None,
        take_name: bool = False,
        report: Report = silent,
    ) -> None:
        self._site, self._signer, self._salt, self._take_name, self._report = site, signer, salt, take_name, report
        self._gas = 0
        self._signed: set[str] = set()

    @property
    def gas_used(self) -> int:
        """Gas of what this run and runs that it carried on have sent."""
        return self._gas

    def place(self, part: Part) -> DeploymentRecord:
        """The contract, deployed unless it stands. One that fails its trial is not recorded.

        Raises ContractTooLarge, DeploymentDrift, DeploymentTaken, DeploymentCorrupt, SmokeTestFailed, and what `send`
        raises.
        """
        record = standing(self._site, part, self._salt, take_name=self._take_name)
        if record is None:
            record = self._tested(part, self._found(part))
            write_deployment(self._site.root, self._site.network, record)
        self._done(part)
        return record

    def register(
        self,
        registry: DeploymentRecord,
        adapter: DeploymentRecord,
        version: ModelVersion,
        ranges: tuple[InstanceRange, ...],
    ) -> Digest:
        """Register the version for the signer unless it is.

        Raises DeploymentDrift, DeploymentTaken for one with other ranges, ModelStopped, and what `send` raises.
        """
        chain, account, name = self._site.chain, self._signer.address, f"{adapter.deployment.name}.registration"
        at = ContractAt(registry.deployment.address, registry.abi)
        model_id = model_id_of(chain, at, account, version.circuit_digest, version.adapter)
        # A registration whose receipt came too late for the run that sent it has happened all the same.
        if get_version(chain, at, model_id) != version:
            self._report("registering the model")
            plan = replace(adapter, deployment=replace(adapter.deployment, name=name, status="planned", tx_hash=""))
            with self._planned(plan):
                _, receipt = register_model(
                    chain,
                    self._signer,
                    at,
                    version,
                    self._report,
                    ranges=ranges,
                    abis=(adapter.abi,),
                    sent=lambda entry: self._sent(plan, entry, adapter.deployment.address),
                )
            self._gas += receipt.gas_used
        refuse_other_ranges(self._site, version.name, at.address, model_id, ranges)
        refuse_stopped_version(self._site, at.address, model_id, version.name)
        drop_pending(self._site.root, self._site.network, name)
        return model_id

    def _found(self, part: Part) -> DeploymentRecord:
        """The part's record, once it is on chain."""
        site, salt, creation = self._site, self._salt, part.creation
        record = None if salt is None else unrecorded(site, part, salt)
        if record is not None:
            self._report(f"found {part.name}")
            return record
        self._report(f"deploying {part.name}")
        plan = planned(site, part, self._address(creation, site.chain.nonce(self._signer.address)), salt)
        with self._planned(plan):
            receipt, found = create(
                site.chain,
                self._signer,
                part.artifact.name,
                creation,
                salt=salt,
                abis=[part.artifact.abi],
                report=self._report,
                key=_key(part, salt),
                sent=lambda entry: self._sent(plan, entry, self._address(creation, entry.nonce or 0)),
            )
        self._gas += receipt.gas_used
        raw = site.chain.raw_receipt(digest(receipt.tx_hash)) or {}
        return confirmed(site, part, found, salt, receipt, raw)

    @contextmanager
    def _planned(self, plan: DeploymentRecord) -> Iterator[None]:
        """Write the plan down first; what is refused before anything was signed leaves nothing behind."""
        root, network, name = self._site.root, self._site.network, plan.deployment.name
        earlier = has_pending(root, network, name)
        write_pending(root, network, plan)
        try:
            yield
        except ZkchainError:
            if not earlier and name not in self._signed:
                drop_pending(root, network, name)
            raise

    def _sent(self, plan: DeploymentRecord, entry: Entry, where: Address) -> None:
        """Say in the record under which hash and where; a replacement may get another hash."""
        self._signed.add(plan.deployment.name)
        tx_hash = entry.attempts[-1].hash if entry.attempts else ""
        known = replace(plan.deployment, status="sent", tx_hash=tx_hash, address=where)
        write_pending(self._site.root, self._site.network, replace(plan, deployment=known))

    def _address(self, creation: bytes, nonce: int) -> Address:
        if self._salt is not None:
            return create2_address(self._salt, creation)
        return create_address(self._signer.address, nonce)

    def _tested(self, part: Part, record: DeploymentRecord) -> DeploymentRecord:
        site = self._site
        try:
            check_created(site.chain, part.artifact, record.deployment.address)
            if part.trial is not None:
                judge = verifier_at(site.chain, part.verifier or record.deployment.address)
                smoke_test(judge, part.trial, self._report)
        except (DeploymentDrift, SmokeTestFailed):
            # Nothing to carry on: the next run makes another one.
            self._done(part)
            raise
        return record

    def _done(self, part: Part) -> None:
        """What was sent for the part is used up."""
        claim_key(self._site.chain, self._signer.address, _key(part, self._salt))
        drop_pending(self._site.root, self._site.network, part.name)


def _key(part: Part, salt: bytes | None) -> str:
    """What makes two runs mean the same creation."""
    return f"deploy {part.name} {keccak_of((salt or b'') + part.creation)}"
