"""One run per period at a time, by a limit that the Prefect server keeps."""

from collections.abc import Iterator
from contextlib import contextmanager

from schemas.periods import Period

LEASE_S = 60
WAIT_S = 1800


@contextmanager
def one_at_a_time(period: Period) -> Iterator[None]:
    """Wait until no other flow run works on the period, then hold it; a run that died lets go when its lease ends."""
    from prefect.client.orchestration import get_client
    from prefect.concurrency.sync import concurrency

    name = f"kaohe-{period}"
    with get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name(name, 1)
    with concurrency(name, occupy=1, strict=True, lease_duration=LEASE_S, timeout_seconds=WAIT_S):
        yield
