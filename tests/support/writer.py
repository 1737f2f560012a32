"""Services that write numbered events."""

import datetime
import json
import os
import shutil
import subprocess
import sys

from .paths import LOCAL


def now_utc():
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.isoformat(timespec="microseconds").replace("+00:00", "Z")


class Writer:
    """Events numbered from 1 on, in turn to each of `files` log files.

    FOLDER/app-N.log is written, FOLDER/app-N.log.structoutv1 links to it.
    """

    def __init__(self, folder, files=1):
        folder.mkdir(parents=True, exist_ok=True)
        self.paths = [folder / f"app-{n}.log" for n in range(files)]
        self.last = 0
        self._files = [open(path, "ab", buffering=0) for path in self.paths]
        for path in self.paths:
            os.symlink(path, f"{path}.structoutv1")

    @property
    def numbers(self):
        """Every number written so far."""
        return list(range(1, self.last + 1))

    def event(self, **fields):
        """The next event as a dict; `fields` replace or add, None removes."""
        self.last += 1
        event = {
            "ServiceKey": f"SERVICE_{self.last % 5}",
            "ComponentKey": "WRITER",
            "RequestKey": f"request-{self.last // 10}",
            "HostAddress": "10.1.2.3",
            "TimeStampUTC": now_utc(),
            "Title": "NUMBER_WRITTEN",
            "Level": "INFO",
            "Seq": self.last,
        }
        event.update(fields)
        return {key: value for key, value in event.items()
                if value is not None}

    def write(self, count=1, **fields):
        """Writes `count` events, a system call for each file."""
        lines = [[] for _ in self._files]
        for _ in range(count):
            event = self.event(**fields)
            lines[event["Seq"] % len(lines)].append(json.dumps(event) + "\n")
        for file, mine in zip(self._files, lines):
            if mine:
                file.write("".join(mine).encode())

    def write_raw(self, data, file=0):
        """Bytes as they are; they carry no number."""
        self._files[file].write(data)

    def rotate(self, file=0):
        """app.log becomes app.log.1, app.log.1 app.log.2 and so on."""
        path = self.paths[file]
        last = 1
        while os.path.exists(f"{path}.{last}"):
            last += 1
        for n in range(last, 1, -1):
            os.rename(f"{path}.{n - 1}", f"{path}.{n}")
        os.rename(path, f"{path}.1")
        self._files[file].close()
        self._files[file] = open(path, "ab", buffering=0)

    def copytruncate(self, file=0):
        """As rotate(), but app.log is copied and emptied."""
        path = self.paths[file]
        last = 1
        while os.path.exists(f"{path}.{last}"):
            last += 1
        for n in range(last, 1, -1):
            os.rename(f"{path}.{n - 1}", f"{path}.{n}")
        shutil.copyfile(path, f"{path}.1")
        os.truncate(path, 0)

    def delete(self, file=0):
        """app.log is removed and begun anew."""
        os.unlink(self.paths[file])
        self._files[file].close()
        self._files[file] = open(self.paths[file], "ab", buffering=0)

    def close(self):
        for file in self._files:
            file.close()


def run_traffic(folder, *options):
    """deploy/local/traffic to its end; its summary."""
    done = subprocess.run(
        [sys.executable, LOCAL / "traffic", "--dir", folder,
         *map(str, options)],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
