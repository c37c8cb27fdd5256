"""What worker processes import; apart from the rest, so that they can begin while the build itself is imported."""

PRELOAD = (
    "tilth.data.stages.listing",
    "tilth.data.stages.reading",
    "tilth.data.stages.writing",
    "tilth.data.facts.kernels",
    "tilth.data.facts.licence.file_facts",
    "tilth.data.sources.git.delta_kernel",
)
"""Modules that worker processes have before their first task."""
