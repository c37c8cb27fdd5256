"""Every kind of tasks that a release can be made into."""

from typing import Final

from tilth.tasks.builder import Builder
from tilth.tasks.builders.checked import CHECKED
from tilth.tasks.builders.documented import DOCUMENTATION, FUNCTION
from tilth.tasks.builders.edits import EDIT
from tilth.tasks.builders.fim import FIM
from tilth.tasks.builders.repository import REPOSITORY_CONTEXT

BUILDERS: Final[dict[str, Builder]] = {
    one.kind: one for one in (REPOSITORY_CONTEXT, FIM, FUNCTION, DOCUMENTATION, EDIT, CHECKED)
}
"""Kind -> its builder."""
