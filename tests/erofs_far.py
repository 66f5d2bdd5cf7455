#!/usr/bin/env python3
"""erofs_far.py IMAGE - an erofs of 2 TiB, nearly all of it a hole, whose files lie behind block 2^32 in every
way there is to say so; prints what it holds, as tests/manifest.c does.

By the on-disk format at erofs.docs.kernel.org; records of extents by the kernel's erofs_fs.h."""
import hashlib
import struct
import sys

BLOCK = 512
FAR = (1 << 32) + 5                    # where the blocks lie
BLOCKS = 8
PLAIN, RECORDS, INLINE, CHUNKS = 0, 1, 2, 4
ALONE = 0x10                           # one link, not counted; of a directory: no "."
ROOT, SUB, FIRST, ROOM = 64, 72, 80, 8  # nids; the room of each
DIR, FILE = 0o40755, 0o100644

stored = b''.join(b'%015d\n' % i for i in range(BLOCKS * BLOCK // 16))
near = bytearray(64 * BLOCK)


def put(at, form, *values):
    struct.pack_into('<' + form, near, at, *values)


def inode(nid, layout, mode, size, block, extended=False):
    """Puts an inode; says where what belongs to it goes on."""
    at = nid * 32
    put(at, 'HHHH', layout << 1 | extended | (0 if extended else ALONE), 0, mode, block >> 32 & 0xffff)
    put(at + 8, 'Q' if extended else 'I', size)
    put(at + 16, 'I', block & 0xffffffff)
    if extended:
        put(at + 44, 'I', 1)
    return at + (64 if extended else 32)


def records(nid, size, unit, *extents):
    """Extents that are not compressed: where in the file, where in the image, how many bytes."""
    at = inode(nid, RECORDS, FILE, size, 0)
    put(at, 'IHH', len(extents), 1 | {16: 2, 32: 3}[unit] << 1, 0)
    at = (at + 8 + unit - 1) // unit * unit
    for start, place, n in extents:
        put(at, 'IQI' if unit == 16 else 'IQQ', n, place, start)
        at += unit


def directory(nid, block, names):
    """Without an entry for itself; a block is enough."""
    names = sorted(names)
    at, text = len(names) * 12, b''
    for i, (name, to, kind) in enumerate(names):
        put(block * BLOCK + i * 12, 'QHBB', to, at + len(text), kind, 0)
        text += name.encode()
    near[block * BLOCK + at:block * BLOCK + at + len(text)] = text
    inode(nid, PLAIN, DIR, at + len(text), block)


def files():
    """Puts each file under its nid; yields names and contents."""
    nid = FIRST
    inode(nid, PLAIN, FILE, 1000, FAR)
    yield 'compact', stored[:1000]

    nid += ROOM
    at = inode(nid, INLINE, FILE, BLOCK + 11, FAR + 2, extended=True)
    near[at:at + 11] = b'of the tail'
    yield 'extended', stored[2 * BLOCK:3 * BLOCK] + b'of the tail'

    nid += ROOM
    at = inode(nid, CHUNKS, FILE, 3 * BLOCK, 0x60)
    for i, block in enumerate((FAR + 4, (1 << 48) - 1, FAR + 1)):
        put(at + 8 * i, 'HHI', block >> 32, 0, block & 0xffffffff)
    yield 'chunks', stored[4 * BLOCK:5 * BLOCK] + bytes(BLOCK) + stored[BLOCK:2 * BLOCK]

    for unit in 16, 32:
        nid += ROOM
        records(nid, 3000, unit, (0, 0, 0), (512, FAR * BLOCK + 100, 600), (1112, FAR * BLOCK, 1888))
        yield 'records-%d' % unit, bytes(512) + stored[100:700] + stored[:1888]

    nid += ROOM
    inode(nid, PLAIN, FILE, 2000, (1 << 48) - 1)
    yield 'nowhere', bytes(2000)


def main(path):
    lines = ['/ directory 0755 0 0', '/sub directory 0755 0 0']
    names = [('..', ROOT, 2), ('sub', SUB, 2)]
    for i, (name, content) in enumerate(files()):
        names.append((name, FIRST + ROOM * i, 1))
        lines.append(f'/{name} regular 0644 0 0 {len(content)} {hashlib.sha256(content).hexdigest()}')
    directory(ROOT, 40, names)
    directory(SUB, 41, [('..', ROOT, 2)])
    put(1024, 'IIIBBH', 0xE0F5E1E2, 0, 0, 9, 0, (FAR + BLOCKS) >> 32)
    put(1024 + 16, 'Q', len(lines))
    put(1024 + 36, 'I', (FAR + BLOCKS) & 0xffffffff)
    put(1024 + 80, 'I', 0x84)          # 48 bits, chunks
    put(1024 + 112, 'Q', ROOT)
    with open(path, 'wb') as f:
        f.write(near)
        f.seek(FAR * BLOCK)
        f.write(stored)
    print('\n'.join(sorted(lines)))


if __name__ == '__main__':
    main(sys.argv[1])
