"""A node whose timetable has one job: a line with its process's number and the time, at the end of a file.

    python -m tests.server.jobs.ticker DATA_DIR DATABASE_URL FILE EVERY_MS
"""

import os
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from server.app import create_app
from server.config import Settings
from server.jobs.scheduler import Scheduler
from server.jobs.timetable import Job


def main(data_dir: str, url: str, file: str, every_ms: str) -> None:
    settings = Settings(data_dir=Path(data_dir), database_url=url, leader_seconds=0.2)  # type: ignore[arg-type]
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def tick(settings: Settings, now: int) -> int:
        os.write(handle, f"{os.getpid()} {time.time_ns() // 1_000_000}\n".encode())
        return 1

    job = Job("tick", ("berdetak", "ticks"), timedelta(milliseconds=int(every_ms)), tick)
    Scheduler(create_app(settings), settings, {"tick": job}).start()
    threading.Event().wait()  # until it is killed


if __name__ == "__main__":
    main(*sys.argv[1:])
