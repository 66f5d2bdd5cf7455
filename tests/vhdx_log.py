#!/usr/bin/env python3
"""Logs of a VHDX that a machine left which fell over.

	vhdx_log.py states BASE TRACE DIRECTORY   BASE after each write that strace saw (-xx): N.vhdx, and
	                                          a line "N whole" or "N empty" where the log is in use
	vhdx_log.py craft IMAGE OUT SHAPE         what lies in the metadata of IMAGE is taken out of its
	                                          place and put into its log, as MS-VHDX 2.3 has it
"""
import os
import re
import struct
import sys

KIB, MIB, SECTOR = 1 << 10, 1 << 20, 4096
HEADERS, REGIONS = (64 * KIB, 128 * KIB), (192 * KIB, 256 * KIB)
GUID = bytes(range(1, 17))

TABLE = []
for i in range(256):
    for _ in range(8):
        i = i >> 1 ^ (0x82F63B78 if i & 1 else 0)
    TABLE.append(i)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def summed(data):
    return data[:4] + struct.pack("<I", crc32c(data[:4] + bytes(4) + data[8:])) + data[8:]


def current(image):
    """The header that counts: its LogGuid, and where the log lies."""
    at = max(HEADERS, key=lambda h: struct.unpack_from("<Q", image, h + 8)[0])
    length, log = struct.unpack_from("<IQ", image, at + 68)
    return bytes(image[at + 48:at + 64]), log, length


# ---- states ----

def states(base, trace, directory):
    image = bytearray(open(base, "rb").read())
    n = logged = 0
    for line in open(trace):
        grow = re.search(r"ftruncate\(\d+, (\d+)", line)
        write = re.search(r'pwrite64\(\d+, "([^"]*)"[.]*, (\d+), (\d+)', line)
        if grow:
            image += bytes(max(0, int(grow[1]) - len(image)))
        if not write:
            continue
        data, at = bytes.fromhex(write[1].replace("\\x", "")), int(write[3])
        assert len(data) == int(write[2]), "strace cut a write"
        image += bytes(max(0, at + len(data) - len(image)))
        image[at:at + len(data)] = data
        guid, log, length = current(image)
        logged = 0 if at in HEADERS else logged + len(data) if log <= at < log + length else logged
        n += 1
        with open(os.path.join(directory, f"{n}.vhdx"), "wb") as out:
            out.write(image)
        if any(guid):
            entry = struct.unpack_from("<I", image, log + 8)[0]
            print(n, "whole" if logged and logged >= entry else "empty")


# ---- craft ----

def entry(sequence, tail, writes, size):
    """writes: (place, bytes), or (place, a number of zeros)."""
    heads, data = b"", b""
    for at, what in writes:
        if isinstance(what, int):
            heads += b"zero" + bytes(4) + struct.pack("<QQQ", what, at, sequence)
            continue
        heads += b"desc" + what[-4:] + what[:8] + struct.pack("<QQ", at, sequence)
        data += b"data" + struct.pack("<I", sequence >> 32) + what[8:-4] + struct.pack("<I", sequence & 0xFFFFFFFF)
    heads = bytes(64) + heads
    heads += bytes(-len(heads) % SECTOR)
    head = struct.pack("<4sIIIQII16sQQ", b"loge", 0, len(heads) + len(data), tail * SECTOR, sequence, len(writes), 0,
                       GUID, size, size)
    return summed(head + heads[64:] + data)


def ring_put(image, log, length, sector, data):
    for i in range(0, len(data), SECTOR):
        at = log + (sector * SECTOR + i) % length
        image[at:at + SECTOR] = data[i:i + SECTOR]
    return (sector + len(data) // SECTOR) % (length // SECTOR)


def metadata_sectors(image):
    """The places of all that is logged: the tables of regions, what they name, and the items."""
    found = list(REGIONS)
    for i in range(struct.unpack_from("<I", image, REGIONS[0] + 8)[0]):
        at = struct.unpack_from("<Q", image, REGIONS[0] + 32 + 32 * i)[0]
        found.append(at)
        if image[at:at + 8] == b"metadata":
            found.append(at + 64 * KIB)
    return found


def craft(name, out, shape):
    image = bytearray(open(name, "rb").read())
    _, log, length = current(image)
    ring, size = length // SECTOR, len(image)
    saved = [(at, bytes(image[at:at + SECTOR])) for at in metadata_sectors(image)]
    for at, _ in saved:
        image[at:at + SECTOR] = b"x" * SECTOR
    image[log:log + length] = bytes(length)
    first = {"wrap": ring - 3, "wrap-entry": ring - 3}.get(shape, 0)
    at, sequence = first, 0xFFFFFFFE
    groups = [saved] if shape in ("one", "wrap-entry") else [[one] for one in saved]
    if shape == "zeros":
        groups = [[(place, MIB // 16)] for place, _ in saved] + groups
    if shape == "older":  # of an earlier turn, in front of the oldest that counts
        at = ring_put(image, log, length, at, entry(sequence - 1, first, [(saved[0][0], b"y" * SECTOR)], size))
        first = at
    if shape == "long":
        groups[0] = [(saved[0][0], 4 * KIB)] * 300 + groups[0]
    if shape == "flushed":
        size += MIB
    for writes in groups:
        data = entry(sequence, first, writes, size)
        at, sequence = ring_put(image, log, length, at, data), sequence + 1
    if shape == "torn":  # one more, of which nothing but its head was written
        data = entry(sequence, first, [(saved[0][0], b"z" * SECTOR)], size)
        ring_put(image, log, length, at, data[:SECTOR])
    if shape == "gone":
        ring_put(image, log, length, first, bytes(SECTOR))
    for n, header in enumerate(HEADERS):
        head = bytearray(image[header:header + SECTOR])
        head[48:64] = GUID
        struct.pack_into("<Q", head, 8, 100 + n)
        image[header:header + SECTOR] = summed(bytes(head))
    open(out, "wb").write(image)


{"states": states, "craft": craft}[sys.argv[1]](*sys.argv[2:])
