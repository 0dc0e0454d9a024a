"""What a child's end means."""

import pytest

from zkchain.errors import EngineDiskFull, EnginePanicked
from zkchain.halo2.outcome import failure_error


@pytest.mark.parametrize(
    "text",
    [
        "Failed to run setup: [io] No space left on device (os error 28)",
        'called `Result::unwrap()` on an `Err` value: Os { code: 28, kind: StorageFull, message: "No space left" }',
        'Os { code: 122, kind: QuotaExceeded, message: "Disk quota exceeded" }',
    ],
)
def test_a_full_disk_is_no_bug_of_the_engine(text: str) -> None:
    for kind in ("RuntimeError", "PanicException"):
        assert isinstance(failure_error("build", {"kind": kind, "message": text}, 2**30), EngineDiskFull)


def test_another_panic_is_one() -> None:
    told = {"kind": "PanicException", "message": "Os { code: 2, kind: NotFound }"}
    assert isinstance(failure_error("build", told, 2**30), EnginePanicked)
