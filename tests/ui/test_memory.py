"""What a server does with memory that it needs no more."""

from __future__ import annotations

import subprocess
import sys

# Large blocks that were freed make glibc keep the next ones in its heap, unless it was told where large begins.
PROBE = """
import ctypes, sys
if sys.argv[1] == "told":
    from app.ui.lifespan import _give_memory_back
    _give_memory_back()
library = ctypes.CDLL("libc.so.6")
library.malloc.restype = ctypes.c_void_p
library.malloc.argtypes = [ctypes.c_size_t]
library.free.argtypes = [ctypes.c_void_p]
names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
library.mallinfo2.restype = type("Info", (ctypes.Structure,), {"_fields_": [(name, ctypes.c_size_t) for name in names]})
for _ in range(3):
    library.free(library.malloc(16 << 20))
before = library.mallinfo2().hblkhd
kept = library.malloc(4 << 20)
print(library.mallinfo2().hblkhd - before >= 4 << 20)
"""


def test_large_blocks_go_back_to_the_system() -> None:
    def apart(how: str) -> str:
        return subprocess.run([sys.executable, "-c", PROBE, how], capture_output=True, text=True, check=True).stdout.strip()

    assert apart("told") == "True"
    # And the probe would see it: a process that nobody told keeps them.
    assert apart("not told") == "False"
