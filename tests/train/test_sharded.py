"""A model sharded over two processes (FSDP2 over gloo, as accelerate does it) trains as it does whole.

accelerate itself shards on GPUs alone, so its function is called here by hand.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.house.modules import ROOT

SCRIPT = """
from types import SimpleNamespace
import torch
import torch.distributed as dist
from accelerate.utils import FullyShardedDataParallelPlugin
from accelerate.utils.fsdp_utils import fsdp2_prepare_model
from tests.train.tiny import ARCHITECTURES, row, tiny_model
from tilth.train.batches.packed import pack
from tilth.train.heads.scores import attach

dist.init_process_group("gloo")

def shard(model):
    plugin = FullyShardedDataParallelPlugin(
        fsdp_version=2, auto_wrap_policy="transformer_based_wrap", cpu_ram_efficient_loading=False,
        reshard_after_forward=True,
    )
    state = SimpleNamespace(fsdp_plugin=plugin)
    accelerator = SimpleNamespace(
        state=state, mixed_precision="no", is_main_process=True, device=torch.device("cpu")
    )
    return fsdp2_prepare_model(accelerator, model)

packed = pack([row(4, 5, 3)])
for name in ARCHITECTURES:
    whole, sharded = tiny_model(name), tiny_model(name)
    for model in (whole, sharded):
        attach(model)
    sharded = shard(sharded)
    steps = [torch.optim.SGD(model.parameters(), lr=0.1) for model in (whole, sharded)]
    for _ in range(3):
        with torch.no_grad():
            scored = [model(packed=packed)["logps"] for model in (whole, sharded)]
        logps = [model(packed=packed)["logps"] for model in (whole, sharded)]
        for one in logps:
            (-one.mean()).backward()
        assert (logps[0] - logps[1]).abs().max() < 1e-5 and (scored[0] - scored[1]).abs().max() < 1e-5
        for one, other in zip(whole.parameters(), sharded.parameters(), strict=True):
            assert (one.grad - other.grad.full_tensor()).abs().max() < 1e-5
        for step in steps:
            step.step()
            step.zero_grad()
    for one, other in zip(whole.parameters(), sharded.parameters(), strict=True):
        assert (one - other.full_tensor()).abs().max() < 1e-5
dist.barrier()
dist.destroy_process_group()
"""


def test_sharded_weights_train_as_whole_ones(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--standalone"]
    done = subprocess.run(
        [*command, str(script)],
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
