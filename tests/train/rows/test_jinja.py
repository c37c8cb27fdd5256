"""Templates are rendered as transformers renders them, marks included."""

from typing import Any

import pytest
from transformers.utils.chat_template_utils import render_jinja_template

from tests.train.rows.made import MARKED, REWRITING, chat
from tilth.train.rows.jinja import program
from tilth.train.rows.named import TEMPLATES, named_text

TALK = chat("one <b>", "two é", "three", "four")
MORE = {
    "json": "{{ messages | tojson }}{{ messages[0] | tojson(indent=2) }}",
    "loops": "{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{{ m.content }}{% break %}"
    "{% endfor %}",
    "namespace": "{% set n = namespace(x=0) %}{% for m in messages %}{% set n.x = n.x + 1 %}{% endfor %}{{ n.x }}",
    "trimmed": "{% for m in messages %}\n  {%- generation -%}\n x {{ m.content }} \n {%- endgeneration %}\n y\n"
    "{% endfor %}",
    "set inside": "{% set a = 1 %}{% generation %}{% set a = 2 %}{{ a }}{% endgeneration %}{{ a }}",
    "no tools": "{{ tools is none }}{{ documents is defined }}{{ bos_token is defined }}",
    "macro": "{% macro say(m) %}[{{ m.content }}]{% endmacro %}{% for m in messages %}{{ say(m) }}{% endfor %}",
}


@pytest.mark.parametrize("text", [MARKED, REWRITING, *MORE.values(), *TEMPLATES], ids=str)
@pytest.mark.parametrize("ready", [False, True])
def test_as_transformers(text: str, ready: bool) -> None:
    text = named_text(text) if text in TEMPLATES else text
    special: dict[str, Any] = (
        {} if "bos_token is defined" in text else {"bos_token": "<s>", "eos_token": "</s>"}
    )
    has_marks = "generation %}" in text.replace("-%", " %")
    [expected], spans = render_jinja_template(
        [TALK],
        chat_template=text,
        return_assistant_tokens_mask=has_marks,
        add_generation_prompt=ready,
        **special,
    )
    values = {"messages": TALK, "tools": None, "documents": None, "add_generation_prompt": ready, **special}
    found, marked = program(text).render(values)
    assert found == expected
    assert marked == [span for span in (spans[0] if has_marks else []) if span[0] < span[1]]


def test_the_sandbox_holds() -> None:
    with pytest.raises(Exception, match="unsafe"):
        program("{{ messages.__class__.__mro__ }}").render({"messages": TALK})
