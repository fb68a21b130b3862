# Prints the kernel's handle of a file, as open_by_handle_at(2) takes it: TYPE:HEX.
import ctypes
import os
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
for path in sys.argv[1:]:
    buffer = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + b"\0" * 128, 136)
    mount = ctypes.c_int()
    if libc.name_to_handle_at(-100, path.encode(), buffer, ctypes.byref(mount), 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)
    size, kind = struct.unpack_from("Ii", buffer.raw)
    print("%d:%s" % (kind, buffer.raw[8:8 + size].hex()))
