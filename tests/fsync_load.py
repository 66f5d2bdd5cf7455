#!/usr/bin/env python3
"""fsync_load.py DIR SEED COUNT - random changes to a tree, some of them told to stay by fsync, so that
a copy of its volume taken afterwards has a log to replay. The same seed makes the same changes.

The first third is followed by a sync, which commits whole; the rest is left to the log."""
import ctypes
import os
import random
import sys

PUNCH, KEEP_SIZE, ZERO = 2, 1, 16
AT_CWD, EXCHANGE, FOLLOW = -100, 2, 0x400  # of renameat2 and linkat
libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]


class Load:
    def __init__(self, top, seed):
        self.top, self.random = top, random.Random(seed)
        self.dirs, self.files, self.serial = [top], [], 0

    def fresh(self):
        self.serial += 1
        stem = self.random.choice(('f', 'kubelet.service.d', 'n' * 200, 'x' * 30))
        return os.path.join(self.random.choice(self.dirs), '%s%d' % (stem, self.serial % 40))

    def content(self):
        size = self.random.choice((0, 1, 40, 100, 2000, 4096, 5000, 70000, 200000))
        return bytes([self.random.randrange(256)]) * size if self.random.random() < .5 \
            else self.random.randbytes(size)

    def sync(self, path):
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        os.fsync(fd)
        os.close(fd)

    def create(self):
        path = self.fresh()
        with open(path, 'wb') as f:
            f.write(self.content())
        if path not in self.files:
            self.files.append(path)

    def write(self):
        with open(self.random.choice(self.files), 'r+b') as f:
            f.seek(self.random.randrange(300000) & ~self.random.choice((0, 4095)))
            f.write(self.content())
            if self.random.random() < .5:
                f.flush()
                os.fdatasync(f.fileno())

    def truncate(self):
        os.truncate(self.random.choice(self.files), self.random.choice((0, 50, 4096, 10000, 150000)))

    def allocate(self):
        fd = os.open(self.random.choice(self.files), os.O_RDWR)
        how = self.random.choice((0, KEEP_SIZE, PUNCH | KEEP_SIZE, ZERO))
        libc.fallocate(fd, how, self.random.randrange(200000), self.random.randrange(1, 100000))
        os.close(fd)

    def rename(self):
        old = self.random.choice(self.files)
        new = self.random.choice(self.files) if self.random.random() < .3 else self.fresh()
        os.rename(old, new)
        self.files.remove(old)
        if new not in self.files:
            self.files.append(new)

    def rename_dir(self):
        old, new = self.random.choice(self.dirs[1:]), self.fresh()
        if new.startswith(old + '/') or os.path.lexists(new):
            return
        os.rename(old, new)
        moved = lambda p: new + p[len(old):] if p == old or p.startswith(old + '/') else p
        self.dirs, self.files = [moved(p) for p in self.dirs], [moved(p) for p in self.files]

    def unlink(self):
        path = self.random.choice(self.files)
        os.unlink(path)
        self.files.remove(path)

    def mkdir(self):
        path = self.fresh()
        os.mkdir(path)
        self.dirs.append(path)

    def rmdir(self):
        path = self.random.choice(self.dirs[1:])
        os.rmdir(path)
        self.dirs.remove(path)

    def link(self):
        path = self.fresh()
        os.link(self.random.choice(self.files), path)
        self.files.append(path)

    def symlink(self):
        os.symlink('t' * self.random.randrange(1, 200), self.fresh())

    def exchange(self):
        one, other = self.random.sample(self.files, 2)
        libc.renameat2(AT_CWD, os.fsencode(one), AT_CWD, os.fsencode(other), EXCHANGE)

    def replace(self):
        """As editors do."""
        path = self.random.choice(self.files)
        with open(path + '.new', 'wb') as f:
            f.write(self.content())
            f.flush()
            os.fsync(f.fileno())
        os.rename(path + '.new', path)

    def nameless(self):
        """A file that gets its name once it is written, and may be written on after it lost it."""
        fd, path = os.open(self.random.choice(self.dirs), os.O_TMPFILE | os.O_RDWR, 0o640), self.fresh()
        os.write(fd, self.content())
        if libc.linkat(AT_CWD, b'/proc/self/fd/%d' % fd, AT_CWD, os.fsencode(path), FOLLOW) == 0:
            self.files.append(path)
        os.fsync(fd)
        if self.random.random() < .3:
            self.unlink()
            os.fsync(fd)
        os.close(fd)

    def attribute(self):
        path = self.random.choice(self.files + self.dirs)
        os.setxattr(path, 'user.%d' % self.random.randrange(5), self.random.randbytes(self.random.choice((0, 9, 900))))
        self.sync(path)

    def mode(self):
        path = self.random.choice(self.files)
        os.chmod(path, self.random.randrange(0o10000))
        os.chown(path, self.random.randrange(70000), self.random.randrange(70000))

    def fsync(self):
        self.sync(self.random.choice(self.files if self.random.random() < .7 else self.dirs))

    def step(self, kind=None):
        kinds = (self.create, self.write, self.truncate, self.allocate, self.rename, self.rename_dir,
                 self.unlink, self.mkdir, self.rmdir, self.link, self.symlink, self.mode, self.fsync,
                 self.exchange, self.replace, self.nameless, self.attribute)
        weights = (12, 10, 4, 5, 8, 2, 6, 4, 2, 5, 2, 3, 20, 3, 4, 4, 2)
        try:
            (kind or self.random.choices(kinds, weights)[0])()
        except (OSError, IndexError, ValueError):
            pass  # taken, gone, not empty, none yet


def main():
    load, count = Load(sys.argv[1], int(sys.argv[2])), int(sys.argv[3])
    for i in range(count):
        if i == count // 3:
            os.sync()
        load.step()
    for _ in range(3):
        load.step(load.fsync)


main()
