"""Words that can rot: versions, links, locks, and traces of the machine on which something was written."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import zkchain

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

#: What belongs to one machine, not to the product. Spelled so that this file does not contain it.
FOREIGN = re.compile(
    "|".join(
        [
            r"(?<![\w.])/(work|root|home/\w+|tmp/x)/",
            "pypi" + r"\.(org|python)",
            "pythonhosted" + r"\.org",
            "registry" + r"\.npmjs",
            "yarnpkg" + r"\.com",
            "(?<!emit-)index-" + "url",
        ]
    )
)
#: A key as text. Public development keys are derived from their mnemonic, so none is needed.
PRIVATE_KEY = re.compile(r"(?i)private.?key\W{1,5}(0x)?[0-9a-f]{64}\b")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize(
    "text", ["see /ro" + "ot/notes", "cd /wo" + "rk/main", "--index-" + "url x", "https://registry." + "npmjs.org"]
)
def test_a_trace_of_one_machine_would_be_found(text):
    assert FOREIGN.search(text)


@pytest.mark.parametrize("text", ["a/root/b", "/worker", "https://eips.ethereum.org", "/tmp/tour", "network/root/"])
def test_ordinary_text_is_no_trace(text):
    assert not FOREIGN.search(text)


@pytest.mark.parametrize("pattern", [FOREIGN, PRIVATE_KEY], ids=["machine", "key"])
def test_no_tracked_file_holds_a_trace_of_a_machine_or_a_key(pattern):
    found = []
    for path in tracked():
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line[:120]}")
    assert found == []


def test_the_version_is_said_once_everywhere():
    released = re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released is not None
    assert released[1] == zkchain.__version__ == PROJECT["project"]["version"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {
                re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
            }


def test_every_environment_variable_is_documented():
    names = {
        name
        for path in (ROOT / "zkchain").rglob("*.py")
        for name in re.findall(r"\"(ZKCHAIN_[A-Z_]+)\"", path.read_text())
    }
    manual = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert names
    assert [name for name in sorted(names) if f"`{name}`" not in manual] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_exact_versions_with_hashes(lock):
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^ *#.*\n", "", lock.read_text()))
    assert len(entries) > 1
    for entry in entries:
        assert re.match(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_every_runtime_dependency_is_locked_and_justified():
    names = {re.split(r"[<>=~!; \[]", entry)[0] for entry in PROJECT["project"]["dependencies"]}
    locked = set(re.findall(r"(?m)^([a-z0-9-]+)==", (ROOT / "requirements" / "run.txt").read_text()))
    reasons = (ROOT / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8")
    assert names <= locked
    assert [name for name in sorted(names) if f"| `{name}` |" not in reasons] == []


def test_what_is_locked_to_run_is_what_is_tested():
    run, dev = (
        dict(re.findall(r"(?m)^([a-z0-9-]+)==([^\s;]+)", (ROOT / "requirements" / name).read_text()))
        for name in ("run.txt", "dev.txt")
    )
    assert {name: dev.get(name) for name in run} == run
