"""Errors about a sum that is not that of what was proved: finding it, disputing it, and answering."""

from .training import TrainingError


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

    code = "training.dispute.off"
    default_remedy = "set training.disputes in the plan of the next federation"


class SumMatches(DisputeRefused):
    """There is nothing to dispute: the sum is that of what was proved."""

    code = "training.dispute.unfounded"
    default_remedy = "close the round: zkchain train coordinator PLAN"


class NotInDispute(DisputeRefused):
    """No dispute is open, or this client has no part in it."""

    code = "training.dispute.none"
    default_remedy = "reveal nothing and strike nobody unless a round is in phase reveal"


class NobodyToStrike(DisputeRefused):
    """Everybody who had to reveal has done so."""

    code = "training.dispute.answered"
    default_remedy = "close the round with what was revealed: zkchain train coordinator PLAN"


class OpeningWrong(TrainingError):
    """What is kept of an update is not what was proved, so that revealing it would be refused."""

    code = "training.opening"
    default_remedy = "restore the owner's folder from before the proof"


class ClientStruck(TrainingError):
    """This client was shut out of the federation."""

    code = "training.struck"
    default_remedy = "ask the coordinator why; what the data has spent stays spent"
