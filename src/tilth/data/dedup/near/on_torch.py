"""Signatures and candidates by torch, on a GPU where there is one: the same answers as the kernels', to the last bit.

torch does not compute with unsigned numbers of 64 bits. Signed ones wrap in the same way; only what a shift to the
right brings in from the left is masked away. torch is no dependency of this: it is imported where it is used.
"""

from typing import TYPE_CHECKING, Final

import numpy as np

from tilth.data.dedup.near.bands import NUMBER_BITS, Packed, Signatures, Sizes, num_bands, rows_of
from tilth.data.dedup.near.candidates import BUCKET_MAX, least_matches
from tilth.data.facts.kernels import Counts
from tilth.data.facts.minhash import SLOTS
from tilth.data.facts.shingles import Hashes
from tilth.errors import UserError, WorkFailed

if TYPE_CHECKING:
    from torch import Tensor

FILES_AT_ONCE: Final = 1 << 18
_EMPTY = 2**62
_VALUE = 2**56 - 1
_LOW = 2**NUMBER_BITS - 1


def _signed(value: int) -> int:
    """The signed number with the same 64 bits."""
    return value - 2**64 if value >= 2**63 else value


_MULTIPLIER = 0x9E3779B97F4A7C15
_MIX_1, _MIX_2 = _signed(0xFF51AFD7ED558CCD), _signed(0xC4CEB9FE1A85EC53)


def check_device(device: str) -> None:
    """Raises UserError where torch is not installed, or has no device of that name."""
    try:
        import torch
    except ImportError as error:
        raise UserError(
            "near-duplicates on a device need torch, which is not installed", hint="`pip install torch`"
        ) from error
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        why = str(error).partition("\n")[0]
        raise UserError(f"torch has no device `{device}`: {why}", hint="leave `--device` away") from error


def signatures_of_sets(sets: Hashes, begins: Counts, device: str) -> Signatures:
    """[n, 256] Signatures of sets of distinct numbers that lie back to back, as `facts.shingles` makes them.

    Args:
        sets: The sets, back to back.
        begins: [n + 1] Where each begins, and where the last one ends.
        device: Name of torch's device, such as `cuda`.
    """
    import torch

    count = len(begins) - 1
    owner = torch.from_numpy(np.repeat(np.arange(count), np.diff(begins))).to(device)
    values = torch.from_numpy(sets[: begins[-1]].view(np.int64)).to(device)
    slots = torch.zeros((count, SLOTS), dtype=torch.int64, device=device)
    is_empty = torch.ones((count, SLOTS), dtype=torch.bool, device=device)
    for turn in range(2 * SLOTS):
        salt = _signed(_MULTIPLIER * turn % 2**64)
        mixed = _mixed(values + salt)
        slot = _shifted(mixed, 56) if turn < SLOTS else torch.full_like(mixed, turn - SLOTS)
        least = torch.full((count * SLOTS,), _EMPTY, dtype=torch.int64, device=device)
        least = least.scatter_reduce_(0, owner * SLOTS + slot, mixed & _VALUE, "amin").view(count, SLOTS)
        is_filled = is_empty & (least != _EMPTY)
        slots = torch.where(is_filled, _mixed(least + salt) & 255, slots)
        is_empty &= ~is_filled
        # Only sets with an empty slot go on.
        goes_on = is_empty.any(dim=1)[owner]
        owner, values = owner[goes_on], values[goes_on]
        if not len(owner):
            break
    made: Signatures = slots.to(torch.uint8).cpu().numpy()
    return made


def candidates(signatures: Signatures, sizes: Sizes, threshold: float, device: str) -> Packed:
    """The pairs that meet in a band and may be alike, each once, in order; see `near.candidates`.

    Args:
        signatures: [n, 256], of files in the order of their priority.
        sizes: [n] Number of distinct shingles; a file without one is in no pair.
        threshold: Similarity (Jaccard) that a pair must be able to have.
        device: Name of torch's device, such as `cuda`.

    Raises:
        WorkFailed: The device has too little memory.
    """
    import torch

    try:
        return _candidates(signatures, sizes, threshold, device)
    except torch.OutOfMemoryError as error:
        raise WorkFailed(
            f"`{device}` has too little memory for {len(sizes):,} signatures",
            hint="leave `--device` away: the processor's way needs no more memory for more files",
        ) from error


def _candidates(signatures: Signatures, sizes: Sizes, threshold: float, device: str) -> Packed:
    import torch

    slots, size = torch.from_numpy(signatures).to(device), torch.from_numpy(sizes).to(device)
    rows, numbers = rows_of(threshold), torch.nonzero(size).flatten()
    found = torch.empty(0, dtype=torch.int64, device=device)
    for band in range(num_bands(threshold)):
        keys = torch.zeros_like(numbers)
        for slot in range(band * rows, (band + 1) * rows):
            keys = keys << 8 | slots[numbers, slot].to(torch.int64)
        keys = _shifted(keys * _signed(_MULTIPLIER), NUMBER_BITS)
        files = torch.sort(keys << NUMBER_BITS | numbers).values
        for begin in range(0, len(files), FILES_AT_ONCE):
            met = _meetings(files, begin, size, threshold)
            first, second = met >> NUMBER_BITS, met & _LOW
            matches = torch.cat(
                [
                    (slots[one] == slots[other]).sum(dim=1)
                    for one, other in zip(
                        first.split(FILES_AT_ONCE), second.split(FILES_AT_ONCE), strict=True
                    )
                ]
            )
            found = torch.unique(torch.cat([found, met[matches >= least_matches(threshold)]]))
    pairs: Packed = found.cpu().numpy().view(np.uint64)
    return pairs


def _meetings(files: "Tensor", begin: int, sizes: "Tensor", threshold: float) -> "Tensor":
    """Pairs of some files, from number `begin` on, with the best ones of their bucket before them."""
    import torch

    end = min(begin + FILES_AT_ONCE, len(files))
    at = torch.arange(begin, end, device=files.device)
    bucket = torch.searchsorted(files, files[begin:end] & ~_LOW)
    count = torch.clamp(at - bucket, max=BUCKET_MAX)
    turn = torch.arange(int(count.sum()), device=files.device)
    turn -= torch.repeat_interleave(torch.cumsum(count, 0) - count, count)
    first = files[torch.repeat_interleave(bucket, count) + turn] & _LOW
    second = files[torch.repeat_interleave(at, count)] & _LOW
    small, large = torch.minimum(sizes[first], sizes[second]), torch.maximum(sizes[first], sizes[second])
    return (first << NUMBER_BITS | second)[small >= threshold * large.to(torch.float64)]


def _shifted(values: "Tensor", bits: int) -> "Tensor":
    return (values >> bits) & (2 ** (64 - bits) - 1)


def _mixed(values: "Tensor") -> "Tensor":
    """`facts.shingles.mixed`."""
    values = (values ^ _shifted(values, 33)) * _MIX_1
    values = (values ^ _shifted(values, 33)) * _MIX_2
    return values ^ _shifted(values, 33)
