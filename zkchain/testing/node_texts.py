"""What nodes say when they refuse a transaction. Each client has its own words and codes for the same thing."""

from dataclasses import dataclass
from typing import Literal

Client = Literal["geth", "erigon", "nethermind", "besu", "anvil"]
Refusal = Literal["known", "nonce_low", "replacement", "underpriced", "funds", "full"]


@dataclass(frozen=True, slots=True)
class NodeText:
    """A JSON-RPC error."""

    code: int
    message: str


#: geth: core/txpool/errors.go and core/error.go. erigon: txpoolcfg's discard reasons. nethermind: the names in
#: AcceptTxResult, which older releases send as they are. besu: RpcErrorType.
NODE_TEXTS: dict[Client, dict[Refusal, NodeText]] = {
    "geth": {
        "known": NodeText(-32000, "already known"),
        "nonce_low": NodeText(-32000, "nonce too low: next nonce 8, tx nonce 7"),
        "replacement": NodeText(-32000, "replacement transaction underpriced"),
        "underpriced": NodeText(-32000, "transaction underpriced"),
        "funds": NodeText(-32000, "insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1"),
        "full": NodeText(-32000, "txpool is full"),
    },
    "erigon": {
        "known": NodeText(-32000, "existing tx with same hash"),
        "nonce_low": NodeText(-32000, "nonce too low"),
        "replacement": NodeText(-32000, "could not replace existing tx"),
        "underpriced": NodeText(-32000, "underpriced"),
        "funds": NodeText(-32000, "insufficient funds"),
        "full": NodeText(-32000, "pending sub-pool is full"),
    },
    "nethermind": {
        "known": NodeText(-32010, "AlreadyKnown"),
        "nonce_low": NodeText(-32010, "OldNonce, Current nonce: 8, nonce of rejected tx: 7"),
        "replacement": NodeText(-32010, "ReplacementNotAllowed"),
        "underpriced": NodeText(-32010, "FeeTooLow"),
        "funds": NodeText(-32010, "InsufficientFunds, Account balance: 0, cumulative cost: 1"),
        "full": NodeText(-32010, "FeeTooLowToCompete"),
    },
    "besu": {
        "known": NodeText(-32000, "Known transaction"),
        "nonce_low": NodeText(-32001, "Nonce too low"),
        "replacement": NodeText(-32000, "Replacement transaction underpriced"),
        "underpriced": NodeText(-32009, "Gas price below configured minimum gas price"),
        "funds": NodeText(-32004, "Upfront cost exceeds account balance"),
        "full": NodeText(-32000, "Transaction pool is full"),
    },
    "anvil": {
        "known": NodeText(-32003, "transaction already imported"),
        "nonce_low": NodeText(-32003, "nonce too low"),
        "replacement": NodeText(-32003, "replacement transaction underpriced"),
        "underpriced": NodeText(-32003, "max fee per gas less than block base fee"),
        "funds": NodeText(-32003, "Insufficient funds for gas * price + value"),
        "full": NodeText(-32003, "transaction pool is full"),
    },
}
