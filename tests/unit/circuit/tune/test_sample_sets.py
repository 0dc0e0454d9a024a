"""Large circuits are judged on fewer samples, the same number on every machine."""

import pytest

from zkchain.circuit.tune import SampleSets


@pytest.mark.parametrize(("cells", "judged", "calibration"), [(0, 16, 32), (10_000, 16, 32), (900_000, 2, 4)])
def test_samples_are_as_many_as_the_circuit_affords(cells, judged, calibration):
    one = [[0.0]]
    samples = SampleSets(
        calibration=[one] * 32, judged=[one] * 16, references=[one] * 16, widest=[one], stretched=[one]
    )
    found = samples.affordable(cells)
    assert (len(found.judged), len(found.references), len(found.calibration)) == (judged, judged, calibration)
