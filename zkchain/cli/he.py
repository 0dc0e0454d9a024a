"""`zkchain he keygen|encrypt|infer|decrypt`."""

from collections.abc import Mapping
from pathlib import Path

import click

from ..config import read_config
from ..errors import UsageError
from ..files import write_json
from ..pipeline.engine import make_engine
from ..pipeline.he import (
    Decrypted,
    KeysMade,
    Vouching,
    Written,
    answer_query,
    decrypt_answer,
    encrypt_input,
    make_key_folder,
)
from ..training.he.activations import DEGREES
from ..training.he.measure import Accuracy
from .answer import Answer, Line, byte_count
from .command import command
from .output import Screen
from .parameters import PATH, dims_option


@click.group("he", no_args_is_help=False)
def entry() -> None:
    """Have a model answer an encrypted question; whoever computes the answer sees neither.

    For linear models and small networks. The client runs keygen, encrypt and decrypt, the server infer.
    """


@command(
    "keygen",
    examples=[
        "zkchain he keygen --model model.onnx --out mykey",
        "zkchain he keygen --model network.onnx --samples calibration.json --degree 7 --out mykey",
    ],
)
@click.option("--model", "model_path", type=PATH, required=True, help="The model that will be asked.")
@click.option("--out", type=PATH, required=True, help="Folder for the keys; nothing may be there.")
@click.option("--samples", type=PATH, help="Inputs that set the ranges; the server learns these. No private ones.")
@click.option(
    "--degree",
    type=click.Choice([str(degree) for degree in DEGREES]),
    default=str(DEGREES[-1]),
    show_default=True,
    help="Degree of the polynomials for Relu, Sigmoid and Tanh.",
)
@dims_option
def keygen_command(
    screen: Screen, *, model_path: Path, out: Path, samples: Path | None, degree: str, dims: Mapping[str, int]
) -> Answer:
    """Make a key for a model and measure how accurate answers under it are.

    secret.key stays with you; public.key goes to the server.
    """
    made = make_key_folder(model_path, out, samples_path=samples, degree=int(degree), dims=dims, report=screen.report)
    return _keys(made)


@command("encrypt", examples=["zkchain he encrypt --key mykey --input input.json --out query.bin"])
@click.option("--key", "folder", type=PATH, required=True, help="Folder that keygen made.")
@click.option("--input", "input_path", type=PATH, required=True, help="The input, in any form that samples have.")
@click.option("--out", type=PATH, required=True, help="Where the query goes.")
def encrypt_command(screen: Screen, *, folder: Path, input_path: Path, out: Path) -> Answer:
    """Encrypt an input, or several, which cost no more than one."""
    return _written("query", encrypt_input(folder, input_path, out, report=screen.report))


@command(
    "infer",
    examples=[
        "zkchain he infer model.onnx --key public.key --query query.bin --out answer.bin",
        "zkchain he infer model.onnx --key public.key --query query.bin --out answer.bin "
        "--bundle model.bundle --challenge challenge.json",
    ],
)
@click.argument("model", type=PATH)
@click.option("--key", "key_path", type=PATH, required=True, help="The client's public.key.")
@click.option("--query", "query_path", type=PATH, required=True, help="What the client encrypted.")
@click.option("--out", type=PATH, required=True, help="Where the encrypted answer goes.")
@click.option("--bundle", type=PATH, help="Prove --challenge with this bundle, whose parameters are hashed.")
@click.option("--challenge", type=PATH, help="A public input to prove beside the answer.")
@dims_option
def infer_command(
    screen: Screen,
    *,
    model: Path,
    key_path: Path,
    query_path: Path,
    out: Path,
    bundle: Path | None,
    challenge: Path | None,
    dims: Mapping[str, int],
) -> Answer:
    """Compute MODEL on an encrypted query. The server learns the number of rows, and nothing of what is in them.

    A proof that goes with the answer says that its maker has the model that the bundle commits to; it does not say
    that the encrypted answer came from it.
    """
    if (bundle is None) != (challenge is None):
        raise UsageError("--bundle and --challenge go together")
    vouching = None
    if bundle is not None and challenge is not None:
        config = read_config()
        vouching = Vouching(bundle=bundle, challenge=challenge, config=config, prover=make_engine(config))
    done = answer_query(model, key_path, query_path, out, dims=dims, vouching=vouching, report=screen.report)
    return _written("answer", done)


@command(
    "decrypt",
    examples=["zkchain he decrypt --key mykey --answer answer.bin --out answer.json"],
)
@click.option("--key", "folder", type=PATH, required=True, help="Folder that keygen made.")
@click.option("--answer", "answer_path", type=PATH, required=True, help="What the server computed.")
@click.option("--out", type=PATH, help="Write the outputs to this file too.")
def decrypt_command(screen: Screen, *, folder: Path, answer_path: Path, out: Path | None) -> Answer:
    """Decrypt an answer, finish it, and say how far it may be off. Keep the exact digits from the server."""
    found = decrypt_answer(folder, answer_path)
    if out is not None:
        write_json(out, _outputs(found), mode=0o600)
    return _decrypted(found, out)


for part in (keygen_command, encrypt_command, infer_command, decrypt_command):
    entry.add_command(part)


def _keys(made: KeysMade) -> Answer:
    parameters = made.plan.parameters
    facts = {
        "folder": str(made.folder.absolute()),
        "key": made.key,
        "model": made.plan.model,
        "layers": made.layers,
        "ring": parameters.ring,
        "modulus_bits": list(parameters.modulus_bits),
        "scale_bits": parameters.scale_bits,
        "rows": parameters.rows,
        "public_bytes": made.public_bytes,
        "accuracy": made.accuracy.to_json(),
    }
    shape = " → ".join([str(made.layers[0]["inputs"]), *(_layer(layer) for layer in made.layers)])
    lines: list[Line] = [
        ("key", f"{made.key[:14]} in {made.folder}"),
        ("network", shape),
        ("CKKS", f"ring {parameters.ring}, {sum(parameters.modulus_bits)} bits, scale 2^{parameters.scale_bits}"),
        ("public key", byte_count(made.public_bytes)),
        *_accuracy(made.accuracy),
    ]
    return Answer(facts=facts, lines=lines)


def _layer(layer: Mapping[str, object]) -> str:
    return f"{layer['outputs']}" + (f" {layer['activation']}" if layer["activation"] else "")


def _accuracy(accuracy: Accuracy) -> list[Line]:
    what = "made-up inputs within ±4" if accuracy.made_up else "samples"
    lines: list[Line] = []
    for output in accuracy.outputs:
        words = f"off by {output.largest:.2g} at most on {accuracy.samples} {what}"
        if output.labels_changed is not None:
            words = f"{output.labels_changed} of {accuracy.samples} labels changed on {what}"
        lines.append((output.name, words))
    part = f", {accuracy.polynomials:.2g} of it the polynomials'" if accuracy.polynomials else ""
    return [*lines, ("scores", f"off by {accuracy.bound:.2g} at most inside the key's ranges{part}")]


def _written(what: str, done: Written) -> Answer:
    facts: dict[str, object] = {
        what: str(done.path.absolute()),
        "rows": done.rows,
        "bytes": done.size,
        "seconds": round(done.seconds, 3),
    }
    lines: list[Line] = [(what, f"{done.path} ({byte_count(done.size)}, {done.rows} rows, {done.seconds:.1f} s)")]
    if what == "answer":
        facts["proof"] = done.proof
    if done.proof is not None:
        lines.append(("proof", f"{done.proof['file']}, parameters {done.proof['params'][:14]}"))
    return Answer(facts=facts, lines=lines)


def _outputs(found: Decrypted) -> dict[str, object]:
    return {
        "rows": found.rows,
        "model": found.model,
        "error_bound": found.accuracy.bound,
        "accuracy": found.accuracy.to_json(),
        "proof": found.proof,
    }


def _decrypted(found: Decrypted, out: Path | None) -> Answer:
    lines: list[Line] = []
    for index, row in enumerate(found.rows[:20]):
        shown = "; ".join(f"{name} {', '.join(f'{value:.6g}' for value in row[name][:8])}" for name in row)
        lines.append((f"row {index}", shown))
    if len(found.rows) > len(lines):
        lines.append(f"and {len(found.rows) - len(lines)} rows more")
    lines += _accuracy(found.accuracy)
    if found.proof is not None:
        lines.append(("proof", f"{found.proof.get('file')}: run zkchain verify on it; it does not cover the answer"))
    if out is not None:
        lines.append(("written", str(out)))
    return Answer(facts={**_outputs(found), "out": None if out is None else str(out.absolute())}, lines=lines)
