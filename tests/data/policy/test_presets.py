from tilth.config.load import check
from tilth.config.policy import Policy
from tilth.data.policy.presets import PRESETS, settings_of


def policy(**said: object) -> Policy:
    return check(Policy, said)


def test_settings_of_a_preset_hold_where_nothing_is_said() -> None:
    for name, settings in PRESETS.items():
        assert settings_of(policy(preset=name)) == settings


def test_own_settings_win_and_null_turns_a_rule_off() -> None:
    found = settings_of(policy(preset="stack-v2", line_max=7, generated=None, languages=["C"]))
    assert (found["line_max"], found["generated"], found["languages"]) == (7, None, ("C",))
    assert found["line_mean_max"] == 100


def test_every_preset_has_every_setting() -> None:
    names = set(Policy.model_fields) - {"preset"}
    assert all(set(settings) == names for settings in PRESETS.values())


def test_stack_v2_is_the_papers() -> None:
    # StarCoder 2 and The Stack v2, arXiv:2402.19173, sections 2 and 4.
    assert {name: value for name, value in PRESETS["stack-v2"].items() if value is not None} == {
        "licences": ("permissive", "no_license"),
        "permissive_lists": ("blue_oak", "scancode"),
        "unknown_language": "drop",
        "generated": "drop",
        "size_max": 10_485_759,
        "lines_max": 100_000,
        "line_max": 1000,
        "line_max_data": 100_000,
        "line_mean_max": 100,
        "alpha_min": 0.25,
        "alphanum_min_assembly": 0.25,
        "encoded_run_max": 1024,
        "encoded_fraction_max": 0.5,
        "data_lines_max": 512,
        "html_visible_min_chars": 100,
        "html_visible_min_fraction": 0.2,
        "text_names": "known",
    }


def test_starcoder_is_the_papers() -> None:
    # StarCoder, arXiv:2305.06161, section 3.1.
    found = {name: value for name, value in PRESETS["starcoder"].items() if value is not None}
    assert (found["line_max"], found["line_mean_max"], found["alpha_min"]) == (1000, 100, 0.25)
    assert (found["settings_chars_min"], found["settings_chars_max"], found["settings_alpha_min"]) == (
        50,
        5000,
        0.5,
    )
    assert (found["html_visible_min_chars"], found["html_visible_min_fraction"]) == (100, 0.2)
    assert found["xml_declared"] == "drop"
