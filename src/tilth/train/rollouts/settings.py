"""Settings that all online methods share, under TRL's names."""

from dataclasses import dataclass
from typing import Any

from tilth.errors import UserError
from tilth.train.losses.ratios import CORRECTIONS, check_estimator
from tilth.train.rollouts.protocol import Sampling
from tilth.train.settings import ReferenceSettings


@dataclass
class OnlineSettings(ReferenceSettings):
    """The part of a config that is the same for every method whose model answers as it learns."""

    learning_rate: float = 1e-6
    """Of the optimizer, at its highest."""
    max_length: int | None = None
    """Has no meaning here: prompts are never cut, and `max_completion_length` bounds answers."""
    precompute_ref_log_probs: bool | None = False
    """Has no meaning here: what the reference scores did not exist before."""
    num_generations: int = 8
    """Answers to a prompt."""
    num_generations_eval: int | None = None
    """Answers to a prompt in evaluation; as many as in training by default."""
    max_completion_length: int = 512
    """Tokens of an answer."""
    temperature: float = 1.0
    """Of the sampling; the model is scored at the same one."""
    top_p: float = 1.0
    """Sample from the likeliest tokens that reach this share together."""
    top_k: int = 0
    """Sample from so many of the likeliest tokens; 0: all."""
    min_p: float | None = None
    """Sample from tokens at least this share as likely as the likeliest."""
    repetition_penalty: float = 1.0
    """Above 1, tokens that were said before are sampled less."""
    generation_batch_size: int | None = None
    """Answers that are sampled at a time, over all processes."""
    steps_per_generation: int | None = None
    """Batches that these answers make; as many as are accumulated by default."""
    num_iterations: int = 1
    """How often the same answers are learnt from."""
    generation_rows: int = 256
    """Answers that the engine in this process writes at a time."""
    beta: float = 0.0
    """How strongly the reference holds; at 0 there is none."""
    kl_estimator: str = "k3"
    """How far from the reference is measured: k2 or k3 in the loss, k1 in the reward."""
    epsilon: float = 0.2
    """How far below 1 the ratio to the sampled probability may go."""
    epsilon_high: float | None = None
    """How far above 1; as `epsilon` by default."""
    mask_truncated_completions: bool = False
    """Do not learn from answers that were cut."""
    reward_weights: list[float] | None = None
    """One for each reward; all 1 by default."""
    reward_clip_range: list[float] | None = None
    """Least and largest reward of an answer."""
    reward_workers: int = 2
    """Processes that judge; 0: this one, without time-outs."""
    reward_timeout_seconds: float = 60.0
    """After so long, a reward that has not answered is ended."""
    pass_threshold: float = 0.5
    """Answers with a reward above it have passed."""
    curriculum: str = "none"
    """none, or pass_rate: from the second epoch on, prompts come the oftener the nearer half of their answers pass."""
    dynamic_sampling_rounds: int = 0
    """So many times, prompts whose answers all have the same reward make room for others (DAPO)."""
    task_weights: dict[str, float] | None = None
    """Share of each task, where `train_dataset` names several; by their rows by default."""
    shuffle_dataset: bool = True
    """Draw prompts in a random order."""
    chat_template_kwargs: dict[str, Any] | None = None
    """For the chat template."""
    importance_sampling_correction: bool = True
    """Weigh tokens by what trainer and engine think of them, where the engine is another program."""
    vllm_importance_sampling_correction: bool | None = None
    """TRL's name of the same."""
    vllm_importance_sampling_mode: str = "sequence_mask"
    """token or sequence, truncate or mask."""
    vllm_importance_sampling_clip_max: float | None = 3.0
    """Largest weight."""
    vllm_importance_sampling_clip_min: float | None = None
    """Least weight."""
    use_vllm: bool = False
    """Sample with vLLM."""
    vllm_mode: str = "colocate"
    """colocate: in this process; server: over HTTP."""
    vllm_server_base_url: str | list[str] | None = None
    """Addresses of servers."""
    vllm_server_host: str = "0.0.0.0"
    """Where no address is given."""
    vllm_server_port: int = 8000
    """Where no address is given."""
    vllm_server_timeout: float = 240.0
    """Seconds to wait for a server."""
    vllm_weights_folder: str | None = None
    """Where servers read new weights; in memory where they are on this machine, else in the run's folder."""
    vllm_gpu_memory_utilization: float = 0.3
    """Share of a GPU's memory."""
    vllm_max_model_length: int | None = None
    """Tokens of a prompt with its answer; the model's own limit by default."""
    vllm_tensor_parallel_size: int = 1
    """GPUs that share the model."""
    vllm_enable_sleep_mode: bool = False
    """Give a GPU's memory back between samplings."""
    log_completions: bool = False
    """Show a group of answers with every line of metrics."""
    num_completions_to_print: int | None = None
    """So many of them; a whole group by default."""
    save_completions: bool = True
    """Write every answer to `completions/` in the run's folder."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.vllm_importance_sampling_correction is not None:
            self.importance_sampling_correction = self.vllm_importance_sampling_correction
        check_estimator(self.kl_estimator)
        for name, known in (
            ("vllm_importance_sampling_mode", CORRECTIONS),
            ("curriculum", ("none", "pass_rate")),
            ("vllm_mode", ("colocate", "server")),
        ):
            if getattr(self, name) not in known:
                raise UserError(f"`{name}` is `{getattr(self, name)}`", hint=f"one of {', '.join(known)}")
        if self.max_completion_length < 1:
            raise UserError(f"`max_completion_length` is {self.max_completion_length}", hint="1 or more")
        if self.temperature <= 0:
            raise UserError(
                f"`temperature` is {self.temperature}: all answers would be the same",
                hint="above 0, such as 1.0",
            )
        self._plan_generations()

    def _plan_generations(self) -> None:
        """What TRL derives: answers sampled at a time, and the batches that they make."""
        each = self.per_device_train_batch_size * self.world_size
        if self.generation_batch_size is not None and self.steps_per_generation is not None:
            raise UserError("`generation_batch_size` and `steps_per_generation` say the same", hint="set one")
        if self.generation_batch_size is None:
            self.steps_per_generation = self.steps_per_generation or self.gradient_accumulation_steps
            self.generation_batch_size = each * self.steps_per_generation
        elif self.generation_batch_size % each:
            raise UserError(
                f"`generation_batch_size` is {self.generation_batch_size}, no multiple of the {each} answers of a batch"
                f" over {self.world_size} processes"
            )
        else:
            self.steps_per_generation = self.generation_batch_size // each
        if self.generation_batch_size % self.num_generations:
            raise UserError(
                f"{self.generation_batch_size} answers are sampled at a time, which cannot be groups of"
                f" {self.num_generations} (`num_generations`)",
                hint="`per_device_train_batch_size` counts answers: make it a multiple of the group",
            )

    @property
    def groups_per_round(self) -> int:
        """Prompts that are answered at a time, over all processes."""
        return int(self.generation_batch_size or 0) // self.num_generations

    @property
    def clip_high(self) -> float:
        """`epsilon_high`, or what stands for it."""
        return self.epsilon if self.epsilon_high is None else self.epsilon_high

    def sampling(self, stops: tuple[int, ...], seed: int) -> Sampling:
        """How answers are drawn."""
        return Sampling(
            self.max_completion_length,
            self.temperature,
            self.top_p,
            self.top_k or 0,
            self.min_p or 0.0,
            self.repetition_penalty,
            stops,
            seed,
        )

    @property
    def is_cut(self) -> bool:
        """Whether answers are drawn from less than the whole distribution."""
        return self.top_p < 1 or bool(self.top_k) or bool(self.min_p) or self.repetition_penalty != 1
