"""Numbers that a recipe may set as limits: numbers only (no text, no true or false), finite; only scores below 0."""

from typing import Annotated

from pydantic import Field

Count = Annotated[int, Field(strict=True, ge=0)]
"""A whole number of bytes, lines or characters."""
Length = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
"""A number of them that may be an average or a ratio."""
Score = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""What a model gives: any finite number."""
Fraction = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
"""A share, from 0 to 1."""
