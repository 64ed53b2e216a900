# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of a job through Ray Data: actors read pictures, ask the servers and write Parquet."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional

import numpy as np
import pyarrow
import pyarrow.parquet
import ray
import ray.data

import omserve
from omserve.offline.job import Job, Part, open_job, write_whole
from omserve.offline.server_pool import ServerPool

SCHEMA = pyarrow.schema(
    [
        ("picture", pyarrow.string()),
        ("features", pyarrow.list_(pyarrow.float32())),  # null where there is an error
        ("error", pyarrow.string()),  # null, or why the picture has no features
        ("server", pyarrow.string()),  # that answered; null where there is an error
    ]
)


class PartEmbedder:
    """An actor of Ray Data: one row is one part. Keeps 'in_flight' requests at work.

    Reads the job again: Ray starts an actor anew only where its arguments are small.
    """

    def __init__(
        self, folder: str, root: str, options: dict[str, Any], servers: Sequence[str],
        in_flight: int, patience: float,
    ):
        self._job = open_job(folder, root, options)
        clients = {server: omserve.Client(server) for server in servers}
        self._pool = ServerPool(clients, patience)
        self._threads = ThreadPoolExecutor(in_flight)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        number = int(row["part"])
        part = self._job.parts[number]
        before = self._pool.counts()
        begin = time.monotonic()
        rows = list(self._threads.map(self._embed, part.pictures))
        columns = [list(column) for column in zip(*rows)]
        table = pyarrow.table(dict(zip(SCHEMA.names, columns)), schema=SCHEMA)
        write_whole(
            self._job.path(number), lambda path: pyarrow.parquet.write_table(table, str(path))
        )
        return {
            "part": number,
            "pictures": len(part.pictures),
            "unreadable": sum(error is not None for error in columns[2]),
            "seconds": time.monotonic() - begin,
            "failed_calls": sum(
                counts["failed"] - before[server]["failed"]
                for server, counts in self._pool.counts().items()
            ),
        }

    def _embed(
        self, name: str
    ) -> tuple[str, Optional[np.ndarray], Optional[str], Optional[str]]:
        path = self._job.root / name
        try:
            picture = path.read_bytes()
            answer, server = self._pool.ask(
                lambda client: client.embed(picture, priority="batch", **self._job.options)
            )
        except (OSError, omserve.PictureError, omserve.InvalidRequestError) as error:
            return name, None, str(error), None
        return name, answer.features.reshape(-1), None, server


def run(
    job: Job,
    parts: Sequence[Part],
    servers: Sequence[str],
    actors: int = 2,
    in_flight: int = 16,
    patience: float = 60.0,
) -> Iterator[dict[str, Any]]:
    """Does 'parts'; yields what became of each as it ends (see PartEmbedder).

    REQUIRES: ray.init was called; every node sees the job's folder and the pictures. A part whose actor
    dies is done again. Raises what Ray raises when a part cannot be done, NoServerError above all.
    """
    if not parts:
        return
    rows = [{"part": part.number} for part in parts]
    done = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        PartEmbedder,
        fn_constructor_args=(
            str(job.folder), str(job.root), job.options, list(servers), in_flight, patience,
        ),
        compute=ray.data.ActorPoolStrategy(size=min(actors, len(rows))),
        num_cpus=1,
    )
    yield from done.iter_rows()
