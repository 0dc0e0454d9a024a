"""`zkchain he keygen|encrypt|infer|decrypt`."""

from collections.abc import Mapping
from pathlib import Path

import click

from ..circuit.bundle import MODEL
from ..config import read_config
from ..errors import UsageError
from ..files import write_json
from ..pipeline.engine import make_engine
from ..pipeline.he import (
    Decrypted,
    KeysMade,
    Written,
    answer_query,
    decrypt_answer,
    encrypt_input,
    make_key_folder,
)
from ..pipeline.he_proof import Behind, Checking, Vouching
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
@click.option("--out", type=PATH, required=True, help="Where the query goes; keep a copy to check the answer by.")
@click.option("--challenge", type=PATH, help="A public input to be proved beside the answer.  [default: one is drawn]")
def encrypt_command(screen: Screen, *, folder: Path, input_path: Path, out: Path, challenge: Path | None) -> Answer:
    """Encrypt an input, or several, which cost no more than one.

    With the query goes a challenge, in the clear: what the server is to prove, to show which model it has.
    """
    return _written("query", encrypt_input(folder, input_path, out, challenge_path=challenge, report=screen.report))


@command(
    "infer",
    examples=[
        "zkchain he infer model.bundle --key public.key --query query.bin --out answer.bin",
        "zkchain he infer model.onnx --key public.key --query query.bin --out answer.bin",
    ],
)
@click.argument("model", type=PATH)
@click.option("--key", "key_path", type=PATH, required=True, help="The client's public.key.")
@click.option("--query", "query_path", type=PATH, required=True, help="What the client encrypted.")
@click.option("--out", type=PATH, required=True, help="Where the encrypted answer goes.")
@click.option("--bundle", type=PATH, help="Prove with this bundle, where MODEL is an .onnx file.")
@dims_option
def infer_command(
    screen: Screen,
    *,
    model: Path,
    key_path: Path,
    query_path: Path,
    out: Path,
    bundle: Path | None,
    dims: Mapping[str, int],
) -> Answer:
    """Compute MODEL on an encrypted query. The server learns the number of rows, and nothing of what is in them.

    MODEL is a bundle whose parameters are hashed; then the answer says what is behind it, by a proof of the query's
    challenge: that its maker has the model that the bundle commits to. It does not say that the encrypted answer came
    from it. With an .onnx file alone, nothing is proved.
    """
    if model.is_dir():
        if bundle is not None:
            raise UsageError("MODEL is a bundle already", remedy="leave --bundle out")
        bundle, model = model, model / MODEL
    vouching = None if bundle is None else Vouching(bundle=bundle, prover=make_engine(read_config()))
    done = answer_query(model, key_path, query_path, out, dims=dims, vouching=vouching, report=screen.report)
    return _written("answer", done)


@command(
    "decrypt",
    examples=[
        "zkchain he decrypt --key mykey --query query.bin --answer answer.bin --bundle model.bundle --network sepolia",
        "zkchain he decrypt --key mykey --answer answer.bin --unproved --out answer.json",
    ],
)
@click.option("--key", "folder", type=PATH, required=True, help="Folder that keygen made.")
@click.option("--answer", "answer_path", type=PATH, required=True, help="What the server computed.")
@click.option("--query", type=PATH, help="Your own copy of what was asked; the proof has to be for it.")
@click.option("--bundle", type=PATH, help="The model that has to be behind the answer.")
@click.option("--network", metavar="NAME", help="Where that model has to be registered, too.")
@click.option("--name", metavar="NAME", help="Under which name, where it is deployed several times.")
@click.option("--unproved", is_flag=True, help="Take the server's word instead.")
@click.option("--out", type=PATH, help="Write the outputs to this file too.")
def decrypt_command(
    screen: Screen,
    *,
    folder: Path,
    answer_path: Path,
    query: Path | None,
    bundle: Path | None,
    network: str | None,
    name: str | None,
    unproved: bool,
    out: Path | None,
) -> Answer:
    """Check what is behind an answer, decrypt it, finish it, and say how far it may be off.

    Keep the exact digits from the server.
    """
    checking = None
    if unproved and (bundle or query or network or name):
        raise UsageError("--unproved checks nothing", remedy="leave it out, or leave out what would be checked")
    if not unproved:
        if bundle is None or query is None:
            raise UsageError(
                "what has to be behind the answer is not said",
                remedy="give --query with your query and --bundle with the registered model, or --unproved",
            )
        if name is not None and network is None:
            raise UsageError("--name goes with --network", remedy="add --network NAME")
        config = read_config()
        checking = Checking(
            query=query, bundle=bundle, config=config, prover=make_engine(config), network=network, name=name
        )
    found = decrypt_answer(folder, answer_path, checking=checking, report=screen.report)
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
        facts["circuit"] = None if done.proof is None else done.proof.circuit
        lines.append(("behind it", "nothing is proved" if done.proof is None else f"circuit {done.proof.circuit}"))
    return Answer(facts=facts, lines=lines)


def _outputs(found: Decrypted) -> dict[str, object]:
    return {
        "rows": found.rows,
        "model": found.model,
        "error_bound": found.accuracy.bound,
        "accuracy": found.accuracy.to_json(),
        "behind": None if found.behind is None else found.behind.to_json(),
    }


def _behind(behind: Behind | None) -> list[Line]:
    if behind is None:
        return [("behind it", "the server's word: nothing was checked")]
    lines: list[Line] = [
        ("behind it", f"parameters {behind.params}, circuit {behind.circuit[:14]}, proved for this query"),
        ("", "whoever answered has this model; that the answer came from it is not proved"),
    ]
    if behind.srs == "dev":
        lines.append(("SRS", "development: whoever made it can forge proofs"))
    return lines if behind.model_id is None else [*lines, ("registered", behind.model_id)]


def _decrypted(found: Decrypted, out: Path | None) -> Answer:
    lines: list[Line] = []
    for index, row in enumerate(found.rows[:20]):
        shown = "; ".join(f"{name} {', '.join(f'{value:.6g}' for value in row[name][:8])}" for name in row)
        lines.append((f"row {index}", shown))
    if len(found.rows) > len(lines):
        lines.append(f"and {len(found.rows) - len(lines)} rows more")
    lines += _accuracy(found.accuracy)
    lines += _behind(found.behind)
    if out is not None:
        lines.append(("written", str(out)))
    return Answer(facts={**_outputs(found), "out": None if out is None else str(out.absolute())}, lines=lines)
