"""Ray, on a real cluster of several nodes on this machine, one of which is killed at work."""

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.engine.test_local import ROOT, TOYS, alive, eventually, squares, tickers
from tilth.engine.choose import engine
from tilth.engine.ray_cluster import RayCluster
from tilth.engine.task import Task
from tilth.errors import UserError, WorkFailed

ray = import_module("ray")

ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
STORE_BYTES = 80 * 2**20

pytestmark = [
    # Ray's own, at import and where it starts processes that it does not wait for.
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
    ),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without cores, so that no task runs there, and two nodes with one core each."""
    quick_to_notice = {
        "RAY_health_check_period_ms": "500",
        "RAY_health_check_timeout_ms": "500",
        "RAY_health_check_failure_threshold": "2",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**ENVIRONMENT, **quick_to_notice}.items():
            patch.setenv(name, value)
        head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": STORE_BYTES}
        made = import_module("ray.cluster_utils").Cluster(initialize_head=True, head_node_args=head)
        yield made
        ray.shutdown()
        made.shutdown()


@pytest.fixture(scope="module")
def nodes(cluster: Any) -> list[Any]:
    return [cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES) for _ in range(2)]


@pytest.fixture
def joined(cluster: Any, nodes: list[Any], tmp_path: Path) -> Iterator[RayCluster]:
    made = engine("ray", 2, address=cluster.address, folder=tmp_path, preload=["tilth.engine.task"])
    assert isinstance(made, RayCluster)
    yield made
    made.close()


def test_a_users_mistake_keeps_its_hint(joined: RayCluster) -> None:
    with pytest.raises(UserError) as caught:
        list(joined.run([Task(f"{TOYS}:refuse")]))
    assert type(caught.value) is UserError
    assert str(caught.value) == "recipe.yaml: there is no such branch\nhint: did you mean `main`?"


def test_a_worker_that_dies_is_replaced(joined: RayCluster, tmp_path: Path) -> None:
    tasks = [Task(f"{TOYS}:die", {"folder": str(tmp_path), "times": 1}), *squares(tmp_path, 2)]
    outcomes = {task.function.partition(":")[2]: outcome for task, outcome in joined.run(tasks)}
    assert outcomes["die"] == {"deaths": 1}


def test_a_task_that_kills_every_worker_is_an_error(joined: RayCluster, tmp_path: Path) -> None:
    with pytest.raises(WorkFailed, match="Ray gave up on a task"):
        list(joined.run([Task(f"{TOYS}:die", {"folder": str(tmp_path), "times": 99})]))


def test_a_run_left_early_leaves_nothing_running(joined: RayCluster, tmp_path: Path) -> None:
    run = joined.run([Task(f"{TOYS}:tick", {"folder": str(tmp_path)}, weight=9), *squares(tmp_path, 1)])
    assert next(run)[0].function.endswith(":square")
    assert eventually(lambda: tickers(tmp_path))
    run.close()  # type: ignore[attr-defined]
    sizes: list[int] = []

    def still() -> bool:
        sizes.append(sum(path.stat().st_size for path in tmp_path.glob("ticks-*")))
        return len(sizes) > 3 and len(set(sizes[-4:])) == 1

    assert eventually(still)


def test_leaving_does_not_end_a_cluster_that_was_there(
    joined: RayCluster, cluster: Any, tmp_path: Path
) -> None:
    joined.close()
    assert not ray.is_initialized()
    again = RayCluster(0, cluster.address)
    assert again.workers == 2, "0 is one for each core of the cluster"
    # What this process joined before is not the engine's to leave.
    RayCluster(1).close()
    assert ray.is_initialized()
    assert len(list(again.run(squares(tmp_path, 5)))) == 5
    again.close()


def test_a_node_that_is_killed_costs_no_outcome(
    joined: RayCluster, cluster: Any, nodes: list[Any], tmp_path: Path
) -> None:
    tasks = [
        Task(f"{TOYS}:mark_start", {"folder": str(tmp_path), "number": number, "seconds": 0.2})
        for number in range(16)
    ]
    found: dict[int, int] = {}
    for task, outcome in joined.run(tasks):
        found[task.arguments["number"]] = outcome["square"]
        if len(found) == 3:
            cluster.remove_node(nodes.pop(), allow_graceful=False)
    assert found == {number: number**2 for number in range(16)}
    assert len(list(tmp_path.glob("*.txt"))) == 16


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "127.0.0.1:none"])
def test_no_cluster_at_the_address(address: str) -> None:
    with pytest.raises(UserError, match=f"no Ray cluster answers at {address}"):
        RayCluster(1, address)


def test_a_ray_of_its_own_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("PYTHONPATH", ENVIRONMENT["PYTHONPATH"])
    own = RayCluster(2)
    processes = {outcome["process"] for _, outcome in own.run(squares(tmp_path, 6, 0.1))}
    assert own.workers == 2
    own.close()
    assert not ray.is_initialized()
    assert eventually(lambda: not any(alive(process) for process in processes))
