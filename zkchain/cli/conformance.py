"""`zkchain conformance`."""

from pathlib import Path

import click

from .. import values
from ..config import read_config
from ..errors import UsageError
from ..pipeline.conformance import STANDARDS, Conformance, check_conformance
from .answer import Answer, Line
from .command import command
from .output import Screen
from .parameters import PATH


@command(
    "conformance",
    examples=[
        "zkchain conformance 0x5FbDB2315678afecb367f032d93F642f64180aa3 --network local",
        "zkchain conformance 0x5FbDB2315678afecb367f032d93F642f64180aa3 --network local --proof model.proof.json",
        "zkchain conformance 0x5FbDB2315678afecb367f032d93F642f64180aa3 --network local --standard erc7007",
    ],
)
@click.argument("address")
@click.option("--network", metavar="NAME", required=True, help="Where the contract is; nothing is sent.")
@click.option("--standard", type=click.Choice(STANDARDS), default="erc7992", show_default=True, help="Whose rules.")
@click.option("--proof", type=PATH, help="An honest proof for this verifier, bound and not submitted yet.")
def entry(screen: Screen, *, address: str, network: str, standard: str, proof: Path | None) -> Answer:
    """Try the contract at ADDRESS against every rule of a standard; exit code 1 when one does not hold.

    Any registry or verifier of ERC-7992 can be tried, on any chain; and validation registries of ERC-8004, tokens of
    ERC-7007 and proof verifiers of ERC-8274, as far as their rules show without an honest proof. Rules are tried inside
    calls that change nothing.
    """
    return _answer(
        check_conformance(
            _address(address), network, config=read_config(), standard=standard, proof_path=proof, report=screen.report
        )
    )


def _address(text: str) -> values.Address:
    try:
        return values.address(text.lower())
    except ValueError as error:
        raise UsageError(f"{text!r} is not an address: {error}", found=text) from None


def _answer(result: Conformance) -> Answer:
    facts: dict[str, object] = {
        "address": result.address,
        "standard": result.standard,
        "conforms": result.conforms,
        "findings": [finding.to_json() for finding in result.findings],
    }
    width = max(len(finding.rule) for finding in result.findings)
    lines: list[Line] = []
    for finding in result.findings:
        found = f" (found: {finding.found[:80]})" if finding.found and not finding.held else ""
        lines.append(f"{'ok  ' if finding.held else 'FAIL'}  {finding.rule:{width}}  {finding.text}{found}")
    failed = sum(not finding.held for finding in result.findings)
    verdict = "conforms" if result.conforms else "DOES NOT CONFORM"
    lines.append(f"{result.address} {verdict} to {result.standard}: {len(result.findings)} rules, {failed} broken")
    return Answer(facts=facts, lines=lines, good=result.conforms)
