#!/usr/bin/env python3
"""measure.py TIMES COMMAND... - best wall and processor seconds of some runs, and peak memory.

Prints "WALL CPU PEAK_KB STATUS". A status above 3 means that the command did not do its work
(0 to 3 are verdicts of a scan).
"""
import os
import subprocess
import sys
import time

best_wall = best_cpu = float("inf")
peak = status = 0
for _ in range(int(sys.argv[1])):
    start = time.monotonic()
    with open(os.devnull, "r+b") as null:
        child = subprocess.Popen(sys.argv[2:], stdin=null, stdout=null, stderr=null)
        _, ended, used = os.wait4(child.pid, 0)
    best_wall = min(best_wall, time.monotonic() - start)
    best_cpu = min(best_cpu, used.ru_utime + used.ru_stime)
    peak = max(peak, used.ru_maxrss)
    status = os.waitstatus_to_exitcode(ended)
print(f"{best_wall:.4f} {best_cpu:.4f} {peak} {status}")
