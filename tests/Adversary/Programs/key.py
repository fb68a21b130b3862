# Puts a key with a secret into root's user keyring, or removes it again: what a VM must not find.
#   key.py plant SECRET        (prints its number)        key.py remove
import ctypes
import sys

libc = ctypes.CDLL(None, use_errno=True)
USER_KEYRING, DESCRIPTION = -4, b"hyperspector-attack"
if sys.argv[1] == "plant":
    secret = sys.argv[2].encode()
    key = libc.syscall(248, b"user", DESCRIPTION, secret, len(secret), USER_KEYRING)
    # Whoever runs as that user may look: the keyring is linked into the session's.
    libc.syscall(250, 5, key, 0x3f3f3f3f)
    print(key)
else:
    key = libc.syscall(250, 10, USER_KEYRING, b"user", DESCRIPTION, 0)
    libc.syscall(250, 9, key, USER_KEYRING)
