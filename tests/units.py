"""units.py OFFNODE ROOT DUMP: what offnode says of each service of ROOT, against what the systemd
of ROOT itself says in DUMP, the output of its test mode: load state, fragment, drop-ins, and the
words of every ExecStart= before variables are filled in."""
import json
import os
import subprocess
import sys

offnode, root, dump = sys.argv[1:]


ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def split(line):
    """The reverse of quote_command_line: words, "..." with backslashes and octal numbers."""
    words, word, quoted, i = [], None, False, 0
    while i < len(line):
        c = line[i]
        if c == '"':
            quoted, word = not quoted, word or ""
        elif c == " " and not quoted:
            if word is not None:
                words.append(word)
            word = None
        elif c == "\\" and quoted:
            octal = line[i + 1:i + 4]
            i += 3 if octal.isdigit() else 1
            word += bytes([int(octal, 8)]).decode(errors="surrogateescape") if octal.isdigit() else ESCAPES.get(line[i], line[i])
        else:
            word = (word or "") + c
        i += 1
    return words + ([word] if word is not None else [])


def units_of(dump):
    units, unit, key = {}, None, None
    for line in open(dump, errors="surrogateescape"):
        line = line.rstrip("\n")
        text = line.strip()
        if line.startswith("\t-> Unit "):
            name = text[len("-> Unit "):-1]
            unit = {"load": "", "fragment": None, "dropins": [], "words": []}
            units[name] = unit
        elif line.startswith("-> By jobs"):
            break
        elif unit is None:
            continue
        elif line.startswith("\t\t-> "):
            key = text[3:-1]
        elif text.startswith("Command Line: ") and key == "ExecStart":
            unit["words"].append(split(text[len("Command Line: "):]))
        elif line.startswith("\t\tAlias: "):
            units[text[len("Alias: "):]] = unit
        elif line.startswith("\t\tUnit Load State: "):
            unit["load"] = text.split(": ")[1]
        elif line.startswith("\t\tFragment Path: "):
            unit["fragment"] = text.split(": ", 1)[1]
        elif line.startswith("\t\tDropIn Path: "):
            unit["dropins"].append(text.split(": ", 1)[1])
    return units


def merged(path):
    """/lib is a link to /usr/lib: both are the same file."""
    return "/usr" + path if path and path.startswith("/lib/") else path


def ours(name):
    run = subprocess.run([offnode, "argv", "-f", "json", "dir:" + root, name], capture_output=True)
    unit = json.loads(run.stdout)["targets"][0]["units"][0]
    # Of a unit that is not loaded systemd keeps what it read before it gave up.
    return {
        "load": unit["load"],
        "fragment": merged(unit["fragment"]),
        "dropins": [merged(d) for d in unit["dropins"]],
        "words": [[w["text"] for w in c] for c in unit["words"]],
    }


def services():
    names = set()
    for place in ("etc/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"):
        path = os.path.join(root, place)
        if os.path.isdir(path):
            names |= {n.replace("@.", "@x.") for n in os.listdir(path) if n.endswith(".service")}
    return sorted(names)


if dump == "--names":
    print(" ".join(services()))
    sys.exit(0)
theirs, compared, commands, skipped, different = units_of(dump), 0, 0, [], 0
for name in services():
    want = theirs.get(name)
    if want is None or want["fragment"] and want["fragment"].startswith("/run/"):
        skipped.append(name)
        continue
    got = ours(name)
    want = dict(want, fragment=merged(want["fragment"]), dropins=[merged(d) for d in want["dropins"]])
    compared += 1
    commands += len(want["words"])
    for key in want:
        if got[key] != want[key]:
            different += 1
            print(f"# {name} {key}\n#   offnode {got[key]}\n#   systemd {want[key]}")
print(f"# {compared} services with {commands} commands agree but for {different} differences;"
      f" not loaded by systemd: {len(skipped)} {' '.join(skipped)}")
sys.exit(different > 0 or commands < 30)
