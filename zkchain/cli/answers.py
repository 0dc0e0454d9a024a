"""Results of the use cases as answers: the keys of `--json`, and the lines for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..chain.urls import shown
from ..circuit.budget import Budget, Limits
from ..circuit.bundle import FIDELITY, PROVING_KEY, VERIFYING_KEY
from ..records import Bundle, EventNotice, InferenceEvent
from .answer import Answer, Line, byte_count

if TYPE_CHECKING:  # a command imports its own use case, and need not wait for the others'
    from ..pipeline.compile import Compiled
    from ..pipeline.deploy import Deployed
    from ..pipeline.plan import PlanStep
    from ..pipeline.prove import ProveResult
    from ..pipeline.submit import Submitted, SubmittedMany
    from ..proof.check import Verdict

#: Elements of a tensor that a person is shown; --json has them all.
_SHOWN_ELEMENTS = 12
_PROVENANCE = {
    "ceremony": "ceremony (nobody knows the secret)",
    "dev": "dev (whoever made it can forge proofs: for devnets only)",
}


#: What a plan comes to, and the part of its steps that is summed up.
_TOTALS = (("planned_gas", "gas"), ("planned_cost_wei", "cost_wei"))


def compiled(result: Compiled) -> Answer:
    """A bundle that was made or found up to date."""
    bundle = result.bundle
    sizes = {file.name: file.size for file in bundle.files}
    facts: dict[str, object] = {
        "bundle": str(result.folder.absolute()),
        "circuit_digest": bundle.circuit_digest,
        "model_digest": bundle.model.digest,
        "logrows": bundle.logrows,
        "rows": bundle.rows,
        "proving_key_bytes": sizes[PROVING_KEY],
        "verifying_key_bytes": sizes[VERIFYING_KEY],
        "instances": bundle.instances,
        "max_abs_error": bundle.fidelity.max_abs_error,
        "mean_abs_error": bundle.fidelity.mean_abs_error,
        "seconds": result.seconds,
        "samples": bundle.fidelity.samples,
        "fidelity_report": str(result.folder.absolute() / FIDELITY),
        "fidelity_sha256": next(file.sha256 for file in bundle.files if file.name == FIDELITY),
        "visibility": bundle.visibility.to_json(),
        "binding": bundle.binding,
        "stock": bundle.stock,
        "provenance": bundle.srs.provenance,
        "prove_seconds": bundle.prove_seconds,
        "budget": result.budget.to_json(),
        "peak_rss_bytes": bundle.peak_rss_bytes,
        "inputs_by_gas": [cost.to_json() for cost in result.inputs],
        "discloses": [{"kind": part.kind, "tensor": part.tensor, "instances": part.count} for part in bundle.segments],
        "notes": _notes(bundle),
    }
    return Answer(facts=facts, lines=_compiled_lines(result, bundle, sizes))


def _on_chain(budget: Budget) -> str:
    own = "" if budget.verifier_code_bytes <= Limits().code_bytes else ", too much code for a verifier of its own"
    return (
        f"about {budget.verify_gas:,} gas to verify and {budget.deploy_gas:,} to deploy{own}; "
        f"{budget.glamsterdam_verify_gas:,} and {budget.glamsterdam_deploy_gas:,} from Glamsterdam on"
    )


def _disclosed(bundle: Bundle) -> str:
    """What everybody learns from a proof, tensor by tensor."""
    names = {
        "binding": "binding",
        "input_hash": "hash of {}",
        "output_hash": "hash of {}",
        "params_hash": "hash of the parameters",
    }
    return ", ".join(f"{names.get(part.kind, '{}').format(part.tensor)} ({part.count})" for part in bundle.segments)


def _notes(bundle: Bundle) -> list[str]:
    """The model's, and what is known of hashes."""
    if bundle.visibility.input != "hashed":
        return list(bundle.model.notes)
    return [*bundle.model.notes, "an input of few possible values can be found by hashing each of them"]


def _inputs(result: Compiled) -> list[Line]:
    if not result.inputs:
        return []
    best, *others = result.inputs
    rest = ", ".join(f"{cost.verify_gas:,} with input={cost.input}" for cost in others)
    return [("input", f"{best.input}, for {best.verify_gas:,} gas a proof; it would be {rest}")]


def _compiled_lines(result: Compiled, bundle: Bundle, sizes: Mapping[str, int]) -> list[Line]:
    visible = ", ".join(f"{part}={who}" for part, who in bundle.visibility.to_json().items())
    error = bundle.fidelity
    return [
        ("bundle", str(result.folder)),
        ("circuit", bundle.circuit_digest),
        ("size", f"2^{bundle.logrows} rows, {bundle.rows:,} of work over all columns"),
        ("instances", f"{bundle.instances} public: {_disclosed(bundle)}"),
        ("keys", f"{byte_count(sizes[PROVING_KEY])} to prove, {byte_count(sizes[VERIFYING_KEY])} to verify"),
        ("visibility", f"{visible}; binding {'on' if bundle.binding else 'OFF'}"),
        *_inputs(result),
        (
            "accuracy",
            f"error at most {error.max_abs_error:.3g}, mean {error.mean_abs_error:.3g} ({error.samples} samples)",
        ),
        ("on chain", _on_chain(result.budget)),
        ("a proof", f"{bundle.prove_seconds:.1f} s, {byte_count(bundle.peak_rss_bytes)} of memory"),
        ("SRS", _PROVENANCE[bundle.srs.provenance]),
        *(("note", note) for note in _notes(bundle)),
        ("took", f"{result.seconds:.1f} s"),
    ]


def deployed(result: Deployed) -> Answer:
    """A deployment that was made, found, or planned."""
    url = shown(result.rpc_url)
    facts = result.to_json() | {"rpc_url": url}
    if result.plan:
        facts |= {name: sum(getattr(step, part) for step in result.plan) for name, part in _TOTALS}
        return Answer(facts=facts, lines=_plan_lines(result, url))
    state = "was deployed already; nothing was sent" if result.reused else f"deployed, {result.gas_used:,} gas"
    lines: list[Line] = [
        ("model", f"{result.name} {state}"),
        ("chain", f"{result.chain_id} at {url}"),
        *((name, address) for name, address in result.contracts.items()),
        ("verifier", f"{result.verifier}, {result.code_bytes:,} bytes of code"),
        *_cost_lines(result),
        ("circuit", result.circuit_digest),
        ("SRS", _PROVENANCE[result.provenance]),
    ]
    return Answer(facts=facts, lines=lines)


def _plan_lines(result: Deployed, url: str) -> list[Line]:
    head = f"Dry run: nothing was sent. {result.name} on chain {result.chain_id} at {url} would take:"
    gas, cost = (sum(getattr(step, part) for step in result.plan) for part in ("gas", "cost_wei"))
    total = ("in all", f"about {gas:,} gas, {cost / 10**18:.6f} ether at {cost / max(gas, 1) / 10**9:.3f} gwei")
    return [head, *(_step_line(step) for step in result.plan), total, *_cost_lines(result)]


def _step_line(step: PlanStep) -> Line:
    where = f" at {step.address}" if step.address else ""
    if step.action == "reuse":
        return step.contract, f"stands{where}"
    size = f"{step.code_bytes:,} bytes, " if step.code_bytes else ""
    return step.contract, f"{step.action}{where}, {size}about {step.gas:,} gas, {step.cost_wei / 10**18:.6f} ether"


def _cost_lines(result: Deployed) -> list[Line]:
    """What each verifier would cost, where there was a choice."""
    return [
        (f"{cost.verifier} verifier", f"about {cost.deploy_gas:,} gas to deploy, {cost.verify_gas:,} to verify a proof")
        for cost in result.costs
    ]


def proved(result: ProveResult) -> Answer:
    """A proof that was written."""
    binding = result.proof.binding
    facts: dict[str, object] = {
        "proof": str(result.path.absolute()),
        "prove_seconds": result.prove_seconds,
        "witness_seconds": result.witness_seconds,
        "peak_rss_bytes": result.peak_rss_bytes,
        "outputs": dict(result.outputs),
        "instances": [value.word for value in result.proof.instances],
        "circuit_digest": result.proof.circuit_digest,
        "binding": None if binding is None else binding.to_json(),
    }
    lines: list[Line] = [("proof", str(result.path)), *output_lines(result.outputs)]
    if binding is None:
        lines.append(("bound to", "nothing"))
    else:
        whom = binding.account if int(binding.account, 16) else f"request {binding.request}"
        lines.append(("bound to", f"{whom} on chain {binding.chain_id}, gateway {binding.gateway}"))
    lines.append(("took", f"{result.prove_seconds:.1f} s, {byte_count(result.peak_rss_bytes)} of memory"))
    return Answer(facts=facts, lines=lines)


def judged(verdict: Verdict) -> Answer:
    """A verdict, good or not."""
    word = "valid" if verdict.valid else "NOT VALID"
    lines: list[Line] = [("proof", word), ("judged by", verdict.where)]
    if verdict.reason:
        lines.append(("note" if verdict.valid else "because", verdict.reason))
    return Answer(facts=verdict.to_json(), lines=lines, good=verdict.valid)


def submitted(result: Submitted) -> Answer:
    """A submission that the gateway recorded."""
    receipt, event = result.receipt, result.event
    facts: dict[str, object] = {
        "tx_hash": receipt.tx_hash,
        "block": receipt.block,
        "gas_used": receipt.gas_used,
        "event": event.to_json(),
    }
    return Answer(facts=facts, lines=[*event_lines(event), ("gas", f"{receipt.gas_used:,}")])


def submitted_many(result: SubmittedMany) -> Answer:
    """Several submissions in one transaction: what became of each."""
    receipt, pairs = result.receipt, list(zip(result.paths, result.outcomes, strict=True))
    facts: dict[str, object] = {
        "tx_hash": None if receipt is None else receipt.tx_hash,
        "block": None if receipt is None else receipt.block,
        "gas_used": None if receipt is None else receipt.gas_used,
        "results": [
            {
                "proof": str(path.absolute()),
                "accepted": outcome.event is not None,
                "event": None if outcome.event is None else outcome.event.to_json(),
                "refusal": None if outcome.refusal is None else outcome.refusal.to_json(),
            }
            for path, outcome in pairs
        ],
    }
    lines: list[Line] = []
    for path, outcome in pairs:
        lines.append(("proof", str(path)))
        if outcome.event is not None:
            lines += event_lines(outcome.event)
        if outcome.refusal is not None:
            lines.append(("REFUSED", outcome.refusal.message))
        lines.append("")
    accepted = sum(outcome.event is not None for _, outcome in pairs)
    gas = "nothing was sent" if receipt is None else f"{receipt.gas_used:,} gas in transaction {receipt.tx_hash}"
    lines.append(f"{accepted} of {len(pairs)} proofs accepted; {gas}")
    return Answer(facts=facts, lines=lines, good=accepted == len(pairs))


def listed(events: Sequence[InferenceEvent]) -> Answer:
    """Accepted inferences, oldest first."""
    lines: list[Line] = []
    for event in events:
        lines += [*event_lines(event), ""]
    lines.append(f"{len(events)} accepted answer{'' if len(events) == 1 else 's'}")
    return Answer(facts={"events": [event.to_json() for event in events]}, lines=lines)


def noticed(notice: EventNotice) -> Answer:
    """One accepted inference as it is followed, or one that a reorganisation took back."""
    facts = {**notice.to_json(), **notice.event.to_json()}
    del facts["event"]
    head: list[Line] = [f"removed by a reorganisation, {notice.block_hash}:"] if notice.removed else []
    return Answer(facts=facts, lines=[*head, *event_lines(notice.event)])


def event_lines(event: InferenceEvent) -> list[Line]:
    """One accepted inference."""
    return [
        ("model", f"{event.model_name} ({event.model_id})"),
        *output_lines(event.outputs),
        ("account", event.account),
        ("transaction", f"{event.tx_hash} in block {event.block}"),
    ]


def output_lines(outputs: Mapping[str, Sequence[object]]) -> list[Line]:
    """Output tensors by name, long ones cut."""
    return [(f"output {name}", _values(values)) for name, values in outputs.items()]


def _values(values: Sequence[object]) -> str:
    text = ", ".join(f"{value:.6g}" if isinstance(value, float) else str(value) for value in values[:_SHOWN_ELEMENTS])
    return text + (f", ... ({len(values)} in all)" if len(values) > _SHOWN_ELEMENTS else "")
