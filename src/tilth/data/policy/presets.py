"""Named sets of policy settings, and the resolution of a recipe's policy against one."""

from tilth.config.policy import Policy
from tilth.data.policy.licence_classes import DEFAULT_LISTS
from tilth.data.policy.rules import Setting

_NONE: dict[str, Setting] = {name: None for name in Policy.model_fields if name != "preset"}
_NONE["permissive_lists"] = DEFAULT_LISTS

_STACK_V2: dict[str, Setting] = _NONE | {
    "licences": ("permissive", "no_license"),
    "permissive_lists": ("blue_oak", "scancode"),
    "unknown_language": "drop",
    "generated": "drop",
    "size_max": 10 * 2**20 - 1,
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

_TILTH: dict[str, Setting] = _STACK_V2 | {
    "licences": ("permissive",),
    "permissive_lists": DEFAULT_LISTS,
    "vendored": "drop",
    "empty": "drop",
    "size_max": 2**20,
    "lines_max": 20_000,
    "line_mean_max": 120,
    "data_lines_max": 2000,
    "text_names": "any",
}

_STARCODER: dict[str, Setting] = _NONE | {
    "licences": ("permissive",),
    "permissive_lists": ("blue_oak", "scancode"),
    "unknown_language": "drop",
    "line_max": 1000,
    "line_mean_max": 100,
    "alpha_min": 0.25,
    "html_visible_min_chars": 100,
    "html_visible_min_fraction": 0.2,
    "settings_chars_min": 50,
    "settings_chars_max": 5000,
    "settings_alpha_min": 0.5,
    "xml_declared": "drop",
}

PRESETS: dict[str, dict[str, Setting]] = {
    "tilth": _TILTH,
    "stack-v2": _STACK_V2,
    "starcoder": _STARCODER,
    "none": _NONE,
}
"""The presets; why `tilth` differs from `stack-v2` is argued in docs/design/default_policy.md."""


def settings_of(policy: Policy) -> dict[str, Setting]:
    """Every setting with the value that holds: the policy's own (null turns a rule off), else its preset's."""
    own = {name: getattr(policy, name) for name in _NONE if name in policy.model_fields_set}
    return PRESETS[policy.preset] | own
