"""random_units.py UPPER RECORDER SEED COUNT: fills the directory UPPER with COUNT random services, their
drop-ins, links and environment files, and with what a boot needs to start each and to show it.
Prints a line "KEY UNIT" for each. The program of every unit is a hard link to RECORDER named KEY.

The pieces are those that reference readers get wrong: quotes, escapes, specifiers, continuation
lines, comments in odd places, resets, every form of a dollar, names that sort oddly."""
import os
import random
import sys

upper, recorder, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rng = random.Random(seed)
pick = rng.choice

VARIABLES = "A B C D _E F1 LANG PATH HOME Z9 A_ USER".split()
ATOMS = ["a", "b=c", "--x", "--y=1", "-v", "=", "x;y", "#h", '"', "'", "\\", "é", "\t", "|", "&", "!", "@", ":", ";", ",",
         "/", ".", "`", "(", ")", "{", "}", "~", "*", "\u00a0"]
ATOMS += "%% %n %N %p %i %j %f %t %S %E %u %U %h %m %o %H %q %y %Y %z % %- %1 %%n".split(" ")
ATOMS += r"\n \t \x41 \x24A \x25n \101 \s \u00e9 \U0001F600 \q \\ \' \" \; \x4 \400 \x00 \x80".split(" ") + ["\\ "]
ATOMS += "$ $$ $A ${A} ${B} $B ${ ${} ${A $1 ${1} $A-x ${A-x} ${A:-x} ${A:+y} $A=x $$A $${A}".split(" ")
VALUES = ["", "1", "x y", " lead", "trail ", '"q q"', "'s s'", "a\\ b", '\\"', '"a b" \'c d\' e', "x=1", "$B", "${B}", "%n", "\\n",
          '"un', 'a"b c"d', "'x''y'", "  ", '""', '" "', "a\tb", "é", "\\", "\\\\", "a;b", "#x", "- -",
          "--flag=false --other", '="x y"', "a'b"]
CONTINUED = [" \\\n  ", "\\\n", " \\\n# c\n", " \\\n; c \\\n", " \\\n\n", "\\\r\n", "\\ \n", " \\\n[X]\n", " \\\n\t", " \\\n \n",
             " \\\n#\n\n"]
DIRECTORIES = ["/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/etc/systemd/system.control"]
DROPINS = ["10-a.conf", "10.conf", "9.conf", "10_a.conf", "Z.conf", "é.conf", ".h.conf", "a.conf~", "b.conf.bak", "10-kubeadm.conf",
           "x.rpmnew", "c.CONF", "zz.conf", "50-x.conf"]


def chance(p):
    return rng.random() < p


def weighted(*pairs):
    return rng.choices([x for x, _ in pairs], [w for _, w in pairs])[0]


# ---- files ----

def put(path, content):
    path = upper + path
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.lexists(path):
        with open(path, "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())


def link(path, target):
    path = upper + path
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.lexists(path):
        os.symlink(target, path)


# ---- lines ----

def word():
    text = "".join(pick(ATOMS) for _ in range(weighted((1, 6), (2, 4), (3, 2), (4, 1), (0, 1))))
    form = weighted(("bare", 45), ("double", 15), ("single", 15), ("joined", 6), ("split", 6), ("value", 13), ("braces", 10))
    return {"bare": text, "double": f'"{text}"', "single": f"'{text}'", "joined": f'{text}"{pick(ATOMS)} {pick(ATOMS)}"',
            "split": f"'{pick(ATOMS)} {pick(ATOMS)}'{text}", "value": "$" + pick(VARIABLES),
            "braces": "${" + pick(VARIABLES) + "}"}[form]


def words(n):
    return "".join(word() + (pick(CONTINUED) if chance(.06) else " ") for _ in range(n))


def assignment():
    name, value = pick(VARIABLES), pick(VALUES)
    odd = ["1A=x", "A", "=x", "A-B=x", "export A=1", "A =x", "É=1", "A=\\x07b", "A=\\q", "A=%z B=1", "A=%n", "%n=1", "A=%", '"A=b',
           "A=\\u00e9", "A=\\xff", "A=%m%o", "A+=x", " ; B=2"]
    return weighted((f"{name}={value}", 40), (f'"{name}={value}"', 35), (f"'{name}={value}'", 15), (f'{name}="{value}"', 5),
                    (pick(odd), 5))


def environment_file():
    lines = []
    for _ in range(rng.randrange(1, 7)):
        v, x = pick(VARIABLES), pick(VALUES)
        lines.append(pick([f"{v}={x}", f"{v}={x}", f'{v}="{x}"', f"{v}='{x}'", f"  {v} = {x} ", f"export {v}=1", "# c", ";c", "# c \\",
                           f"{v}=a \\\n  b", f'{v}="a\nb"', f'{v}="x"y z', f"{v}='x' # c", f'{v}="a\\nb\\$c\\`d"',
                           f"{v}=\\x41 \\$x", "junk", "=x", "A-B=1", v, "\t", f"{v}=a\rB=b", f"{v}='a\\'b", f'{v}="a" \'b\' c',
                           f"{v}=a#b", f'{v}= "x" ', f'{v}="a\\\nb"', f"{v}=x\\", "1A=2", "\ufeffA=1", f"{v}=é",
                           f'{v}="é" \\\n"z"']))
    content = ("\n".join(lines) + pick(["\n", "", "\r\n", "\\"]) + ("\0" if chance(.02) else "")).encode()
    return content + (b"\nQ=\xff\n" if chance(.03) else b"")


def command(key):
    prefix = weighted(("", 60), ("-", 5), ("@", 4), ("+", 3), ("!", 2), ("!!", 2), (":", 4), ("-@", 1), ("@-", 1), ("+:", 1),
                      ("--", 1), ("!+", 1), (":-", 1))
    program = weighted((f"/usr/bin/{key}", 84), (f"/usr//bin/{key}", 3), (f"/usr/bin/../bin/{key}", 2), (key, 3),
                       (f'"/usr/bin/{key}"', 2), (f"/usr/bin/./{key}", 2), (f"usr/{key}", 1), ("/usr/bin/%p", 1),
                       (f"/usr/bin/{key}/", 1), (f"/usr/bin/$A{key}", 1))
    line = f"{prefix}{program} " + (word() + " " if "@" in prefix else "") + words(rng.randrange(6))
    if chance(.05):
        line += f" ; /usr/bin/{key} second {word()}"
    return line if chance(.1) else line.rstrip(" ")


def environment_path(key):
    return pick([f"-/etc/default/{key}", f"/etc/default/{key}", "-/etc/default/missing", f"-/etc/env.d/{key}*", f"/etc/env.d/{key}*",
                 f"/etc/env.d/{key}[12]", f'"-/etc/default/{key}"', f"- /etc/default/{key}", "-/etc/default/%p", "",
                 f"etc/default/{key}", f"/etc/default/{key} ", "-/etc/default/%N", f"-/etc/env.d/{{{key}1,x}}",
                 f"-/etc//default/./{key}"])


def service_lines(key):
    lines = []
    if chance(.06):
        lines.append("Type=" + pick(["oneshot", "exec", "simple", "bogus"]))
    if chance(.03):
        lines.append(pick(["Restart=always", "RemainAfterExit=yes", f"BusName=a.{key}"]))
    lines += ["Environment=" + " ".join(assignment() for _ in range(rng.randrange(1, 4))) for _ in range(rng.randrange(4))]
    if chance(.08):
        lines.append("Environment=")
    lines += ["EnvironmentFile=" + environment_path(key) for _ in range(pick([0, 0, 1, 1, 2]))]
    if chance(.08):
        lines.append("UnsetEnvironment=" + pick(["A", "B=1", "A B", '"C=x y"', "LANG", "PATH", "-", "A=%n"]))
    if chance(.05):
        lines.append("PassEnvironment=" + pick(["LANG", "PATH", "A", "HOME"]))
    if chance(.03):
        lines.append("ExecSearchPath=" + pick(["/usr/bin", "/opt", "/usr/bin:/bin"]))
    if chance(.04):
        lines.append(pick(["User=root", "User=nobody", "User=nosuch", "WorkingDirectory=/tmp", "WorkingDirectory=/nosuch",
                           "WorkingDirectory=-/nosuch", "WorkingDirectory=~", "StateDirectory=foo", "RuntimeDirectory=r1 r2",
                           "Group=nogroup", "ConfigurationDirectory=cc", "CacheDirectory=a b"]))
    return lines


def starting_lines(key):
    lines = []
    if chance(.06):
        lines.append("ExecStartPre=" + pick(["/bin/true", "/bin/false", "-/bin/false", "/nosuch", "-/nosuch", "/bin/true \\"]))
    if chance(.06):
        lines += ["[Unit]", "Condition" + pick(
            ["PathExists=/etc", "PathExists=/nosuch", "PathExists=!/nosuch", "PathExists=|/nosuch", "PathIsDirectory=/etc",
             "PathExists=", "FileNotEmpty=/etc/passwd", "PathExistsGlob=/etc/pass*", "FileIsExecutable=/bin/sh",
             "PathIsSymbolicLink=/bin", "PathExists=|!/etc\nConditionPathExists=|/etc"])]
    if chance(.04):
        lines += ["[Unit]", pick(["Requires=nosuch.service", "BindsTo=nosuch.target", "Wants=nosuch.service",
                                  "AssertPathExists=/nosuch", "After=nosuch.service"])]
    if chance(.3):
        lines += ["[Install]", pick(["WantedBy=multi-user.target", f"Alias=al-{key}.service", "Also=x.service",
                                     "RequiredBy=a.target", "WantedBy="])]
    return lines


def with_noise(lines):
    out = []
    for line in lines:
        out.append(weighted((line, 910), (pick(["# ", "; ", "  ", "\t#"]) + line, 30), ("  " + line, 20),
                            (line.replace("=", " = ", 1), 10), (line + " # trailing", 5), (line + "\\", 5),
                            ("\ufeff" + line, 5), (line + "\r", 5), (line.lower(), 3)))
        if chance(.03):
            out.append(pick(["", "# comment \\", "junk", "NoSuch=1", "=x", "#", "X-Foo=1"]))
    return out


def unit_file(key, dropin=False):
    lines = ["[Unit]", "Description=" + pick(["x", "%n", "é", "a \\\n b"])] if chance(.5) else []
    if chance(.03):
        lines.append(pick(["[Unit", "junk before", "A=1", "[]", "[X-Foo]\nExecStart=/bin/false", ".include /etc/x"]))
    lines.append("[service]" if dropin and chance(.03) else "[Service]")
    lines += service_lines(key)
    if not dropin:
        lines += ["ExecStart=" + command(key) for _ in range(weighted((1, 90), (0, 3), (2, 4)))]
    elif chance(.4):
        lines += ["ExecStart="] + (["ExecStart=" + command(key)] if chance(.85) else [])
    elif chance(.05):
        lines.append("ExecStart=" + command(key))
    lines = with_noise(lines + starting_lines(key))
    content = (weighted(("\n", 4), ("\r\n", 1)).join(lines) + pick(["\n", "", "\\"])).encode()
    if chance(.01):
        content = content.replace(b"a", b"\xff", 1)
    return content.replace(b" ", b"\0", 1) if chance(.005) else content


# ---- units ----

def fragment(key, name, file):
    where = weighted(*zip(DIRECTORIES, (60, 10, 28, 2)))
    form = weighted(("file", 93), ("linked", 2), ("alias", 2), ("dangling", 1), ("mask", 2))
    real = f"real-{key}.service"
    if form == "file":
        put(f"{where}/{file}", unit_file(key))
    elif form == "linked":
        put(f"/opt/{key}.service", unit_file(key))
        link(f"{where}/{file}", f"/opt/{key}.service")
    elif form == "alias":
        put(f"/usr/lib/systemd/system/{real}", unit_file(key))
        link(f"/etc/systemd/system/{file}", pick([f"/usr/lib/systemd/system/{real}", real, f"/lib/systemd/system/{real}", f"../x/{real}"]))
    elif form == "dangling":
        link(f"{where}/{file}", pick(["/dev/null", "/nosuch/x.service", file, "nosuch.service"]))
    else:
        put(f"{where}/{file}", pick(["", "\n"]))
    if chance(.15):
        put(f"/usr/lib/systemd/system/{file}", unit_file(key))
    if chance(.15):
        link(f"/etc/systemd/system/{pick(['multi-user', 'other'])}.target.{pick(['wants', 'requires'])}/{name}.service",
             pick(["/nosuch", f"{where}/{file}", f"../{file}"]))


def drop_in(key, name, template):
    of = pick([name] * 5 + [template, f"{key}-", f"{key}-x-", f"real-{key}", key])
    path = f"{pick(DIRECTORIES[:3])}/{of}.service.d/{pick(DROPINS)}"
    form = weighted(("file", 92), ("empty", 2), ("link", 2), ("directory", 1), ("linked", 3))
    if form == "file":
        put(path, unit_file(key, True))
    elif form == "empty":
        put(path, "")
    elif form == "link":
        link(path, pick(["/dev/null", "/nosuch", "/etc/default"]))
    elif form == "directory":
        os.makedirs(upper + path, exist_ok=not os.path.isfile(upper + path)) if not os.path.lexists(upper + path) else None
    else:
        put(f"/opt/{key}.conf", unit_file(key, True))
        link(path, f"/opt/{key}.conf")


def service(key):
    os.link(recorder, f"{upper}/usr/bin/{key}")
    form = weighted(("plain", 80), ("instance", 12), ("dashes", 8))
    template = f"{key}@" if form == "instance" else key if form == "plain" else f"{key}-x-y"
    name = template + (pick(["a", "a-b", "x.y", "a\\x2db", "c3a9"]) if form == "instance" else "")
    fragment(key, name, (template if chance(.8) else name) + ".service")
    for _ in range(weighted((0, 30), (1, 30), (2, 20), (3, 10), (4, 5))):
        drop_in(key, name, template)
    for path, p in (f"/etc/default/{key}", .7), (f"/etc/env.d/{key}1", .3), (f"/etc/env.d/{key}2", .2):
        if chance(p):
            put(path, environment_file())
    return name + ".service"


def machine():
    if chance(.5):
        put("/etc/systemd/system.conf", f"[Manager]\nDefaultEnvironment={assignment()} {assignment()}\n")
    if chance(.3):
        put("/etc/systemd/system.conf.d/a.conf", f"[Manager]\nDefaultEnvironment={assignment()}\n")
    if chance(.3):
        put("/etc/locale.conf", "LANG=" + pick(["C", "de_DE.UTF-8", '"x y"']) + "\n")
    if chance(.3):
        put(f"/etc/systemd/system/service.d/{pick(['05-all.conf', 'zz.conf'])}", f"[Service]\nEnvironment={assignment()}\n")
    put("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    put("/etc/hostname", "node1\n")


def what_the_boot_does(units):
    put("/etc/systemd/system/all.target", "[Unit]\nRequires=all.service\nAfter=all.service\nDefaultDependencies=no\n")
    put("/etc/systemd/system/all.service", "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\n"
        "TimeoutStartSec=infinity\nExecStart=/bin/sh /all\n")
    script = ["cd /", "exec 2>/dev/null"]
    for key, unit in units:
        script += [f"timeout 20 systemctl start -- '{unit}' >/dev/null",
                   f"systemctl show -p LoadState,FragmentPath,DropInPaths,Names -- '{unit}' >/out/{key}.show",
                   f"systemctl is-enabled -- '{unit}' >/out/{key}.enabled"]
    put("/all", "\n".join(script + [">/out/finished", "systemctl --force --force poweroff"]) + "\n")


def main():
    for directory in ("usr/bin", "out"):
        os.makedirs(f"{upper}/{directory}")
    units = [(key, service(key)) for key in (f"k{i:03d}" for i in range(count))]
    machine()
    what_the_boot_does(units)
    for key, unit in units:
        print(key, unit)


main()
