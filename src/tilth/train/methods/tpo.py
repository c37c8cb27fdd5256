"""Triple preference optimisation: a reference answer to imitate, beside a chosen and a rejected one."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from tilth.train.batches.packed import Packed
from tilth.train.faces import Method, without_reference
from tilth.train.heads.scores import Scores
from tilth.train.losses.output import LossOutput
from tilth.train.losses.pairs import Pairs
from tilth.train.losses.reference_free import TPO_LOSSES, cpo, imitation
from tilth.train.settings import Settings, check_loss_type
from tilth.train.trainer import Trainer

CHOSEN, REJECTED, REFERENCE = 0, 1, 2
"""Places of the three answers in a row."""


@dataclass
class TPOConfig(Settings):
    """Settings of triple preference optimisation."""

    learning_rate: float = 5e-7
    """Of the optimizer, at its highest."""
    beta: float = 0.01
    """Scale of the reward."""
    label_smoothing: float = 0.0
    """Share of rows whose pair is assumed to be labelled the wrong way round."""
    loss_type: str = "sigmoid"
    """sigmoid, hinge, ipo or tpo-l."""
    tpo_alpha: float = 1.0
    """Weight of imitating the reference answer; 0 leaves it out."""
    tpo_l_gamma: float = 0.5
    """Margin that `tpo-l` asks for."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_loss_type(self.loss_type, TPO_LOSSES)


@dataclass(frozen=True, slots=True)
class Triple:
    """Prefer the chosen answer to the rejected one, and imitate the reference answer."""

    config: TPOConfig
    columns: Sequence[str] = ()
    needs_reference: bool = False

    def counts(self, packed: Packed) -> Sequence[int]:
        """The rows, and the tokens of reference answers."""
        return (packed.num_rows, int(packed.answer_lengths().view(-1, 3)[:, REFERENCE].sum()))

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """One sum over rows, one over tokens."""
        config = self.config
        sums, lengths = (
            one.view(-1, 3) for one in (packed.row_sums(scores["logps"]), packed.answer_lengths())
        )
        preference = cpo(
            Pairs(sums[:, CHOSEN], sums[:, REJECTED]),
            Pairs(lengths[:, CHOSEN], lengths[:, REJECTED]),
            loss_type=config.loss_type,
            beta=config.beta,
            label_smoothing=config.label_smoothing,
            gamma=config.tpo_l_gamma,
        )
        return preference, imitation(sums[:, REFERENCE], lengths[:, REFERENCE], weight=config.tpo_alpha)


class TPOTrainer(Trainer):
    """Trains on three answers to a prompt, without a reference model."""

    __init__ = without_reference(Method("TPO", "triple", TPOConfig, Triple, paper="arXiv:2405.16681"))
