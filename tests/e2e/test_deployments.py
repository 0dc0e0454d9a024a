"""Deployments as a person reads them, at the end of the whole path."""


def test_the_journeys_deployment_is_listed_checked_shown_and_exported(journey, tmp_path):
    here = journey.zkchain.here
    listed = here("deployments", "list", "--network", "local", "--json").json["deployments"]
    (mine,) = [line for line in listed if line["name"] == "tiny"]
    assert mine["address"] == journey.steps["deploy"].json["contracts"]["tiny"]
    checked = here("deployments", "check", "--network", "local", "--json")
    assert checked.exit_code == 0, checked.out
    assert checked.json["agrees"]
    shown = here("deployments", "show", "tiny", "--network", "local", "--json").json
    assert shown["facts"]["circuit_digest"] == journey.steps["compile"].json["circuit_digest"]
    out = tmp_path / "contracts.json"
    arguments = ("--network", "local", "--format", "json", "--out", out)
    assert here("deployments", "export", *arguments, "--json").json["path"] == str(out)
    assert mine["address"] in out.read_text()
    assert mine["address"] in here("deployments", "list").out


def test_an_unknown_name_is_an_error(journey):
    result = journey.zkchain.here("deployments", "show", "nobody", "--network", "local", "--json")
    assert result.json["error"] == "deployment.not_found"
