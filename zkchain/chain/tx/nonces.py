"""Which nonce comes next: the lowest that nobody has, so that there are neither gaps nor duplicates."""

from collections.abc import Collection


def next_nonces(pending: int, held: Collection[int], count: int) -> tuple[int, ...]:
    """The `count` lowest nonces from `pending` on that no transaction of the journal holds.

    `pending` is the first nonce that the node knows nothing of: below it the chain and the node's pool have every one,
    ours or not. A node that lags names a lower one, which `held` makes up for.
    """
    taken, found, nonce = set(held), list[int](), pending
    while len(found) < count:
        if nonce not in taken:
            found.append(nonce)
        nonce += 1
    return tuple(found)
