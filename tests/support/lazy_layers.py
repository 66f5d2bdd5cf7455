#!/usr/bin/env python3
"""Layers with a table of contents, made of plain tar archives by the letter of their formats: eStargz
(stargz-snapshotter, docs/estargz.md, docs/smaller-estargz.md) and zstd:chunked (containers/storage).

    lazy_layers.py layer FORMAT IN.tar OUT [--chunk N] [--share N]    prints the annotations as JSON
    lazy_layers.py layout FORMAT IN OUT [--chunk N] [--share N]       an OCI layout of one image

FORMAT is stargz, old-stargz (with the footer of 47 bytes) or zstd (by zstd(1), a run for each frame: for
small layers). --chunk cuts files after N bytes, --share goes on with an eStargz's member until it
holds N.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import struct
import subprocess
import tarfile
import zlib

KINDS = {
    tarfile.REGTYPE: "reg", tarfile.AREGTYPE: "reg", tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink",
    tarfile.LNKTYPE: "hardlink", tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block", tarfile.FIFOTYPE: "fifo",
}


def sha256(text):
    return "sha256:" + hashlib.sha256(text).hexdigest()


def pack_gzip(text):
    z = zlib.compressobj(6, zlib.DEFLATED, 31)
    return z.compress(text) + z.flush()


def pack_zstd(text):
    return subprocess.run(["zstd", "-q", "-c"], input=text, stdout=subprocess.PIPE, check=True).stdout


class Writer:
    """Members one after another; a member is open until the next one begins."""

    def __init__(self, pack):
        self.pack, self.out, self.open = pack, bytearray(), bytearray()

    def put(self, text):
        self.open += text

    def cut(self):
        if self.open:
            self.out += self.pack(bytes(self.open))
        self.open = bytearray()
        return len(self.out)


def entry_of(member):
    e = {"type": KINDS[member.type], "name": member.name + ("/" if member.isdir() else ""), "mode": member.mode,
         "uid": member.uid, "gid": member.gid, "modtime": "2020-01-01T00:00:00Z"}
    if member.type in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        e["linkName"] = member.linkname
    if member.isreg() and member.size:
        e["size"] = member.size
    return e


def put_file(w, e, body, args):
    """The body of a file, whose entry becomes as many as there are chunks."""
    step = args.chunk or len(body)
    entries = []
    for at in range(0, len(body), step):
        chunk = body[at:at + step]
        if not args.share or len(w.open) >= args.share:
            place = w.cut()
        else:
            place = len(w.out)
        one = dict(e, digest=sha256(body)) if at == 0 else {"type": "chunk", "name": e["name"]}
        one["offset"] = place
        if len(w.open):
            one["innerOffset"] = len(w.open)
        w.put(chunk)
        last = at + step >= len(body)
        if args.format == "zstd":
            end = w.cut()
            entries[:1] = [dict(entries[0], endOffset=end)] if entries else []
            if at == 0:
                one["endOffset"] = end
            if step < len(body):
                one["chunkSize"] = len(chunk)
                one["chunkDigest"] = sha256(chunk)
                if not any(chunk):
                    one["chunkType"] = "zeros"
        else:
            one["chunkDigest"] = sha256(chunk)
            if not last:
                one["chunkSize"] = len(chunk)
        if at:
            one["chunkOffset"] = at
        entries.append(one)
    return entries


def convert(tar, args):
    """The layer, its annotations, and the tar that it unpacks to."""
    zstd = args.format == "zstd"
    w = Writer(pack_zstd if zstd else pack_gzip)
    entries, at = [], 0
    archive = tarfile.open(fileobj=io.BytesIO(tar))
    for member in archive:
        e = entry_of(member)
        w.put(tar[at:member.offset_data])
        at = member.offset_data
        if member.isreg() and member.size:
            entries += put_file(w, e, tar[at:at + member.size], args)
            at += member.size
        else:
            entries.append(e)
    table = json.dumps({"version": 1, "entries": entries}, separators=(",", ":")).encode()
    if zstd:
        w.put(tar[at:])
        return finish_zstd(w, table) + (tar,)
    w.put(b"\0" * (-at % 512))
    layer, notes = finish_stargz(w, table, args.format == "old-stargz")
    return layer, notes, gzip.decompress(layer)


def finish_stargz(w, table, old):
    place = w.cut()
    header = tarfile.TarInfo("stargz.index.json")
    header.size = len(table)
    w.put(header.tobuf(tarfile.USTAR_FORMAT) + table + b"\0" * (-len(table) % 512) + b"\0" * 1024)
    w.cut()
    text = b"%016xSTARGZ" % place
    extra = text if old else b"SG" + struct.pack("<H", len(text)) + text
    footer = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + struct.pack("<H", len(extra)) + extra + b"\1\0\0\xff\xff" + b"\0" * 8
    assert len(footer) == (47 if old else 51)
    return bytes(w.out + footer), {"containerd.io/snapshot/stargz/toc.digest": sha256(table)}


def skippable(text):
    return struct.pack("<II", 0x184D2A50, len(text)) + text


def finish_zstd(w, table):
    place, packed = w.cut() + 8, pack_zstd(table)
    footer = struct.pack("<7Q", place, len(packed), len(table), 1, 0, 0, 0) + b"GNUlInUx"
    notes = {"io.github.containers.zstd-chunked.manifest-checksum": sha256(packed),
             "io.github.containers.zstd-chunked.manifest-position": f"{place}:{len(packed)}:{len(table)}:1"}
    return bytes(w.out + skippable(packed) + skippable(footer)), notes


def read_layer(path):
    with open(path, "rb") as f:
        text = f.read()
    return gzip.decompress(text) if text[:2] == b"\x1f\x8b" else text


def convert_layout(args):
    def blob(directory, digest):
        return os.path.join(directory, "blobs", "sha256", digest.split(":")[1])

    def load(digest):
        with open(blob(args.source, digest), encoding="utf-8") as f:
            return json.load(f)

    def store(text):
        with open(blob(args.target, sha256(text)), "wb") as f:
            f.write(text)
        return {"digest": sha256(text), "size": len(text)}

    os.makedirs(os.path.join(args.target, "blobs", "sha256"))
    shutil.copy(os.path.join(args.source, "oci-layout"), args.target)
    with open(os.path.join(args.source, "index.json"), encoding="utf-8") as f:
        index = json.load(f)
    manifest = load(index["manifests"][0]["digest"])
    config = load(manifest["config"]["digest"])
    suffix = "zstd" if args.format == "zstd" else "gzip"
    for i, layer in enumerate(manifest["layers"]):
        text, notes, plain = convert(read_layer(blob(args.source, layer["digest"])), args)
        manifest["layers"][i] = {"mediaType": "application/vnd.oci.image.layer.v1.tar+" + suffix,
                                 "annotations": notes, **store(text)}
        config["rootfs"]["diff_ids"][i] = sha256(plain)
    manifest["config"].update(store(json.dumps(config).encode()))
    index["manifests"][0].update(store(json.dumps(manifest).encode()))
    with open(os.path.join(args.target, "index.json"), "w", encoding="utf-8") as f:
        json.dump(index, f)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["layer", "layout"])
    parser.add_argument("format", choices=["stargz", "old-stargz", "zstd"])
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--chunk", type=int, default=0)
    parser.add_argument("--share", type=int, default=0)
    args = parser.parse_args()
    if args.what == "layout":
        convert_layout(args)
        return
    layer, notes, _ = convert(read_layer(args.source), args)
    with open(args.target, "wb") as f:
        f.write(layer)
    print(json.dumps(notes))


main()
