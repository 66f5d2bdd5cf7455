#!/usr/bin/env python3
"""measure.py TIMES COMMAND... - what some runs of a command take.

Prints "BEST MEDIAN CPU PEAK_KB STATUS": wall seconds, the best and the median; the best processor
seconds; the largest peak of memory. A status above 3 means that the command did not do its work
(0 to 3 are verdicts of a scan).
"""
import os
import statistics
import subprocess
import sys
import time

walls = []
best_cpu = float("inf")
peak = status = 0
for _ in range(int(sys.argv[1])):
    start = time.monotonic()
    with open(os.devnull, "r+b") as null:
        child = subprocess.Popen(sys.argv[2:], stdin=null, stdout=null, stderr=null)
        _, ended, used = os.wait4(child.pid, 0)
    walls.append(time.monotonic() - start)
    best_cpu = min(best_cpu, used.ru_utime + used.ru_stime)
    peak = max(peak, used.ru_maxrss)
    status = max(status, os.waitstatus_to_exitcode(ended) & 255)
print(f"{min(walls):.5f} {statistics.median(walls):.5f} {best_cpu:.5f} {peak} {status}")
