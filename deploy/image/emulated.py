# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a command where programs of arm64 run, too, by qemu (root). What it mounts is not seen outside.

usage: emulated.py COMMAND...

Where the kernel does not know the emulator yet, it learns of it (binfmt_misc) in a user namespace of its own, which
Linux 6.7 can: the rest of the machine does not, and it is forgotten when the command ends. Users and groups are those
of the outside.
"""

from __future__ import annotations

import os
import pathlib
import sys
import time

EMULATOR = "/usr/bin/qemu-aarch64-static"
# An ELF file of 64 bits for AArch64, a program or a shared object; what is masked may be anything.
MAGIC = r"\x7fELF\x02\x01\x01" + r"\x00" * 9 + r"\x02\x00\xb7\x00"
MASK = r"\xff" * 7 + r"\x00" + r"\xff" * 8 + r"\xfe\xff\xff\xff"
# F: opened now, so that it is found inside of a changed root.
RULE = f":arm64:M::{MAGIC}:{MASK}:{EMULATOR}:F"
INSIDE = """read -r go
mount --make-rprivate /
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
printf '%s' "$0" >/proc/sys/fs/binfmt_misc/register
exec "$@" </dev/null
"""
SECONDS = 20.0


def known() -> bool:
    """Whether programs of arm64 run as it is, in a changed root, too."""
    for rule in pathlib.Path("/proc/sys/fs/binfmt_misc").glob("*"):
        if rule.name not in ("register", "status"):
            text = rule.read_text()
            if "qemu-aarch64" in text and text.startswith("enabled") and "F" in text.partition("flags:")[2].split("\n")[0]:
                return True
    return False


def admit(process: int, gate: int) -> None:
    """Gives the namespace that 'process' enters our users and groups, then opens the gate, a pipe."""
    deadline = time.monotonic() + SECONDS
    while os.readlink("/proc/self/ns/user") == os.readlink(f"/proc/{process}/ns/user"):
        if time.monotonic() > deadline:
            return  # the pipe is closed: nothing comes through
        time.sleep(0.01)
    for ids in ("uid_map", "gid_map"):
        pathlib.Path(f"/proc/{process}/{ids}").write_text("0 0 65536\n")
    os.write(gate, b"go\n")


def main(command: list[str]) -> int:
    if not command or not pathlib.Path(EMULATOR).exists():
        print(f"{EMULATOR} is missing: deploy/bootstrap.sh --arm64" if command else __doc__, file=sys.stderr)
        return 2
    if known():
        os.execvp("unshare", ["unshare", "--mount", *command])
    process = os.getpid()
    waits, gate = os.pipe()
    if os.fork() == 0:  # so that the command is this process: signals reach it
        if os.fork() == 0:
            os.close(waits)
            admit(process, gate)
        os._exit(0)
    os.wait()
    os.close(gate)
    os.dup2(waits, 0)
    os.execvp("unshare", ["unshare", "--user", "--mount", "sh", "-e", "-c", INSIDE, RULE, *command])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
