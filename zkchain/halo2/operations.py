"""What the child can do with ezkl. Runs only inside `halo2.child`; nothing else may import this module.

Every operation takes plain JSON arguments whose file names are absolute paths, writes only to paths it was
given, and returns plain JSON. Instances and outputs leave as 32-byte words, most significant byte first.
"""

import asyncio
import json
import time
from collections.abc import Callable
from math import ceil, floor
from pathlib import Path
from typing import Any

import ezkl

from ..values import MODULUS

Arguments = dict[str, Any]
Stage = Callable[[str], None]

#: What ends a whole request rather than one candidate of it.
_NOT_A_REFUSAL = (KeyboardInterrupt, SystemExit, MemoryError)
#: ezkl computes with 128-bit integers; beyond this many bits a product of two of them may overflow.
_MOST_BITS = 60
#: What decompositions are tried to hold, in steps of half a bit, with as few digits of at most so many bits as there
#: can be, since every digit takes cells and time.
_ROOMS = [half / 2 for half in range(2 * 4, 2 * _MOST_BITS + 1)]
_DIGIT_BITS = 14

#: Not a run argument of ezkl's: one more public instance, the last, which no constraint touches. Every instance enters
#: the transcript before the first challenge, so a proof holds for the value it was made with and for no other.
_TAGGED = "tagged"

#: ezkl's own choice for verifiers: answered by our stub compiler, so nothing is downloaded or compiled here.
_CANNED_ABI = '{"contracts":{"a":{"Halo2Verifier":{"abi":[]},"Halo2VerifierReusable":{"abi":[]}}}}'


def make_settings(args: Arguments, stage: Stage) -> dict[str, Any]:
    """Settings for one choice of run arguments, calibrated on samples. Keys of `run_args` override ezkl's defaults."""
    stage("laying out the circuit")
    ezkl.gen_settings(args["model"], args["settings"], _run_args(args["run_args"]))
    calibration = args["calibration"]
    if calibration is not None:
        stage("calibrating")
        ezkl.calibrate_settings(args["data"], args["model"], args["settings"], "resources", **calibration)
    return {"settings": _with_tag(args["settings"], args["run_args"])}


def build(args: Arguments, stage: Stage) -> dict[str, Any]:
    """Compile the circuit and make its keys."""
    stage("compiling the circuit")
    ezkl.compile_circuit(args["model"], args["circuit"], args["settings"])
    stage("making the keys")
    started = time.monotonic()
    ezkl.setup(args["circuit"], args["verifying_key"], args["proving_key"], args["srs"], None, False)
    return {"setup_seconds": time.monotonic() - started}


def compile_only(args: Arguments, stage: Stage) -> dict[str, Any]:
    """Compile the circuit without keys."""
    stage("compiling the circuit")
    ezkl.compile_circuit(args["model"], args["circuit"], args["settings"])
    return {}


def witness(args: Arguments, stage: Stage) -> dict[str, Any]:
    """Run the circuit's forward pass on each of `inputs`; nothing is proved."""
    stage("running the circuit on the samples")
    return {"witnesses": [_witness(args["circuit"], data, args["witness"]) for data in args["inputs"]]}


def prove(args: Arguments, stage: Stage) -> dict[str, Any]:
    """Prove a witness file, with the tag that a tagged circuit takes, and check the proof with the verifying key."""
    if args["tag"]:
        _write_tag(args["witness"], args["tag"])
    stage("proving")
    started = time.monotonic()
    ezkl.prove(args["witness"], args["circuit"], args["proving_key"], args["proof"], args["srs"])
    seconds = time.monotonic() - started
    proof = _read(args["proof"])
    stage("checking the proof")
    valid = ezkl.verify(args["proof"], args["settings"], args["verifying_key"], args["srs"], False)
    instances = [_word(felt) for column in proof["instances"] for felt in column]
    if args["tag"] and instances[-1] != args["tag"]:
        raise ValueError("the proof does not end with its tag")
    return {"valid": bool(valid), "prove_seconds": seconds, "instances": instances, "proof": proof["hex_proof"]}


def verify(args: Arguments, stage: Stage) -> dict[str, Any]:
    """Check a proof file. ezkl answers an invalid proof by an exception whose text says so."""
    stage("verifying")
    try:
        valid = bool(ezkl.verify(args["proof"], args["settings"], args["verifying_key"], args["srs"], False))
    except RuntimeError as error:
        if not str(error).startswith("Failed to run verify: [halo2]"):
            raise
        return {"valid": False, "reason": str(error)}
    return {"valid": valid, "reason": "" if valid else "the proof does not hold"}


def commit(args: Arguments, stage: Stage) -> dict[str, Any]:
    """KZG commitments of `vectors` of signed integers, as a circuit with these keys commits its tensors."""
    stage("committing")
    points = []
    for vector in args["vectors"]:
        found: Any = ezkl.kzg_commit(_felts(vector), args["verifying_key"], args["settings"], args["srs"])
        points.append([_word(point.x) + _word(point.y).removeprefix("0x") for point in found])
    return {"points": points}


def poseidon(args: Arguments, stage: Stage) -> dict[str, Any]:
    """Poseidon hashes of `vectors` of signed integers, as circuits hash their tensors."""
    stage("hashing")
    return {"hashes": [_word(ezkl.poseidon_hash(_felts(vector))[0]) for vector in args["vectors"]]}


def make_srs(args: Arguments, stage: Stage) -> dict[str, Any]:
    """A development SRS: its maker could forge proofs."""
    stage(f"making the development SRS, k={args['k']}")
    ezkl.gen_srs(args["srs"], args["k"])
    return {}


def render(args: Arguments, stage: Stage) -> dict[str, Any]:
    """Solidity of this circuit's own verifier, or of the shared one and this circuit's key artifact (VKA)."""
    stage("rendering the verifier")
    _install_stub_compiler(Path.home())
    scratch = Path.home()
    source, abi, vka, settings = (str(scratch / name) for name in ("verifier.sol", "abi.json", "vka", "settings.json"))
    Path(settings).write_text(json.dumps(_scaled(_read(args["settings"]))), encoding="utf-8")
    common = (args["verifying_key"], settings)
    asyncio.run(_finished(ezkl.create_evm_verifier, *common, source, abi, args["srs"], args["shared"]))
    if args["shared"]:
        asyncio.run(_finished(ezkl.create_evm_vka, *common, vka, args["srs"]))
    return {
        "source": Path(source).read_text(encoding="utf-8"),
        "vka": Path(vka).read_bytes().hex() if args["shared"] else "",
    }


def survey(args: Arguments, stage: Stage) -> dict[str, Any]:
    """Lay the model out for each of `variants` and run it on `inputs`; a refusal concerns one variant alone."""
    candidates: list[dict[str, Any]] = []
    started = time.monotonic()
    for number, variant in enumerate(args["variants"], 1):
        if candidates and time.monotonic() - started > args["seconds"]:
            break
        stage(f"trying candidate {number} of {len(args['variants'])}")
        began = time.monotonic()
        found: dict[str, Any] = {"settings": {}, "witnesses": [], "refusal": ""}
        try:
            found["settings"], found["witnesses"] = _tried(args, variant)
        except _NOT_A_REFUSAL:
            raise
        except BaseException as error:  # noqa: BLE001 - a Rust panic arrives as a BaseException
            found["refusal"] = str(error)[:500]
        candidates.append({**found, "seconds": time.monotonic() - began})
    return {"candidates": candidates}


def least_bits(args: Arguments, stage: Stage) -> dict[str, Any]:
    """For each of `variants`, the fewest bits among `_ROOMS` whose decompositions hold the model on all `inputs`."""
    stage("measuring the range of values")
    return {"bits": [_least_bits(args, variant) for variant in args["variants"]]}


def _least_bits(args: Arguments, variant: dict[str, Any]) -> float | None:
    low, high = 0, len(_ROOMS)  # the answer is one of _ROOMS[low:high], or there is none
    while low < high:
        middle = (low + high) // 2
        legs = ceil(_ROOMS[middle] / _DIGIT_BITS)
        base = floor(2 ** (_ROOMS[middle] / legs))  # rounded down: what it holds, any circuit of as many bits holds
        try:
            _tried(args, {**variant, "decomp_base": base, "decomp_legs": legs})
        except _NOT_A_REFUSAL:
            raise
        except BaseException:  # noqa: BLE001 - a Rust panic arrives as a BaseException
            low = middle + 1
        else:
            high = middle
    return _ROOMS[low] if low < len(_ROOMS) else None


OPERATIONS: dict[str, Callable[[Arguments, Stage], dict[str, Any]]] = {
    function.__name__: function
    for function in (
        make_settings,
        survey,
        least_bits,
        build,
        compile_only,
        witness,
        prove,
        verify,
        commit,
        poseidon,
        make_srs,
        render,
    )
}


async def _finished(function: Callable[..., Any], *args: Any) -> None:
    """Await one of ezkl's async calls, and give its worker thread time to let go of the interpreter."""
    await function(*args)
    await asyncio.sleep(0.05)


def _tried(args: Arguments, run_args: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    scratch = Path(args["scratch"])
    settings, circuit, out = (str(scratch / name) for name in ("trial.settings", "trial.circuit", "trial.witness"))
    ezkl.gen_settings(args["model"], settings, _run_args(run_args))
    found = _with_tag(settings, run_args)
    if not args["inputs"]:
        return found, []
    ezkl.compile_circuit(args["model"], circuit, settings)
    return found, [_witness(circuit, data, out) for data in args["inputs"]]


def _with_tag(path: str, run_args: dict[str, Any]) -> Any:
    """The settings at `path`, there too with one more instance when the run arguments ask for a tag."""
    settings = _read(path)
    if run_args.get(_TAGGED):
        settings["model_instance_shapes"].append([1])
        Path(path).write_text(json.dumps(settings), encoding="utf-8")
    return settings


def _scaled(settings: dict[str, Any]) -> dict[str, Any]:
    """`settings` with a scale for every public tensor, which a VKA wants: the tag's, if there is one, is zero."""
    run_args, public = settings["run_args"], {"input": 0, "output": 0}
    for name in public:
        if run_args[f"{name}_visibility"] == "Public":
            public[name] = len(settings[f"model_{name}_scales"])
    extra = len(settings["model_instance_shapes"]) - sum(public.values())
    if extra not in (0, 1):
        raise ValueError(f"{extra} public tensors more than the model has")
    return {**settings, "model_output_scales": [*settings["model_output_scales"], *[0] * extra]}


def _write_tag(witness: str, word: str) -> None:
    """Append the tag to the public outputs of a witness file, where ezkl takes a proof's last instances from."""
    found = _read(witness)
    found["outputs"].append([bytes.fromhex(word.removeprefix("0x"))[::-1].hex()])
    Path(witness).write_text(json.dumps(found), encoding="utf-8")


def _run_args(overrides: dict[str, Any]) -> ezkl.PyRunArgs:
    """ezkl's default run arguments but for `overrides`."""
    run_args = ezkl.PyRunArgs()
    for name, value in overrides.items():
        if name == _TAGGED:
            continue
        setattr(run_args, name, tuple(value) if isinstance(value, list) else value)
    return run_args


def _witness(circuit: str, data: str, out: str) -> dict[str, Any]:
    started = time.monotonic()
    ezkl.gen_witness(data, circuit, out, None, None)
    seconds = time.monotonic() - started
    found = _read(out)
    return {
        "seconds": seconds,
        "outputs": [[_word(felt) for felt in tensor] for tensor in found["outputs"]],
        "lookup_low": int(found["min_lookup_inputs"]),
        "lookup_high": int(found["max_lookup_inputs"]),
        "range_high": int(found["max_range_size"]),
    }


def _felts(vector: list[int]) -> list[str]:
    return [(value % MODULUS).to_bytes(32, "little").hex() for value in vector]


def _word(little_endian_hex: str) -> str:
    return "0x" + bytes.fromhex(little_endian_hex)[::-1].hex()


def _read(path: str) -> Any:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def _install_stub_compiler(home: Path) -> None:
    """Put an executable where ezkl looks for solc 0.8.20; it reads its input and prints an empty ABI.

    ezkl wants a compiler only for the ABI, which we discard: the source is compiled by our pinned compiler.
    """
    folder = home / ".svm" / "0.8.20"
    folder.mkdir(parents=True, exist_ok=True)
    stub = folder / "solc-0.8.20"
    stub.write_text(
        "#!/bin/sh\n"
        'case "$1" in --version) echo "Version: 0.8.20+commit.a1b79de6.Linux.g++";; '
        f"*) cat >/dev/null; printf '%s' '{_CANNED_ABI}';; esac\n"
    )
    stub.chmod(0o700)
