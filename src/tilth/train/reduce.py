"""Sums over all processes, and leaving them in order."""

import atexit
from functools import cache

import torch
from torch import Tensor


def is_distributed() -> bool:
    """Whether there are other processes."""
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def summed(values: Tensor) -> Tensor:
    """The sum over all processes, on each of them; all must ask together."""
    if not is_distributed():
        return values
    moved = values.to(torch.accelerator.current_accelerator()) if torch.accelerator.is_available() else values
    total = moved.clone() if moved is values else moved
    torch.distributed.all_reduce(total)
    return total.to(values.device)


@cache
def leave_at_exit() -> None:
    """Leave the process group before the interpreter ends: gloo's threads can abort a process that is still in one."""
    atexit.register(_leave)


def _leave() -> None:
    if is_distributed():
        torch.distributed.destroy_process_group()


def gathered(values: Tensor) -> Tensor:
    """The values of all processes in their order, as many from each; all must ask together."""
    if not is_distributed():
        return values
    moved = values.to(torch.accelerator.current_accelerator()) if torch.accelerator.is_available() else values
    shares = [torch.empty_like(moved) for _ in range(torch.distributed.get_world_size())]
    torch.distributed.all_gather(shares, moved.contiguous())
    return torch.cat(shares).to(values.device)


def gathered_unequal(values: Tensor) -> Tensor:
    """The values [N] of all processes, where each may have another number of them."""
    if not is_distributed():
        return values
    shares: list[list[float]] = [[] for _ in range(torch.distributed.get_world_size())]
    torch.distributed.all_gather_object(shares, values.tolist())
    return values.new_tensor([value for share in shares for value in share])
