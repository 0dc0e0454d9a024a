"""The page about the command line says what the commands say."""

from scripts.write_cli_reference import MARK, PAGE, reference

from .test_main import LEAVES

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_generated_part_is_current():
    written, mark, generated = TEXT.partition(MARK)
    assert written
    assert mark + generated == reference()


def test_every_command_option_and_example_is_there():
    _, _, generated = TEXT.partition(MARK)
    for path, command in LEAVES:
        section = generated.split(f"## zkchain {' '.join(path)}\n")[1].split("\n## ")[0]
        for parameter in (one for one in command.params if not getattr(one, "hidden", False)):
            assert (parameter.opts[0] if parameter.param_type_name == "option" else parameter.name.upper()) in section
        assert all(example in section for example in command.examples)
