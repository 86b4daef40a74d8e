# SPDX-License-Identifier: GPL-2.0-only
"""An initramfs archive (cpio "newc"), written without root rights."""

import os
import stat


class Archive:
    """Collects files and writes them in the order in which they were added."""

    def __init__(self, path):
        self.out = open(path, "wb")
        self.inode = 0
        self.directories = set()

    def _entry(self, name, mode, data=b"", device=(0, 0)):
        self.inode += 1
        name = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0,
                  device[0], device[1], len(name), 0)
        self.out.write(b"070701" + b"".join(b"%08x" % field for field in fields))
        self._padded(name, 110)
        self._padded(data, 0)

    def _padded(self, data, before):
        self.out.write(data + b"\0" * (-(before + len(data)) % 4))

    def directory(self, name, mode=0o755):
        if name and name not in self.directories:
            self.directory(os.path.dirname(name))
            self.directories.add(name)
            self._entry(name, stat.S_IFDIR | mode)

    def file(self, name, data, mode=0o644):
        self.directory(os.path.dirname(name))
        self._entry(name, stat.S_IFREG | mode, data)

    def symlink(self, name, target):
        self.directory(os.path.dirname(name))
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def device(self, name, major, minor, mode=0o600):
        self.directory(os.path.dirname(name))
        self._entry(name, stat.S_IFCHR | mode, device=(major, minor))

    def copy(self, source, name):
        """Add the file or the whole directory SOURCE under NAME."""
        if os.path.islink(source):
            self.symlink(name, os.readlink(source))
        elif os.path.isdir(source):
            self.directory(name)
            for child in sorted(os.listdir(source)):
                self.copy(os.path.join(source, child), name + "/" + child)
        else:
            with open(source, "rb") as stream:
                self.file(name, stream.read(), stat.S_IMODE(os.stat(source).st_mode))

    def close(self):
        self._entry("TRAILER!!!", 0)
        self.out.close()
