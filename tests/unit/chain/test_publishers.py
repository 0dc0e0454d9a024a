"""Sourcify's and Etherscan's interfaces, against a stand-in on loopback that answers as their documents say."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest

from zkchain.chain.publishers import Etherscan, Publication, Source, Sourcify, check_service
from zkchain.errors import ConfigError, PublicationFailed, UsageError
from zkchain.pipeline.publication import publish_sources, publisher_for
from zkchain.values import address

KEY = "etherscan-key-5ec2e7"
SOURCE = Source(
    name="ModelRegistry",
    address=address("0x5FbDB2315678afecb367f032d93F642f64180aa3"),
    chain_id=11155111,
    identifier="contracts/ModelRegistry.sol:ModelRegistry",
    compiler="0.8.30+commit.73712a01",
    standard_json=json.dumps({"language": "Solidity", "sources": {}, "settings": {}}),
    arguments="00" * 32,
    creation_tx="0x" + "ab" * 32,
)
WHERE = f"11155111/{SOURCE.address}"


@dataclass
class Service:
    """Gives the answers it was given, one after another, and keeps what it was asked."""

    answers: list[tuple[int, object]]
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    url: str = ""


@contextmanager
def service(*answers: tuple[int, object]) -> Iterator[Service]:
    found = Service(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            is_json = "json" in self.headers.get("Content-Type", "")
            found.asked.append((self.command, self.path, json.loads(raw) if is_json else dict(parse_qsl(raw))))
            status, answer = found.answers.pop(0)
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815 - named by http.server

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_sourcify_is_handed_the_source_and_asked_until_it_has_a_verdict():
    job = {"isJobCompleted": False, "verificationId": "job-1"}
    done = {"isJobCompleted": True, "contract": {"match": "exact_match", "address": SOURCE.address}}
    with service((202, {"verificationId": "job-1"}), (200, job), (200, done)) as stand_in:
        assert Sourcify(stand_in.url, pause=0).publish(SOURCE) == Publication("exact_match")
    (first, *others) = stand_in.asked
    assert first[:2] == ("POST", f"/v2/verify/{WHERE}")
    assert first[2] == {
        "stdJsonInput": json.loads(SOURCE.standard_json),
        "compilerVersion": "0.8.30+commit.73712a01",
        "contractIdentifier": SOURCE.identifier,
        "creationTransactionHash": SOURCE.creation_tx,
    }
    assert [(method, path) for method, path, _ in others] == [("GET", "/v2/verify/job-1")] * 2


def test_what_sourcify_has_verified_before_counts_as_it_was_verified():
    taken = {"customCode": "already_verified", "message": "Contract is already verified", "errorId": "1"}
    with service((409, taken), (200, {"match": "match"})) as stand_in:
        assert Sourcify(stand_in.url, pause=0).publish(SOURCE) == Publication("match")
    assert stand_in.asked[1][:2] == ("GET", f"/v2/contract/{WHERE}")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([(400, {"customCode": "unsupported_chain", "message": "The chain 5 is not supported"})], "not supported"),
        ([(429, {"message": "slow down"})], "slow down"),
        ([(202, {"verificationId": 7})], "HTTP status 202"),
        ([(500, b"<html>")], "no JSON object"),
        ([(200, b'{"a": 1, "a": 2}')], "no JSON object"),
        ([(202, {"verificationId": "x"}), (404, {"message": "no such job"})], "no such job"),
        (
            [(202, {"verificationId": "x"}), (200, {"isJobCompleted": True, "contract": {"match": None}})],
            "does not match",
        ),
        ([(202, {"verificationId": "x"}), (200, {"isJobCompleted": True})], "does not match"),
        (
            [
                (202, {"verificationId": "x"}),
                (200, {"isJobCompleted": True, "error": {"message": "no_match: differs"}}),
            ],
            "no_match",
        ),
        ([(307, {})], "status 307"),
    ],
)
def test_everything_but_a_match_from_sourcify_is_an_error(answers: list[tuple[int, object]], words: str):
    with service(*answers) as stand_in, pytest.raises(PublicationFailed, match=words):
        Sourcify(stand_in.url, pause=0).publish(SOURCE)
    assert len(stand_in.asked) == len(answers)


def test_etherscan_gets_its_key_in_the_body_alone(caplog: pytest.LogCaptureFixture):
    answers = [
        (200, {"status": "1", "message": "OK", "result": "guid-1"}),
        (200, {"status": "0", "message": "NOTOK", "result": "Pending in queue"}),
        (200, {"status": "1", "message": "OK", "result": "Pass - Verified"}),
    ]
    caplog.set_level(logging.DEBUG)
    with service(*answers) as stand_in:
        publisher = Etherscan(KEY, stand_in.url, pause=0)
        assert publisher.publish(SOURCE) == Publication("Pass - Verified")
    assert {path for _, path, _ in stand_in.asked} == {"/v2/api?chainid=11155111"}
    handed, *checks = [form for _, _, form in stand_in.asked]
    assert handed == {
        "apikey": KEY,
        "module": "contract",
        "action": "verifysourcecode",
        "contractaddress": SOURCE.address,
        "sourceCode": SOURCE.standard_json,
        "codeformat": "solidity-standard-json-input",
        "contractname": SOURCE.identifier,
        "compilerversion": "v0.8.30+commit.73712a01",
        "constructorArguements": SOURCE.arguments,
    }
    assert {form["guid"] for form in checks} == {"guid-1"}
    assert caplog.text
    assert KEY not in caplog.text + repr(publisher)


@pytest.mark.parametrize("when", ["at once", "later"])
def test_what_etherscan_has_verified_before_is_no_failure(when: str):
    before = (200, {"status": "0", "message": "NOTOK", "result": "Contract source code already verified"})
    first = [] if when == "at once" else [(200, {"status": "1", "message": "OK", "result": "guid"})]
    with service(*first, before) as stand_in:
        assert Etherscan(KEY, stand_in.url, pause=0).publish(SOURCE) == Publication("already verified")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {"status": "0", "message": "NOTOK", "result": f"Invalid API Key {KEY}"}), "Invalid API Key"),
        ((200, {"status": "0", "message": "NOTOK", "result": "Fail - Unable to verify"}), "Unable to verify"),
        ((200, {"status": "1"}), "HTTP status 200"),
        ((403, {"message": "no"}), "no"),
        ((200, b"[]"), "no JSON object"),
    ],
)
def test_everything_but_a_match_from_etherscan_is_an_error_without_the_key(answer: tuple[int, object], words: str):
    with service(answer) as stand_in, pytest.raises(PublicationFailed, match=words) as caught:
        Etherscan(KEY, stand_in.url, pause=0).publish(SOURCE)
    assert KEY not in json.dumps(caught.value.to_json())


def test_a_body_without_end_is_cut_off():
    with service((200, b" " * (2**20 + 1))) as stand_in, pytest.raises(PublicationFailed, match="no JSON object"):
        Sourcify(stand_in.url, pause=0).publish(SOURCE)


def test_nobody_there_is_an_error():
    with service() as gone:
        pass
    with pytest.raises(PublicationFailed, match="did not answer"):
        Sourcify(gone.url, pause=0).publish(SOURCE)


@pytest.mark.parametrize("url", ["http://example.com", "http://127.0.0.1.example.com"])
def test_sources_and_keys_travel_encrypted_or_not_at_all(url: str):
    with pytest.raises(UsageError, match="https"):
        check_service(url)
    with pytest.raises(UsageError, match="https"):
        publisher_for("sourcify", url=url)


def test_what_is_no_url_is_not_repeated():
    with pytest.raises(ConfigError) as caught:
        check_service(f"ftp://{KEY}")
    assert KEY not in caught.value.message


def test_a_key_is_given_by_reference_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OUR_KEY", KEY)
    assert publisher_for("etherscan", key="env:OUR_KEY") == Etherscan(KEY)
    with pytest.raises(UsageError) as caught:
        publisher_for("etherscan", key=KEY)
    assert KEY not in json.dumps(caught.value.to_json())
    with pytest.raises(ConfigError, match="ETHERSCAN_API_KEY"):
        publisher_for("etherscan")
    with pytest.raises(UsageError, match="no API key"):
        publisher_for("sourcify", key="env:OUR_KEY")


@dataclass
class Audited:
    """As much of an audit as publishing looks at."""

    matches: bool


def test_nothing_is_published_of_what_does_not_match_or_no_service_knows():
    with service() as stand_in:
        nobody = Sourcify(stand_in.url, pause=0)
        with pytest.raises(PublicationFailed, match="differences"):
            publish_sources(Audited(matches=False), [SOURCE], nobody)
    with pytest.raises(UsageError, match="devnet"):
        publish_sources(Audited(matches=True), [replace(SOURCE, chain_id=31337)], Sourcify())
    assert stand_in.asked == []
