# Runs a command on a terminal of its own, then looks whether somebody has typed into it: terminal.py COMMAND…
import fcntl
import os
import pty
import select
import sys
import termios

master, slave = pty.openpty()
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for number in (0, 1, 2):
        os.dup2(slave, number)
    os.closerange(3, 256)
    os.execv(sys.argv[1], sys.argv[1:])
output = b""
while True:
    if select.select([master], [], [], 0.1)[0]:
        output += os.read(master, 65536)
        continue
    if os.waitpid(pid, os.WNOHANG)[0]:
        break
# What the command left in the terminal's input is what the administrator's shell would read next.
settings = termios.tcgetattr(slave)
settings[3] &= ~(termios.ICANON | termios.ECHO)
settings[6][termios.VMIN] = settings[6][termios.VTIME] = 0
termios.tcsetattr(slave, termios.TCSANOW, settings)
os.set_blocking(slave, False)
try:
    typed = os.read(slave, 65536)
except BlockingIOError:
    typed = b""
print("TYPED %r" % typed)
print("OUTPUT %r" % output)
