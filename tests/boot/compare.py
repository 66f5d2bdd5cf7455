"""compare.py OFFNODE ROOT OUT UNITS: what offnode says of each unit in the file UNITS, against what the
booted systemd showed of it (OUT/KEY.show, OUT/KEY.enabled) and executed (OUT/KEY, by recorder.c)."""
import json
import os
import subprocess
import sys

offnode, root, out, units = sys.argv[1:]

# What differs between two boots.
NOISE = (b"INVOCATION_ID", b"JOURNAL_STREAM", b"SYSTEMD_EXEC_PID", b"MEMORY_PRESSURE_WATCH",
         b"MEMORY_PRESSURE_WRITE", b"NOTIFY_SOCKET", b"container")


def merged(path):
    """Debian's systemd looks into /lib before /usr/lib, which is the same directory."""
    return "/usr" + path if path.startswith("/lib/") else path


def unquoted(text):
    """systemctl show quotes names that hold a backslash."""
    return text.replace("\\\\", "\\").replace('"', "")


def shown(key):
    with open(f"{out}/{key}.show", errors="surrogateescape") as f:
        show = dict(line.split("=", 1) for line in f.read().split("\n") if "=" in line)
    with open(f"{out}/{key}.enabled") as f:
        show["enabled"] = f.read().strip()
    return show


def executed(key):
    """argv and environment of the first execution, or None."""
    if not os.path.exists(f"{out}/{key}"):
        return None
    with open(f"{out}/{key}") as f:
        lines = f.read().split("\n")
    argv, environment = ([bytes.fromhex(x) for x in line.split(" ")[1:]] for line in lines[:2])
    return argv, told_apart(environment)


def told_apart(environment):
    return sorted(x for x in environment if x.split(b"=")[0] not in NOISE)


def exact(word):
    return bytes.fromhex(word["bytes"]) if "bytes" in word else word["text"].encode()


def said(unit):
    answer = subprocess.run([offnode, "argv", "-f", "json", "--live-run", f"dir:{root}", unit],
                            capture_output=True, check=False)  # 3: there is no such unit
    return json.loads(answer.stdout)["targets"][0]["units"][0]


def differences(key, unit):
    show, real, mine = shown(key), executed(key), said(unit)
    if "LoadState" not in show:
        return  # systemctl show gives up over bytes that are not UTF-8
    yield "load", show["LoadState"], mine["load"]
    yield "fragment", merged(show.get("FragmentPath", "")), mine["fragment"] or ""
    dropins = unquoted(show.get("DropInPaths", "")).split()
    yield "drop-ins", [merged(x) for x in dropins], mine["dropins"]
    if show["LoadState"] == "loaded":
        yield "names", sorted(unquoted(show["Names"]).split()), sorted(mine["names"])
    yield "enabled", show["enabled"], mine["enabled"] or ""
    if not real:
        yield "starts", False, mine["starts"] is True
        return
    yield "starts", True, mine["starts"] is not False
    if mine["reason"] != "runtime-specifier":
        yield "argv", real[0], [exact(x) for x in mine["argv"] or []]
    environment = [name.encode() + b"=" + exact(x) for name, x in mine["environment"].items()]
    yield "environment", real[1], told_apart(environment)


def main():
    failed = 0
    with open(units) as f:
        pairs = [line.split() for line in f]
    for key, unit in pairs:
        wrong = [x for x in differences(key, unit) if x[1] != x[2]]
        failed += bool(wrong)
        for what, real, mine in wrong:
            print(f"# {unit}: {what}\n#   systemd {real}\n#   offnode {mine}")
    print(f"# {len(pairs)} units, {failed} differ")
    sys.exit(failed > 0)


main()
