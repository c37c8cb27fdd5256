"""What a model looks like from outside: its JSON Schema, which editors complete and check YAML from."""

from typing import Any

from tilth.config.strict import Strict


def json_schema(model: type[Strict]) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of what may be written in YAML, field descriptions included."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
