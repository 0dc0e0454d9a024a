"""A node of a chain that changes its mind, with a gateway's events in it and a provider's limits in front of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import encode

from tests.support.rpc_server import RpcAnswer
from zkchain.chain.abi import event_topic
from zkchain.chain.client import Chain
from zkchain.chain.follow import Watched
from zkchain.chain.gateway import KnownModel
from zkchain.chain.registry import ContractAt
from zkchain.errors import ConnectionFailed, RpcError
from zkchain.records import Network
from zkchain.solidity.artifacts import load_artifact
from zkchain.values import Address, Digest, keccak_of

ABI = load_artifact("InferenceGateway").abi
GATEWAY = ContractAt(Address("0x5FbDB2315678afecb367f032d93F642f64180aa3"), ABI)
MODEL = Digest("0x" + "33" * 32)
ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
CHAIN_ID = 31337

#: An event's place: the hash of its block and its index there.
Place = tuple[str, int]


def watched() -> Watched:
    model = KnownModel(model_id=MODEL, name="m", segments=())
    return Watched(gateways=((GATEWAY, 0),), models={MODEL: model})


@dataclass(frozen=True)
class Block:
    number: int
    hash: Digest
    parent: Digest
    events: int


@dataclass
class ForkedChain:
    """Blocks, the longest rule left to the test. `before` is called with each request's number, before its answer."""

    widest: int = 10**9  #: blocks in a range
    most: int = 10**9  #: events in an answer
    confirmations: int | None = 1
    before: Callable[[int], None] = lambda number: None
    requests: int = 0
    ranges: list[tuple[int, int]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    made: int = 0
    highest: int = 0

    def __post_init__(self) -> None:
        self.mine(0)

    def mine(self, *events: int) -> None:
        """A block for each number of events."""
        for count in events:
            self.made += 1
            parent = self.blocks[-1].hash if self.blocks else Digest("0x" + "00" * 32)
            self.blocks.append(Block(len(self.blocks), keccak_of(b"%d" % self.made), parent, count))
        self.highest = max(self.highest, len(self.blocks))

    def reorganise(self, depth: int, *events: int) -> None:
        """Other blocks in place of the last `depth`, counted from the highest block there was; the first one stays."""
        del self.blocks[max(1, self.highest - depth) :]
        self.mine(*events)

    def places(self, last: int) -> set[Place]:
        """Where there are events up to block `last`."""
        return {(block.hash, index) for block in self.blocks[: max(0, last + 1)] for index in range(block.events)}

    @property
    def confirmed(self) -> set[Place]:
        """Where there are events that have the network's confirmations."""
        head = len(self.blocks) - 1
        return self.places(self.final if self.confirmations is None else head - self.confirmations + 1)

    @property
    def final(self) -> int:
        return max(0, len(self.blocks) - 1 - 10)

    def chain(self) -> Chain:
        url = "http://127.0.0.1:1"
        network = Network(name="forked", rpc_url=url, chain_id=CHAIN_ID, confirmations=self.confirmations)
        return Chain(network, self)

    def ask(self, method: str, params: list[Any]) -> Any:
        """As a pool of endpoints is asked."""
        try:
            return self.answer(method, list(params))
        except RpcAnswer as refusal:
            raise RpcError(f"network 'forked' refused {method}: {refusal.error['message']}") from None

    def answer(self, method: str, params: list[Any]) -> Any:
        """As an RPC endpoint answers."""
        self.requests += 1
        self.before(self.requests)
        methods: dict[str, Callable[..., Any]] = {
            "eth_chainId": lambda: hex(CHAIN_ID),
            "eth_blockNumber": lambda: hex(len(self.blocks) - 1),
            "eth_getBlockByNumber": self.header,
            "eth_getLogs": self.logs,
        }
        return methods[method](*params)

    def header(self, tag: str, full: bool) -> Any:
        number = self.final if tag == "finalized" else int(tag, 16)
        if number >= len(self.blocks):
            return None
        block = self.blocks[number]
        return {"number": hex(number), "hash": block.hash, "parentHash": block.parent}

    def logs(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        if "blockHash" in query:
            found = [block for block in self.blocks if block.hash == query["blockHash"]]
            if not found:
                raise RpcAnswer({"code": -32000, "message": "unknown block"})
            return logs_in(found)
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        self.ranges.append((first, last))
        if last >= len(self.blocks):
            raise RpcAnswer({"code": -32602, "message": "block range extends beyond current head block"})
        if last - first >= self.widest:
            raise RpcAnswer({"code": -32000, "message": "block range too large"})
        logs = logs_in(self.blocks[first : last + 1])
        if len(logs) > self.most:
            raise RpcAnswer({"code": -32005, "message": f"query returned more than {self.most} results"})
        return logs


def logs_in(blocks: list[Block]) -> list[dict[str, Any]]:
    return [log(block, index) for block in blocks for index in range(block.events)]


def log(block: Block, index: int) -> dict[str, Any]:
    """The event of this index in a block."""
    word = "0x" + "00" * 12 + ACCOUNT[2:].lower()
    return {
        "address": GATEWAY.address.lower(),
        "topics": [event_topic(ABI, "InferenceVerified"), MODEL, "0x" + "55" * 32, word],
        "data": "0x" + encode(["bytes"], [b""]).hex(),
        "blockNumber": hex(block.number),
        "blockHash": block.hash,
        "transactionHash": keccak_of(f"{block.hash}{index}".encode()),
        "logIndex": hex(index),
        "removed": False,
    }


def unreachable(number: int) -> None:
    """As `ForkedChain.before`: nobody answers."""
    raise ConnectionFailed("network 'forked' could not be reached")
