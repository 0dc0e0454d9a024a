"""Scratch folders: kept while their owner lives, removed once it is dead, whatever its process id."""

import signal
import subprocess
import sys

from zkchain.scratch import scratch_folder, sweep

OWNER = """
import sys, time
from pathlib import Path
from zkchain.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


def owner(root):
    process = subprocess.Popen([sys.executable, "-c", OWNER, str(root)], stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def test_a_folder_is_private_and_gone_afterwards(tmp_path):
    root = tmp_path / "cache" / "scratch"
    with scratch_folder(root) as folder:
        assert folder.parent == root
        assert folder.stat().st_mode & 0o777 == 0o700
        assert root.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_a_living_owner_keeps_its_folder_and_a_dead_one_does_not(tmp_path):
    process, held = owner(tmp_path)
    try:
        with scratch_folder(tmp_path):
            assert sorted(path.name for path in tmp_path.iterdir() if str(path) == held)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        with scratch_folder(tmp_path) as mine:
            assert [path for path in tmp_path.iterdir() if path.is_dir()] == [mine]
    finally:
        process.kill()
        process.communicate()


def test_what_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / "notes").mkdir()
    with scratch_folder(tmp_path):
        pass
    assert (tmp_path / "notes").is_dir()


def test_a_sweep_takes_folders_files_and_links_with_its_prefix_only(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    (tmp_path / ".[x]-one").mkdir()
    (tmp_path / ".[x]-two").touch()
    (tmp_path / ".[x]-three").symlink_to(tmp_path / "kept")
    sweep(tmp_path, ".[x]-")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept" / "file").is_file()
