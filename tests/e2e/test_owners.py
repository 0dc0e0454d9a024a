"""What owners, guardians and relayers do at the command line: each is one account, by its key in the environment."""

from collections.abc import Iterator

import pytest

from zkchain.chain.dev_accounts import dev_key
from zkchain.chain.devnet import stop_devnet
from zkchain.chain.signer import dev_signer

from .conftest import write_inputs
from .runner import Result, Zkchain

OWNER, GUARDIAN, RELAYER = (dev_signer(index) for index in range(3))
NETWORK = ("--network", "local")


class Desk:
    """One account at one project."""

    def __init__(self, zkchain: Zkchain, index: int) -> None:
        self._zkchain, self._key = zkchain, dev_key(index).hex()

    def does(self, *words: str) -> Result:
        result = self._zkchain.here(*words, *NETWORK, "--json", ZKCHAIN_PRIVATE_KEY=self._key)
        assert self._key not in result.out + result.err
        return result


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zkchain]:
    zkchain = Zkchain(cwd=tmp_path_factory.mktemp("project"), home=tmp_path_factory.mktemp("home"))
    write_inputs(zkchain.cwd)
    for more in ((), ("--max-error", "0.5", "--out", "coarse.bundle")):
        assert zkchain.here("compile", "tiny.onnx", "--samples", "samples.json", *more).exit_code == 0
    yield zkchain
    stop_devnet(zkchain.home)


@pytest.fixture
def desks(project: Zkchain) -> list[Desk]:
    return [Desk(project, index) for index in range(3)]


def deployed(owner: Desk, name: str, bundle: str = "tiny.bundle") -> None:
    assert owner.does("deploy", bundle, "--name", name).exit_code == 0


def proved(account: Desk, name: str, *more: str) -> str:
    path = f"{name}.proof.json"
    done = account.does("prove", "tiny.bundle", "--input", "input.json", "--name", name, "--out", path, *more)
    assert done.exit_code == 0
    return path


def test_a_guardian_stops_a_model_for_ever_and_nothing_else(desks: list[Desk]):
    owner, guardian, stranger = desks
    deployed(owner, "guarded")
    proof = proved(owner, "guarded")
    assert owner.does("models", "guardian", "guarded", GUARDIAN.address).json["guardian"] == GUARDIAN.address
    for refused in (
        guardian.does("models", "transfer", "guarded", GUARDIAN.address),
        stranger.does("models", "stop", "guarded", "--yes"),
        guardian.does("models", "stop", "guarded"),
    ):
        assert refused.exit_code != 0
    assert owner.does("models", "show", "guarded").json["stopped"] is False
    assert guardian.does("models", "stop", "guarded", "--yes").json["stopped"] is True
    late = owner.does("submit", proof)
    assert late.exit_code == 13
    assert late.json["facts"]["error"] == "ModelIsStopped"


def test_a_model_changes_hands_only_when_it_is_accepted(desks: list[Desk]):
    owner, buyer, stranger = desks
    deployed(owner, "sold")
    offered = owner.does("models", "transfer", "sold", GUARDIAN.address).json
    assert (offered["owner"], offered["offered_to"]) == (OWNER.address, GUARDIAN.address)
    assert stranger.does("models", "accept", "sold").exit_code != 0
    assert buyer.does("models", "accept", "sold").json["owner"] == GUARDIAN.address
    assert owner.does("models", "guardian", "sold", OWNER.address).exit_code != 0
    assert owner.does("deployments", "check", "sold").exit_code != 0  # the record names the owner of the deployment


def test_an_identifier_stands_for_a_version_and_for_the_next_one_only_after_a_day(desks: list[Desk]):
    owner, _, stranger = desks
    deployed(owner, "first")
    deployed(owner, "second", "coarse.bundle")
    published = owner.does("models", "publish", "first").json
    first, second = (owner.does("models", "show", name).json["model_id"] for name in ("first", "second"))
    assert published["version_id"] == first
    assert stranger.does("models", "update", published["model_id"], "second").exit_code != 0
    updated = owner.does("models", "update", published["model_id"], "second").json
    assert (updated["version_id"], updated["next_version_id"]) == (first, second)
    assert updated["next_at"] > 0


def test_one_account_signs_and_another_submits_and_pays(desks: list[Desk]):
    owner, stranger, relayer = desks
    deployed(owner, "relayed")
    proof = proved(owner, "relayed")
    assert relayer.does("submit", proof).exit_code == 13
    permit = owner.does("permit", proof, "--relayer", RELAYER.address).json["permit"]
    assert stranger.does("submit", proof, "--permit", permit).exit_code == 13
    done = relayer.does("submit", proof, "--permit", permit)
    assert done.exit_code == 0
    assert done.json["event"]["account"] == OWNER.address
    assert relayer.does("submit", proof, "--permit", permit).exit_code == 13
