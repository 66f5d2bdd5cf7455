#!/usr/bin/env python3
"""stress_tree.py make DIR    - the tree that every reader of file systems must read back whole
stress_tree.py manifest DIR - what tests/manifest.c prints of an image, said of a directory

The tree has directories of 3 to 4000 entries, links of all the lengths at which some format changes
its way of storing them, holes, a file of 700 extents, files around the sizes of blocks, hard links,
names of every kind of byte, owners and modes; special files and other owners only for root."""
import hashlib
import os
import stat
import sys

LINK_LENGTHS = (1, 10, 59, 60, 61, 127, 128, 155, 156, 157, 200, 255, 256, 1000)
FILE_SIZES = (1, 59, 60, 61, 150, 160, 511, 512, 1023, 1024, 1025, 4095, 4096, 4097, 12 * 1024,
              12 * 1024 + 1, 12 * 4096 + 1, 65535, 65536, 65537, 131071, 131072, 131073, 300000)
ODD_NAMES = (b'n' * 255, b'two words', b' leading', b'trailing ', b'-dash', b'new\nline', b'tab\tbed',
             b'back\\slash', b'quote"d', b"apo'strophe", b'n\xc3\xa4me', b'not\xffutf8', b'\x01control',
             b'...', b'.hidden', b'a' * 8, b'Aa', b'aA', b'*', b'$HOME', b'%41', b'\xf0\x9f\x93\xa6')
HOLE_ENDS = (5 << 20, 66 << 20)  # the second lies behind the triple indirect block of a 1 KiB ext2


def put(path, content=b''):
    with open(path, 'wb') as f:
        f.write(content)


def pattern(n):
    """Lines that say where they stand, so that a block out of place shows."""
    return b''.join(b'%015d\n' % i for i in range(n // 16 + 1))[:n]


def make_directories(top):
    for n in (0, 3, 60, 400, 4000):
        os.makedirs(top + b'/dir%d' % n)
        for i in range(n):
            name = top + b'/dir%d/entry-with-a-longish-name-%06d.conf' % (n, i)
            put(name, b'%d %d\n' % (n, i) if i % 16 == 0 else b'')
    deep = top + b'/' + b'/'.join([b'd' * 30] * 40)
    os.makedirs(deep)
    put(deep + b'/leaf', b'deep\n')


def make_links(top):
    os.makedirs(top + b'/links')
    for n in LINK_LENGTHS:
        target = ((b'x' * 200 + b'/') * 5)[:n]
        os.symlink(target[:-1] + b'y', top + b'/links/len%d' % n)
    os.symlink(b'loop2', top + b'/links/loop1')
    os.symlink(b'loop1', top + b'/links/loop2')
    os.symlink(b'../../../../../../etc/os-release', top + b'/links/above-root')
    os.symlink(b'/absolute/and missing', top + b'/links/dangling')
    os.symlink(b'\xff\n', top + b'/links/bytes')


def make_files(top):
    os.makedirs(top + b'/sizes')
    put(top + b'/sizes/0')
    for n in FILE_SIZES:
        put(top + b'/sizes/%d' % n, pattern(n))
    put(top + b'/sizes/big', pattern(3 << 20))
    put(top + b'/sizes/same', b'A' * 200000)
    with open(top + b'/sparse', 'wb') as f:
        for end in HOLE_ENDS:
            f.seek(end)
            f.write(b'end of a hole at %d\n' % end)
    with open(top + b'/hole-at-end', 'wb') as f:
        f.write(pattern(5000))
        f.truncate(1 << 20)
    with open(top + b'/only-hole', 'wb') as f:
        f.truncate(123456)
    with open(top + b'/fragments', 'wb') as f:
        for i in range(700):
            f.seek(i * 16384)
            f.write(b'%07d\n' % i)


def make_names(top):
    os.makedirs(top + b'/names')
    for name in ODD_NAMES:
        put(top + b'/names/' + name, name)
    os.makedirs(top + b'/hard')
    put(top + b'/hard/one', b'two names\n')
    os.link(top + b'/hard/one', top + b'/hard/two')
    os.link(top + b'/hard/one', top + b'/names/three')


def make_owners(top):
    os.makedirs(top + b'/modes')
    for mode in (0o000, 0o600, 0o644, 0o755, 0o777, 0o1777, 0o2755, 0o4755, 0o6711):
        put(top + b'/modes/%04o' % mode, b'mode\n')
        os.chmod(top + b'/modes/%04o' % mode, mode)
    os.mkdir(top + b'/modes/sticky')
    os.chmod(top + b'/modes/sticky', 0o1777)
    for n in (8, 60, 200):
        try:
            os.setxattr(top + b'/modes/0644', b'user.x%d' % n, b'v' * n)
        except OSError:
            break
    if os.getuid() != 0:
        return
    for owner in (1000, 65535, 65536, 1000000, 0xfffffffd):
        put(top + b'/modes/owner%d' % owner)
        os.chown(top + b'/modes/owner%d' % owner, owner, owner - 1)
    os.mkfifo(top + b'/modes/fifo')
    try:
        os.mknod(top + b'/modes/null', 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        os.mknod(top + b'/modes/disk', 0o660 | stat.S_IFBLK, os.makedev(259, 70000))
    except OSError:
        pass


def make(top):
    os.umask(0o022)
    os.makedirs(top, exist_ok=True)
    for part in (make_directories, make_links, make_files, make_names, make_owners):
        part(top)


def escaped(name):
    return ''.join(chr(c) if 0x20 < c < 0x7f and c != 0x5c else '\\x%02x' % c for c in name)


def digest(path):
    h = hashlib.sha256()
    with open(path, 'rb') as f:
        while piece := f.read(1 << 20):
            h.update(piece)
    return h.hexdigest()


def line(path, shown):
    st = os.lstat(path)
    kind = stat.S_IFMT(st.st_mode)
    if kind == stat.S_IFLNK:
        return f'{shown} link {escaped(os.readlink(path))}'
    word = {stat.S_IFREG: 'regular', stat.S_IFDIR: 'directory', stat.S_IFCHR: 'device',
            stat.S_IFBLK: 'device'}.get(kind, 'other')
    text = f'{shown} {word} {stat.S_IMODE(st.st_mode):04o} {st.st_uid} {st.st_gid}'
    return f'{text} {st.st_size} {digest(path)}' if word == 'regular' else text


def manifest(top):
    lines = []
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = folder + b'/' + name
            lines.append(line(path, escaped(path[len(top):])))
    lines.append(line(top, '/'))
    print('\n'.join(sorted(lines)))


if __name__ == '__main__':
    if len(sys.argv) != 3 or sys.argv[1] not in ('make', 'manifest'):
        sys.exit(__doc__)
    directory = os.fsencode(sys.argv[2]).rstrip(b'/')
    {'make': make, 'manifest': manifest}[sys.argv[1]](directory)
