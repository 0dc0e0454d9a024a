"""Where numbers stand in the vectors that a federation commits to, and how much salt each carries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..record import Record
from .grid import from_grid, salt_limbs, summed_bits
from .network import Network

#: Proofs of the server that may open one model's weights: as new ones, as old ones twice, and for their hash.
_SERVER_PROOFS = 4

#: What may leave a client: every coordinate within a limit, or nothing at all when the whole is longer than one.
BoundKind = Literal["none", "coordinate", "length"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout(Record):
    """Everything that decides the circuits of a federation but for the size of their tables."""

    architecture: Network
    batch: int  #: samples in one proof
    scale: int  #: bits after the point, of every committed number
    clip: float  #: longest gradient of one sample, by its Euclidean norm
    noisy: bool  #: whether a client adds noise
    clients: int  #: most clients in a round
    uses: int  #: most proofs about one batch
    divisor: float  #: a power of two: the new weights are the old ones plus the sum of the updates over this
    bound: BoundKind = "none"
    limit: float = 0.0
    attempts: int = 2  #: proofs that each client may make from one model: all but one in rounds that came to nothing
    bridged: bool = False  #: whether batches may be tied to hashes that their owner registered before

    @property
    def limb_bits(self) -> int:
        """Bits of a limb of the salt that is summed with the updates."""
        return summed_bits(self.clients)

    @property
    def data_salt(self) -> int:
        """Limbs behind a batch: it stands under one commitment and is opened by every proof about it, a bridge too."""
        return salt_limbs(self.proofs_of_batch + self.bridged)

    @property
    def proofs_of_batch(self) -> int:
        """Most proofs that a client makes about one batch: what is shown too late is not accepted, and yet seen."""
        return self.uses + self.attempts - 1

    @property
    def bridge_salt(self) -> int:
        """Limbs behind the salt of a hash where a bridge commits to it, which one proof opens."""
        return salt_limbs(1)

    @property
    def weights_salt(self) -> int:
        """Limbs behind the weights: every proof of a client's that begins with them opens them, and the server's do."""
        return salt_limbs(self.clients * self.attempts + _SERVER_PROOFS, 1, self.limb_bits)

    @property
    def noise_salt(self) -> int:
        """Limbs behind the noise, which one proof opens.

        The update has others: with the same ones, the difference of the two commitments, which are public, would be one
        to the bare sum of gradients, and anybody could try what that is.
        """
        return salt_limbs(1)

    @property
    def update_salt(self) -> int:
        """Limbs that factors and update share: two commitments, each opened once, and the sum's."""
        return salt_limbs(3, 3, self.limb_bits)

    @property
    def factor_salt(self) -> int:
        """Limbs behind the factors that clip the gradients, which one proof opens."""
        return salt_limbs(1, 1, self.limb_bits)

    def samples(self, data: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Features [batch, features] and targets [batch, targets] of a committed batch, in floating point."""
        net, n = self.architecture, self.batch
        values = np.array(from_grid(data[: n * (net.features + net.targets)], self.scale))
        x, y = np.split(values, [n * net.features])
        return x.reshape(n, net.features), y.reshape(n, net.targets)

    @property
    def values_length(self) -> int:
        """Of a batch without salt."""
        return self.batch * (self.architecture.features + self.architecture.targets)

    @property
    def data_length(self) -> int:
        """Of the vector [features of all samples by rows | targets by rows | salt]."""
        return self.values_length + self.data_salt

    @property
    def weights_length(self) -> int:
        """Of the vector [parameters | salt]."""
        return self.architecture.parameters + self.weights_salt

    @property
    def update_length(self) -> int:
        """Of the vector [sum of gradients, noise added | salt of the update | salt for the next weights]."""
        return self.architecture.parameters + self.salts_length

    @property
    def salts_length(self) -> int:
        """Of what stands behind the parameters in an update."""
        return self.update_salt + self.weights_salt

    @property
    def factor_length(self) -> int:
        """Of the vector [a factor a sample | salt | what stands behind the update]."""
        return self.batch + self.factor_salt + self.salts_length

    @property
    def noise_length(self) -> int:
        """Of the vector [noise, if there is any | salt]."""
        return (self.architecture.parameters if self.noisy else 0) + self.noise_salt
