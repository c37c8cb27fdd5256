"""Answers with a model of transformers in this process, by continuous batching.

A prompt goes through the model once for all of its answers. Rows leave the batch when they are done, and those that
wait take their places, so that a long answer holds up nobody.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from tilth.errors import UserError
from tilth.train.references import evaluating
from tilth.train.rollouts.cache import make_cache
from tilth.train.rollouts.drawing import draw
from tilth.train.rollouts.protocol import Answer, Sampling

_KEPT_SHARE = 0.75
# The batch is packed anew where no more than this share of its rows still goes on: a copy of the cache each time.

_PREFILL_TOKENS = 16_384


class InProcess:
    """An engine around a model that is here already.

    Args:
        model: With a language-modelling head; an adapter around it is used as it is.
        rows: Answers that are written at a time; less needs less memory.
        is_shared: The model is the one that is trained, so that it has the newest weights by itself.
        mixed: Another model, whose logits make up a share of the distribution: (model, share).
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        rows: int = 256,
        is_shared: bool = True,
        mixed: tuple[nn.Module, float] | None = None,
    ) -> None:
        self.model, self.rows, self.is_shared, self.version = model, rows, is_shared, 0
        self.parts: list[tuple[nn.Module, float]] = [(model, 1.0)]
        if mixed is not None:
            self.parts = [(model, 1.0 - mixed[1]), mixed]

    def generate(
        self, prompts: Sequence[Sequence[int]], sampling: Sampling, answers: int = 1
    ) -> list[list[Answer]]:
        """So many answers to each prompt, in order.

        Raises:
            UserError: A prompt is empty, or leaves no room for an answer.
        """
        limit = _context(self.model)
        for prompt in prompts:
            if not prompt:
                raise UserError("a prompt has no tokens, and a model cannot begin from nothing")
            if limit is not None and len(prompt) >= limit:
                raise UserError(
                    f"a prompt has {len(prompt):,} tokens, and the model reads {limit:,} at most",
                    hint="leave such prompts out, or shorten them",
                )
        run = _Run(self, prompts, sampling, answers, limit)
        with evaluating(self.model):
            run.to_the_end()
        return [run.done[at * answers : (at + 1) * answers] for at in range(len(prompts))]

    def load(self, weights: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Take weights over, unless the model is the trained one itself."""
        if not self.is_shared:
            own = self.model.state_dict()
            with torch.no_grad():
                for name, values in weights:
                    own[name].copy_(values)
        self.version = version

    def close(self) -> None:
        """Nothing to give back: the model belongs to others."""


def _context(model: Any) -> int | None:
    config = model.config.get_text_config()
    found: int | None = getattr(config, "max_position_embeddings", None)
    return found


@dataclass(slots=True)
class _Batch:
    """Rows that go on together: those of one answer each."""

    slots: list[int]
    caches: list[Any]
    mask: Tensor
    """Which columns of the caches are a row's own, [B, L]."""
    logits: Tensor
    """Of the next token, [B, V]."""
    seen: Tensor | None
    """Tokens that a row has, [B, V]; for a penalty."""


class _Run:
    def __init__(
        self,
        engine: InProcess,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        answers: int,
        limit: int | None,
    ) -> None:
        self.engine, self.prompts, self.how, self.answers = engine, prompts, sampling, answers
        self.device = next(engine.model.parameters()).device
        self.generator = torch.Generator()
        if sampling.seed is None:
            self.generator.seed()
        else:
            self.generator.manual_seed(sampling.seed)
        number = len(prompts) * answers
        rooms = (sampling.max_tokens if limit is None else limit - len(one) for one in prompts)
        self.room = [min(sampling.max_tokens, room) for room in rooms for _ in range(answers)]
        self.tokens: list[list[int]] = [[] for _ in range(number)]
        self.logps: list[list[float]] = [[] for _ in range(number)]
        self.finish: list[Literal["stop", "length", "abort"]] = ["length"] * number
        # Prompts of like length wait side by side: little is padded where they begin together.
        order = sorted(range(len(prompts)), key=lambda at: len(prompts[at]))
        self.waiting = deque(at * answers + answer for at in order for answer in range(answers))
        self.stops = set(sampling.stop_token_ids)

    @property
    def done(self) -> list[Answer]:
        return [
            Answer(tokens, logps, finish, self.engine.version)
            for tokens, logps, finish in zip(self.tokens, self.logps, self.finish, strict=True)
        ]

    def to_the_end(self) -> None:
        if self.how.max_tokens < 1:
            return
        batch: _Batch | None = None
        while self.waiting or batch is not None:
            if self.waiting and (batch is None or len(batch.slots) <= self.engine.rows * _KEPT_SHARE):
                batch = self._admit(batch)
            batch = self._step(batch) if batch is not None else None

    def _admit(self, batch: _Batch | None) -> _Batch | None:
        free = self.engine.rows - (len(batch.slots) if batch else 0)
        slots: list[int] = []
        prompts: list[int] = []
        longest = 0
        while self.waiting and len(slots) < free:
            prompt = self.waiting[0] // self.answers
            longest = max(longest, len(self.prompts[prompt]))
            if prompts and prompt != prompts[-1] and longest * (len(prompts) + 1) > _PREFILL_TOKENS:
                break
            if not prompts or prompt != prompts[-1]:
                prompts.append(prompt)
            slots.append(self.waiting.popleft())
        return _joined(batch, self._begin(prompts, slots)) if slots else batch

    def _begin(self, prompts: list[int], slots: list[int]) -> _Batch:
        """The prompts through the model, once each; then a row for each of their answers."""
        texts = [self.prompts[at] for at in prompts]
        longest = max(map(len, texts))
        ids = torch.tensor([[0] * (longest - len(one)) + [*one] for one in texts], device=self.device)
        mask = torch.tensor(
            [[False] * (longest - len(one)) + [True] * len(one) for one in texts], device=self.device
        )
        caches = [make_cache() for _ in self.engine.parts]
        logits = self._logits(ids, mask, caches)
        which = {prompt: row for row, prompt in enumerate(prompts)}
        rows = torch.tensor([which[slot // self.answers] for slot in slots], device=self.device)
        seen = None
        if self.how.repetition_penalty != 1.0:
            seen = torch.zeros_like(logits, dtype=torch.bool)
            for row, one in enumerate(texts):
                seen[row, list(one)] = True
        return _taken(_Batch(slots, caches, mask, logits, seen), rows, slots)

    def _step(self, batch: _Batch) -> _Batch | None:
        tokens, logps = draw(batch.logits, self.how, self.generator, batch.seen)
        going = []
        for row, (slot, token, logp) in enumerate(
            zip(batch.slots, tokens.tolist(), logps.tolist(), strict=True)
        ):
            if slot < 0:
                continue
            self.tokens[slot].append(token)
            self.logps[slot].append(logp)
            if token in self.stops:
                self.finish[slot] = "stop"
                batch.slots[row] = -1
            elif len(self.tokens[slot]) >= self.room[slot]:
                batch.slots[row] = -1
            else:
                going.append(row)
        if not going:
            return None
        if len(going) <= _KEPT_SHARE * len(batch.slots):
            rows = torch.tensor(going, device=self.device)
            batch = _taken(batch, rows, [batch.slots[row] for row in going])
            tokens = tokens[rows]
        batch.mask = torch.cat([batch.mask, batch.mask.new_ones(len(tokens), 1)], 1)
        batch.logits = self._logits(tokens[:, None], batch.mask, batch.caches)
        if batch.seen is not None:
            batch.seen[torch.arange(len(tokens), device=self.device), tokens] = True
        return batch

    def _logits(self, ids: Tensor, mask: Tensor, caches: list[Any]) -> Tensor:
        """Of the token behind the last column, [B, V]; several models are mixed by their log-probabilities."""
        positions = (mask.cumsum(1) - 1).clamp_min(0)[:, -ids.shape[1] :]
        found = [
            model(
                input_ids=ids,
                attention_mask=mask.long(),
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits[:, -1]
            for (model, _), cache in zip(self.engine.parts, caches, strict=True)
        ]
        if len(found) == 1:
            return found[0]
        shares = [share for _, share in self.engine.parts]
        return sum(share * one.float().log_softmax(-1) for share, one in zip(shares, found, strict=True))


def _taken(batch: _Batch, rows: Tensor, slots: list[int]) -> _Batch:
    """These rows of a batch, without the columns that none of them has."""
    mask = batch.mask[rows]
    start = int(mask.any(0).int().argmax())
    for cache in batch.caches:
        for layer in cache.layers:
            layer.take(rows, start)
    seen = None if batch.seen is None else batch.seen[rows]
    return _Batch(slots, batch.caches, mask[:, start:], batch.logits[rows], seen)


def _joined(batch: _Batch | None, new: _Batch) -> _Batch:
    if batch is None:
        return new
    rows = [row for row, slot in enumerate(batch.slots) if slot >= 0]
    if len(rows) < len(batch.slots):
        kept = torch.tensor(rows, device=batch.mask.device)
        batch = _taken(batch, kept, [batch.slots[row] for row in rows])
    for one, other in zip(batch.caches, new.caches, strict=True):
        for mine, theirs in zip(one.layers, other.layers, strict=True):
            mine.join(theirs)
    length = max(batch.mask.shape[1], new.mask.shape[1])
    masks = [torch.nn.functional.pad(mask, (length - mask.shape[1], 0)) for mask in (batch.mask, new.mask)]
    seen = None if batch.seen is None or new.seen is None else torch.cat([batch.seen, new.seen])
    return _Batch(
        batch.slots + new.slots, batch.caches, torch.cat(masks), torch.cat([batch.logits, new.logits]), seen
    )
