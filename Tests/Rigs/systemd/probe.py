"""What a program may not do that runs in digitd's place, confined as its unit says; run by ../systemd.sh as probe.py SOCKET.

Each line says what was tried and what came of it; 1 and "ALLOWED" where something was not refused. System calls are made with
arguments that can do nothing: one that gets as far as to have them looked at was allowed. "probe.py calls" tries only these.
"""

import ctypes
import errno
import os
import resource
import socket
import sys

libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = {"mount": 165, "ptrace": 101, "chroot": 161, "clock_settime": 227, "kexec_load": 246, "bpf": 321, "init_module": 175,
           "perf_event_open": 298, "keyctl": 250, "unshare": 272, "setns": 308, "reboot": 169, "swapon": 167, "personality": 135,
           "sched_setscheduler": 144, "setpriority": 141, "settimeofday": 164, "sethostname": 170, "io_uring_setup": 425,
           "add_key": 248, "pivot_root": 155, "acct": 163, "quotactl": 179}
allowed = []


def call(name, *arguments):
    words = [ctypes.c_long(word) for word in arguments]
    refused = libc.syscall(NUMBERS[name], *words) < 0 and ctypes.get_errno() == errno.EPERM
    tell(refused, f"system call {name}", errno.errorcode[ctypes.get_errno()] if refused else "")


def tell(refused, what, why):
    print(f"refused: {what} ({why})" if refused else f"ALLOWED: {what}")
    if not refused:
        allowed.append(what)


def attempt(what, body):
    try:
        body()
    except (OSError, ValueError) as error:
        # Python has words of its own for a limit that may not be raised.
        tell(True, what, errno.errorcode.get(getattr(error, "errno", None), error))
    else:
        tell(False, what, "")


def write(path):
    attempt(f"writing {path}", lambda: open(path, "w").close())


def sees_none(path):
    """For what must not be there, or be empty."""
    attempt(f"seeing something in {path}", lambda: os.listdir(path) or _missing())


def _missing():
    raise OSError(errno.ENOENT, "")


def connect_out():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("192.0.2.1", 53))


def set_user_bit():
    path = "/tmp/probe"
    open(path, "w").close()
    os.chmod(path, 0o4755)


BAD = 1  # an address where nothing is
if os.uname().machine == "x86_64":
    call("mount", BAD, BAD, BAD, 0, 0)
    call("ptrace", -1, 0, 0, 0)
    call("chroot", BAD)
    call("clock_settime", 1, BAD)
    call("settimeofday", BAD, 0)
    call("sethostname", BAD, 1)
    call("kexec_load", 0, 1 << 20, BAD, 0)
    call("bpf", -1, BAD, 0)
    call("init_module", BAD, 0, BAD)
    call("perf_event_open", BAD, 0, -1, -1, 0)
    call("keyctl", 9999, 0, 0)
    call("add_key", BAD, BAD, BAD, 1, 0)
    call("unshare", 0x10000000)  # of itself: CLONE_NEWUSER
    call("setns", -1, 0)
    call("reboot", 0, 0, 0, 0)
    call("swapon", BAD, 0)
    call("acct", BAD)
    call("quotactl", -1, BAD, 0, 0)
    call("pivot_root", BAD, BAD)
    call("personality", 0x0040000)  # of itself: ADDR_NO_RANDOMIZE
    call("sched_setscheduler", 0, 1, BAD)
    call("setpriority", 0, 0, -20)  # of itself
if sys.argv[1] == "calls":
    sys.exit(1 if allowed else 0)
for family in ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET"):
    attempt(f"a socket of {family}", lambda: socket.socket(getattr(socket, family), socket.SOCK_DGRAM).close())
attempt("an address outside", connect_out)
attempt("user 0", lambda: os.setuid(0))
attempt("a file with the set-user-ID bit", set_user_bit)
for path in ("/etc/probe", "/usr/probe", "/usr/local/etc/digitd/digitd.toml", "/var/lib/probe", "/run/probe", "/run/digitd/probe",
             "/dev/shm/probe", "/sys/kernel/probe", "/proc/sys/kernel/hostname", "/sys/fs/cgroup/probe"):
    write(path)
attempt("replacing the socket", lambda: os.unlink(sys.argv[1]))
attempt("opening a terminal", lambda: open("/dev/ptmx", "rb").close())
sees_none("/home")
sees_none("/root")
attempt("seeing other processes", lambda: os.stat("/proc/1/status"))
attempt("more processes than its limit", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (1 << 30, 1 << 30)))
sys.exit(1 if allowed else 0)
