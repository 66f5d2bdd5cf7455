#!/usr/bin/env python3
"""xfs_proto.py DIR - a directory as the prototype file that mkfs.xfs -p reads (mkfs.xfs(8)), so that
an image of it can be made without a mount. Names and targets with blanks cannot be said in one;
the tree must not have any."""
import os
import stat
import sys

LETTERS = {stat.S_IFREG: '-', stat.S_IFDIR: 'd', stat.S_IFLNK: 'l', stat.S_IFCHR: 'c',
           stat.S_IFBLK: 'b', stat.S_IFIFO: 'p'}


def mode(st):
    """The type, set-user and set-group, and three octal digits; there is no sticky bit."""
    return (LETTERS[stat.S_IFMT(st.st_mode)] + ('u' if st.st_mode & stat.S_ISUID else '-') +
            ('g' if st.st_mode & stat.S_ISGID else '-') +
            f'{st.st_mode & 0o777:03o} {st.st_uid} {st.st_gid}')


def rest(path, st):
    if stat.S_ISLNK(st.st_mode):
        return os.readlink(path)
    if stat.S_ISREG(st.st_mode):
        return path
    if stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
        return f'{os.major(st.st_rdev)} {os.minor(st.st_rdev)}'
    return ''


def say(folder):
    for name in sorted(os.listdir(folder)):
        path = folder + '/' + name
        st = os.lstat(path)
        print(name, mode(st), rest(path, st))
        if stat.S_ISDIR(st.st_mode):
            say(path)
    print('$')


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print('/\n0 0')
    print(mode(os.lstat(sys.argv[1])))
    say(sys.argv[1])
