"""Run a party and record what passes: arguments, environment, messages, standard error, TCP bytes, and its files.

Used as `recorded_party.py FOLDER TRICK ROLE PATH`. TRICK is "none", "stranger" (somebody connects to the party's port
and talks rubbish) or "forger" (the sum that the party of client 1 has written is changed).
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

from zkchain.training.aggregate import PartyCommand

FOLDER, TRICK, *ARGUMENTS = sys.argv[1:] if __name__ == "__main__" else ["", ""]


def record(name: str, data: bytes) -> None:
    with (Path(FOLDER) / f"{os.getpid()}.{name}").open("ab") as file:
        file.write(data)


def forward(source: socket.socket, target: socket.socket) -> None:
    while data := source.recv(1 << 16):
        record("tcp", data)
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


def copy(source: str, target: str) -> None:
    """The bytes and the mode of one open file: by its name it may be gone between the two."""
    with contextlib.suppress(FileNotFoundError), Path(source).open("rb") as file:  # moved into place meanwhile
        Path(target).write_bytes(file.read())
        Path(target).chmod(os.fstat(file.fileno()).st_mode)


def proxy(port: int) -> int:
    """A port that leads to `port` and records both directions."""
    server = socket.create_server(("127.0.0.1", 0), backlog=64)

    def accept() -> None:
        while True:
            near, _ = server.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=forward, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(server.getsockname()[1])


def main() -> None:
    child = subprocess.Popen(
        [*PartyCommand().argv, *ARGUMENTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    strangers = []

    def downwards() -> None:
        for line in sys.stdin.buffer:
            record("stdin", line)
            message = json.loads(line)
            if "parent_pid" in message:
                message["parent_pid"] = os.getpid()
            child.stdin.write(json.dumps(message).encode() + b"\n")
            child.stdin.flush()
        child.stdin.close()

    threading.Thread(target=downwards, daemon=True).start()
    for number, line in enumerate(child.stdout):
        record("stdout", line)
        for name in ("cmdline", "environ") if number == 0 else ():  # by now its program runs
            record(name, Path(f"/proc/{child.pid}/{name}").read_bytes())
        message = json.loads(line)
        shutil.copytree(
            Path.cwd().parent, Path(FOLDER) / f"{os.getpid()}.files", copy_function=copy, dirs_exist_ok=True
        )
        if "port" in message and TRICK == "stranger":
            strangers.append(socket.create_connection(("127.0.0.1", message["port"])))
            strangers[-1].sendall(b"\x01\x00" + bytes(100))
        if "port" in message:
            message["port"] = proxy(message["port"])
        if "done" in message and TRICK == "forger" and Path.cwd().name == "client-1":
            path = Path("sum.json")
            values = json.loads(path.read_text())["values"]
            path.write_text(json.dumps({"values": [values[0] + 1, *values[1:]]}))
        sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
        sys.stdout.buffer.flush()
    record("stderr", child.stderr.read())
    os._exit(child.wait())  # the thread that waits for more input would make an ordinary end abort, now and then


if __name__ == "__main__":
    main()
