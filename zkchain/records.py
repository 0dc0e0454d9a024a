"""The arrows of the data flow: one frozen record between each two stages.

Records hold no file handles, connections or behaviour beyond checking themselves. Those that reach a disk
go there as JSON by `to_json` and come back by `from_json`, which refuses unknown and missing keys.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from .record import Record
from .values import DEV_CHAIN_IDS, Address, Digest, FieldElement

DType = Literal["float", "int", "bool"]
TensorVisibility = Literal["public", "private", "hashed"]
ParamsVisibility = Literal["fixed", "hashed", "private"]
Provenance = Literal["ceremony", "dev"]
SegmentKind = Literal["input", "input_hash", "params_hash", "output", "output_hash", "binding"]
DeploymentStatus = Literal["planned", "sent", "confirmed", "retired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorSpec(Record):
    """A named input or output of a model. `shape` has no unknown dimension left."""

    name: str
    shape: tuple[int, ...]
    dtype: DType
    onnx_type: str  #: the element type in ONNX's words, e.g. "FLOAT", "INT64", "BOOL"

    def __post_init__(self) -> None:
        if any(size < 0 for size in self.shape):
            raise ValueError(f"tensor {self.name!r} has a negative dimension: {self.shape}")

    @property
    def elements(self) -> int:
        """Number of scalars; 1 for a rank-0 tensor."""
        count = 1
        for size in self.shape:
            count *= size
        return count


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec(Record):
    """What a model is, without its weights."""

    name: str
    digest: Digest  #: SHA-256 of the normalised ONNX bytes (external data inlined, dims fixed)
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    opset: int
    operators: tuple[tuple[str, int], ...]  #: census, sorted by name
    parameters: int
    notes: tuple[str, ...] = ()  #: what loading changed, said aloud


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A loaded model: its description and the normalised ONNX bytes that ezkl will see."""

    spec: ModelSpec
    onnx: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Visibility(Record):
    """Who may see which tensors: on chain (public), nobody (private), or only as a Poseidon hash."""

    input: TensorVisibility = "private"
    output: TensorVisibility = "public"
    params: ParamsVisibility = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment(Record):
    """A run of instances that belongs to one tensor. `scale` is the fixed-point scale in bits; 0 for integers."""

    kind: SegmentKind
    tensor: str
    start: int
    count: int
    shape: tuple[int, ...]
    dtype: DType
    scale: int
    signed: bool

    def __post_init__(self) -> None:
        if not (0 <= self.start < 2**32 and 1 <= self.count < 2**32 and abs(self.scale) <= 128):
            raise ValueError(f"segment {self.tensor!r} has an impossible place or scale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity(Record):
    """Circuit against float model, absolute errors over all output elements of all samples."""

    samples: int
    max_abs_error: float
    mean_abs_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Srs(Record):
    """A structured reference string: size, digest, and who knows its secret."""

    k: int
    sha256: Digest
    provenance: Provenance
    g2_point: tuple[str, ...]  #: words of s*G2 as the verifier carries them (x_1, x_2, y_1, y_2 of -s*G2)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFile(Record):
    """One file of a bundle."""

    name: str
    size: int
    sha256: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle(Record):
    """The manifest of a bundle folder: everything that the meaning of a proof depends on, and a hash of every file."""

    format: int
    zkchain_version: str
    engine_version: str
    request_digest: Digest  #: digest of model, samples and options: the same request is not compiled twice
    circuit_digest: Digest
    verifying_key_digest: Digest
    model: ModelSpec
    visibility: Visibility
    binding: bool
    stock: bool
    segments: tuple[Segment, ...]
    logrows: int
    rows: int
    input_scales: tuple[int, ...]  #: bits, by input of the model
    output_scales: tuple[int, ...]
    bounds: tuple[tuple[float, float], ...]  #: lowest and highest calibrated value by input of the model
    fidelity: Fidelity
    srs: Srs
    proof_bytes: int  #: exact length of every proof of this circuit
    prove_seconds: float  #: measured on the machine that compiled, for a made-up input
    peak_rss_bytes: int  #: of that proof
    params_digest: Digest | None  #: keccak of the parameter-hash instances, when params are hashed
    files: tuple[BundleFile, ...]

    @property
    def instances(self) -> int:
        """Number of public instances of a proof."""
        return sum(segment.count for segment in self.segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding(Record):
    """Where a proof may be used and by whom. The gateway recomputes its 252-bit tag (see `proof.binding`)."""

    chain_id: int
    gateway: Address
    model_id: Digest
    account: Address  #: who may submit; the zero address when bound to a request
    request: Digest  #: request id; zero when bound to an account
    nonce: int
    deadline: int  #: Unix seconds after which the gateway refuses


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof(Record):
    """A proof and the statement it proves."""

    circuit_digest: Digest
    instances: tuple[FieldElement, ...]
    proof: bytes
    binding: Binding | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit(Record):
    """An account's signature (EIP-712) that another may submit a proof that is bound to it."""

    chain_id: int
    gateway: Address
    model_id: Digest
    statement: Digest
    account: Address  #: who signed
    relayer: Address  #: who may submit; the zero address for anyone
    deadline: int  #: the last second in which the signature counts
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractArtifact(Record):
    """A compiled contract. Bytecode is linked and final; `solc_input` is the standard-JSON input that rebuilds it."""

    name: str
    abi: tuple[dict[str, Any], ...]
    bytecode: bytes  #: creation code without constructor arguments
    deployed_bytecode: bytes  #: runtime code before immutables are filled in
    compiler: str
    solc_input: str
    immutables: tuple[tuple[int, ...], ...] = ()  #: where each lies in the runtime code, 32 bytes a place

    def differs_at(self, code: bytes) -> int | None:
        """The first byte at which deployed `code` is not this contract's, immutables aside; None when it is."""
        inside = {at for places in self.immutables for start in places for at in range(start, start + 32)}
        pairs = enumerate(zip(code, self.deployed_bytecode, strict=False))
        found = next((at for at, (one, other) in pairs if one != other and at not in inside), None)
        shorter = min(len(code), len(self.deployed_bytecode))
        return shorter if found is None and len(code) != len(self.deployed_bytecode) else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Network(Record):
    """A chain we can talk to. `devnet` is true only for chain ids in values.DEV_CHAIN_IDS."""

    name: str
    rpc_url: str = field(repr=False)  #: may carry a token
    chain_id: int
    fallback_urls: tuple[str, ...] = field(
        default=(), repr=False
    )  #: asked in this order when the first one fails; and whether they agree
    confirmations: int | None = 1  #: blocks that make a transaction count, its own included; None: once it is final
    max_fee_wei: int | None = None  #: most that a unit of gas may cost
    max_tip_wei: int | None = None

    @property
    def devnet(self) -> bool:
        """True when public development keys and a development SRS are allowed."""
        return self.chain_id in DEV_CHAIN_IDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Record):
    """A mined transaction, as far as we rely on it."""

    tx_hash: str
    block: int
    block_hash: str
    gas_used: int
    status: int
    contract_address: Address | None
    sender: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment(Record):
    """One contract on one chain: enough to find it, trust it and rebuild it.

    Planned, then sent, then confirmed; retired when its name was given up. Only a confirmed one was found on chain.
    """

    name: str
    chain_id: int
    address: Address  #: until it is sent, where it would go now
    code_hash: Digest  #: keccak256 of the runtime code found on chain; zero before
    code_bytes: int
    gas_used: int  #: zero for a contract that somebody else created
    tx_hash: str  #: empty while there is none, and for a contract that somebody else created
    block: int  #: in which it was found, or created
    status: DeploymentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceEvent(Record):
    """A decoded `InferenceVerified`. `outputs` maps output names to flat lists of floats or integers."""

    model_id: Digest
    model_name: str
    input_commitment: Digest
    account: Address
    outputs: dict[str, list[Any]]  #: floats, whole numbers, booleans, or the words of hashes
    tx_hash: str
    block: int
    log_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNotice(Record):
    """What a follower is told: that an answer was accepted, or that a reorganisation took one back.

    `sequence` counts up by one for each notice of a cursor. A notice that comes again, because its reader was killed
    before it could say that it has it, comes with the same number.
    """

    sequence: int
    removed: bool  #: the block that held an event told of earlier is no longer of the chain
    gateway: Address
    block_hash: Digest
    event: InferenceEvent
