"""Errors about private training: plans, data sets, circuits that have to chain, rounds and what they spend."""

from .base import ZkchainError


class TrainingError(ZkchainError):
    """A federation cannot be set up or carried on."""

    code = "training"
    exit_code = 17


class PlanInvalid(TrainingError):
    """The plan of a federation cannot be read or contradicts itself."""

    code = "training.plan"
    default_remedy = "correct the named entry of the plan"


class OffGrid(TrainingError):
    """A number cannot be written on the grid on which circuits and sums compute."""

    code = "training.grid"
    default_remedy = "scale the data down, or choose a smaller scale in the plan"


class DataMismatch(TrainingError):
    """A data set does not fit the plan, or is not what was registered."""

    code = "training.data"
    default_remedy = "register the data that the plan describes"


class ChainingBroken(TrainingError):
    """Two circuits would commit to the same numbers differently, so that their proofs could not be joined."""

    code = "training.chaining"
    default_remedy = "give both circuits the same scale, size, order and logrows"


class BridgeBroken(TrainingError):
    """Nothing shows that the data in a federation are those that their owner had registered before."""

    code = "training.bridge"
    default_remedy = "let the owner run: zkchain train client PLAN --as NAME; or train without it"


class CircuitUnfit(TrainingError):
    """A training step does not fit a circuit of the plan's size."""

    code = "training.circuit"
    default_remedy = "lower batch, or raise logrows in the plan"


class EpsilonOutOfReach(TrainingError):
    """The privacy that was asked for cannot be kept, or has been spent."""

    code = "training.epsilon"
    default_remedy = "raise epsilon, or take fewer rounds"


class RoundFailed(TrainingError):
    """A round did not come to its end."""

    code = "training.round"
    default_remedy = "run the same command again: finished steps are kept"


class NoiseForged(RoundFailed):
    """An owner opened noise that does not follow from its secrets, so that its update may not change the model."""

    code = "training.noise"
    default_remedy = "run the same command again: it leaves the round as soon as it may, and goes on without the owner"


class SaltForged(RoundFailed):
    """An owner's update has salt beyond the range in which it is drawn, so that no circuit can read the sum."""

    code = "training.salt"
    default_remedy = "run the same command again: it leaves the round as soon as it may, and goes on without the owner"


class SumUnmatched(TrainingError):
    """The sum of a round's updates is not that of the updates that were proved, and nobody can be asked for theirs."""

    code = "training.sum"
    default_remedy = "set training.disputes in the plan of the next federation, so that the owner is named"


class DisputeRefused(TrainingError):
    """A dispute cannot be opened, answered or ended as things are."""

    code = "training.dispute"
    default_remedy = "wait until the round is there; zkchain train audit shows what it is doing"


class DisputesOff(DisputeRefused):
    """The federation was set up without disputes, so nobody has to reveal anything."""

    code = "training.disputes_off"
    default_remedy = "set training.disputes in the plan of the next federation"


class SumMatches(DisputeRefused):
    """There is nothing to dispute: the sum is that of what was proved."""

    code = "training.sum_matches"
    default_remedy = "close the round: zkchain train coordinator PLAN"


class NotInDispute(DisputeRefused):
    """No dispute is open, or this client has no part in it."""

    code = "training.no_dispute"
    default_remedy = "reveal nothing and strike nobody unless a round is in phase reveal"


class NobodyToStrike(DisputeRefused):
    """Everybody who had to reveal has done so."""

    code = "training.nobody_to_strike"
    default_remedy = "close the round with what was revealed: zkchain train coordinator PLAN"


class OpeningWrong(TrainingError):
    """What is kept of an update is not what was proved, so that revealing it would be refused."""

    code = "training.opening"
    default_remedy = "restore the owner's folder from before the proof"


class ClientStruck(TrainingError):
    """This client was shut out of the federation."""

    code = "training.struck"
    default_remedy = "ask the coordinator why; what the data has spent stays spent"


class LineageBroken(TrainingError):
    """A model cannot be traced back to registered data: a link is missing or wrong."""

    code = "training.lineage"
    exit_code = 1
    default_remedy = "do not trust the model as trained by this federation"


class IdentityRefused(TrainingError):
    """A certificate or key of a federation is missing, open to others, or not what its name says."""

    code = "training.identity"
    default_remedy = "run: zkchain train certify PLAN --as NAME --tls FOLDER, and exchange the .pem files again"


class BoardUnreachable(TrainingError):
    """The coordinator's board does not answer, cannot be opened, or lets nobody of this name in."""

    code = "training.board"
    default_remedy = "check the address, that the coordinator runs, and that both sides have each other's certificates"


class BoardUntrue(TrainingError):
    """What the coordinator's board says is not what the ledger or the plan says."""

    code = "training.board_untrue"
    default_remedy = "do not train with this coordinator before you know why; nothing was given away"
