"""Who gets a discount, and who does not. Nothing here knows whether the prover is the real one."""

from pathlib import Path

import pytest

from zkchain.errors import AlreadyRecorded, BindingRefused, TransactionReverted

SOURCE = Path(__file__).parents[1] / "contracts" / "Discount.sol"
GOOD, FAIR, POOR = (
    {"application": [69.071, 0.093, 3.665, 0.0, 0.207, 10.978]},
    {"application": [55.0, 0.2, 4.0, 0.0, 0.3, 8.0]},
    {"application": [30.0, 0.6, 1.0, 4.0, 0.95, 2.0]},
)


@pytest.fixture
def discount(deploy, deployed_model):
    threshold = deployed_model.compiled.fixed_point(2.0)
    return deploy(SOURCE, deployed_model.gateway.address, deployed_model.model_id, threshold)


@pytest.mark.parametrize(("application", "percent"), [(GOOD, 20), (FAIR, 10)], ids=["good", "fair"])
def test_a_proved_score_earns_its_discount_once(discount, deployed_model, prove, account, application, percent):
    proved = prove(application)
    event = deployed_model.submit(proved.proof)
    assert event.outputs == proved.outputs
    discount.send("claim", proved.instances)
    assert discount.call("percentOf", account.address) == percent
    with pytest.raises(TransactionReverted, match=r"AlreadyConsumed\("):
        discount.send("claim", proved.instances)


def test_a_poor_score_earns_none(discount, deployed_model, prove, account):
    proved = prove(POOR)
    deployed_model.submit(proved.proof)
    with pytest.raises(TransactionReverted, match=r"ScoreTooLow\("):
        discount.send("claim", proved.instances)
    assert discount.call("percentOf", account.address) == 0


def test_a_score_that_nobody_submitted_earns_none(discount, prove):
    with pytest.raises(TransactionReverted, match=r"NotRecorded\("):
        discount.send("claim", prove(GOOD).instances)


def test_nobody_uses_the_score_of_another(discount, deployed_model, prove, accounts):
    proved = prove(GOOD)
    with pytest.raises(BindingRefused):
        deployed_model.submit(proved.proof, signer=accounts[2])
    deployed_model.submit(proved.proof)
    with pytest.raises(TransactionReverted, match=r"NotYourInference\("):
        discount.send("claim", proved.instances, signer=accounts[2])


def test_a_better_score_than_the_proved_one_is_not_recorded(discount, deployed_model, prove):
    proved = prove(POOR)
    deployed_model.submit(proved.proof)
    with pytest.raises(TransactionReverted, match=r"NotRecorded\("):
        discount.send("claim", [proved.instances[0] + 1, *proved.instances[1:]])


def test_a_statement_counts_once(deployed_model, prove):
    proved = prove(GOOD)
    deployed_model.submit(proved.proof)
    with pytest.raises(AlreadyRecorded):
        deployed_model.submit(proved.proof)
