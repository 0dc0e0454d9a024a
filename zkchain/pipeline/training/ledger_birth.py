"""In which block a ledger was created, where no record says so: its events are read from there on."""

from ...chain.client import Chain
from ...chain.create2 import create_address
from ...errors import LineageBroken, RpcError
from ...values import Address

_REMEDY = "give --block N, the block of the transaction that created the ledger: its coordinator and explorers know it"


def created_in(chain: Chain, ledger: Address, said: int | None = None, noted: int | None = None) -> int:
    """The block whose transaction created what stands at `ledger`: as said, as noted, or as the chain shows.

    It is found by the old states of the chain, in as many questions as the number of blocks has bits. Whatever it comes
    from, one of the block's own transactions has to have created the contract: then nothing of this address can have
    spoken before. What was noted is left where it is not so; a devnet may have begun anew.

    Raises LineageBroken where no transaction of the block did, RpcError where the node keeps no old states.
    """
    if said is not None:
        block = said
    elif noted is not None and _creates(chain, noted, ledger):
        return noted
    else:
        block = _first_with_code(chain, ledger)
    if not _creates(chain, block, ledger):
        raise LineageBroken(
            f"no transaction of block {block} created the ledger at {ledger}",
            remedy=_REMEDY if said is not None else f"{_REMEDY}; one that a contract created is not followed",
            ledger=ledger,
            block=block,
        )
    return block


def _creates(chain: Chain, block: int, ledger: Address) -> bool:
    if block > chain.block_number():
        return False
    return any(one.to is None and create_address(one.sender, one.nonce) == ledger for one in chain.sent_in(block))


def _first_with_code(chain: Chain, ledger: Address) -> int:
    """The first block after which there is code, by halving; what has no code now is asked for nothing."""
    none, some = -1, chain.block_number()
    while some - none > 1:
        middle = (none + some) // 2
        try:
            found = bool(chain.code_at(ledger, block=middle))
        except RpcError as error:
            raise RpcError(
                f"the node does not say what stood at {ledger} after block {middle}: {error.message}",
                remedy=_REMEDY,
                block=middle,
            ) from error
        none, some = (none, middle) if found else (middle, some)
    return some
