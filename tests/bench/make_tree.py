#!/usr/bin/env python3
"""make_tree.py TREE FILES BULK_MB - a synthetic root filesystem, the same bytes every time.

FILES small text files of some 6 KB each, 200 a directory, and BULK_MB of "binaries", half of them
random, so that gzip packs the whole about 1.7:1, as it does real roots. The kubelet's files come
from the sample image, by bench.sh.
"""
import os
import random
import sys

tree, files, bulk = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rnd = random.Random(7)
letters = b"abcdefghijklmnopqrstuvwxyz_"
words = [bytes(rnd.choices(letters, k=rnd.randint(3, 10))) for _ in range(5000)]
text = b" ".join(rnd.choices(words, k=200000))


def some_text(n):
    at = rnd.randrange(len(text) - n)
    return text[at:at + n]


for i in range(files):
    folder = f"{tree}/usr/share/synthetic/{i // 4000:02d}/{i // 200 % 20:02d}"
    if i % 200 == 0:
        os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/file-{i:06d}.txt", "wb") as f:
        f.write(some_text(min(int(rnd.paretovariate(1.3) * 1500), 120000)))

os.makedirs(f"{tree}/usr/lib/bulk", exist_ok=True)
for k in range(bulk // 10):
    with open(f"{tree}/usr/lib/bulk/lib{k:03d}.so", "wb") as f:
        for _ in range(10):
            f.write(rnd.randbytes(1 << 19))
            f.write(some_text(1 << 19))
