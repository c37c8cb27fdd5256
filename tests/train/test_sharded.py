"""A model whose weights are sharded over two processes (FSDP2 over gloo) scores as it does whole."""

import os
import subprocess
import sys
from pathlib import Path

from tests.house.modules import ROOT

SCRIPT = """
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from tests.train.tiny import ARCHITECTURES, row, tiny_model
from tilth.train.batches.packed import pack
from tilth.train.heads.scores import attach

dist.init_process_group("gloo")
packed = pack([row(4, 5, 3)])
for name in ARCHITECTURES:
    whole, sharded = tiny_model(name), tiny_model(name)
    for model in (whole, sharded):
        attach(model)
    for part in (*sharded.model.layers, sharded):
        fully_shard(part, mesh=init_device_mesh("cpu", (2,)))
    logps = [model(packed=packed)["logps"] for model in (whole, sharded)]
    for one in logps:
        one.sum().backward()
    assert (logps[0] - logps[1]).abs().max() < 1e-6
    for one, other in zip(whole.parameters(), sharded.parameters(), strict=True):
        assert (one.grad - other.grad.full_tensor()).abs().max() < 1e-5
dist.barrier()
dist.destroy_process_group()
"""


def test_sharded_weights_score_as_whole_ones(tmp_path: Path) -> None:
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
