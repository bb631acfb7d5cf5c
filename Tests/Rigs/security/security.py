"""The socket against other users; for ../security.sh. security.py DIGITD WORK"""

import atexit
import errno
import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
import time

DIGITD, WORK = sys.argv[1:3]
# Users and groups that no account has.
OWNER, STRANGER, MEMBERS = 61001, 61002, 61003


def check(condition, sentence):
    if not condition:
        sys.exit(sentence)


def as_user(user, groups=()):
    def become():
        os.setgroups(list(groups))
        os.setgid(groups[0] if groups else user)
        os.setuid(user)
    return become


def configuration(mode="0660", group=""):
    path = f"{WORK}/{mode}{group}.toml"
    with open(path, "w") as file:
        file.write(f'[server]\nmode = "{mode}"\ngroup = "{group}"\n')
    os.chmod(path, 0o644)
    return path


def start(path, config, user=OWNER, groups=(), umask=0o022, environment=()):
    process = subprocess.Popen(
        [DIGITD, "listen", "--format", "digits", "--config", config, "--socket", path, "--device", "digitdrig"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, umask=umask,
        preexec_fn=as_user(user, groups) if user else None, env={**os.environ, **dict(environment)})
    atexit.register(process.kill)
    return process


def listening(path, process):
    deadline = time.monotonic() + 30
    while not greeted(path):
        check(process.poll() is None, f"digitd ended: {process.stderr.read() if process.poll() is not None else ''}")
        check(time.monotonic() < deadline, f"Nobody listens at {path}.")
        time.sleep(0.02)


def greeted(path):
    """Whether it answers; while the network is loaded, clients wait."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        return connection.connect_ex(path) == 0 and connection.recv(1) != b""


def try_to_connect(path):
    """0, or the error's number."""
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(path)


def as_other(user, groups, body):
    """What body gives, a small number, when another user runs it."""
    child = os.fork()
    if child == 0:
        try:
            as_user(user, groups)()
            os._exit(body())
        except BaseException:
            os._exit(255)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def stop(process):
    process.send_signal(signal.SIGTERM)
    check(process.wait(10) == 0, f"digitd ended with {process.returncode}.")


def directory(name, mode=0o755, owner=OWNER):
    path = f"{WORK}/{name}"
    os.makedirs(path, exist_ok=True)
    os.chown(path, owner, owner)
    os.chmod(path, mode)
    return path


def instants():
    """After no step of its making the file lets in more than in the end."""
    place = directory("instants", 0o777)
    for mode, group, umask in [("0660", MEMBERS, 0), ("0660", "", 0), ("0600", "", 0), ("0666", "", 0o077), ("0660", MEMBERS, 0o777)]:
        path, log = f"{place}/s", f"{place}/log"
        open(log, "w").close()
        os.chmod(log, 0o666)
        process = start(path, configuration(mode, group), groups=(OWNER, MEMBERS), umask=umask,
                        environment={"LD_PRELOAD": f"{WORK}/socket.so", "SOCKET_PATH": path, "SOCKET_LOG": log})
        listening(path, process)
        steps = [line.split() for line in open(log).read().splitlines()]
        names = [step[0] for step in steps]
        final = int(mode, 8)
        check(names[0] == "bind" and names[-1] == "listen", f"The steps are {names}.")
        for name, bits, uid, gid in steps:
            bits, grown = int(bits, 8), int(gid) == (group or OWNER)
            check(int(uid) == OWNER, f"After {name} the socket is user {uid}'s.")
            check(bits & ~final == 0, f"After {name} the mode is {bits:o} and is to become {mode}.")
            check(grown or bits & 0o070 == 0, f"After {name} group {gid} has rights that are for group {group}.")
        status = os.lstat(path)
        check(stat.S_IMODE(status.st_mode) == final and status.st_gid == (group or OWNER), f"In the end it is {status}.")
        stop(process)
    print("mode and group: right before anybody can connect, under every umask", flush=True)


def strangers():
    """Others knock all the time while it starts and stops; only the group is let in."""
    path = f"{directory('strangers')}/s"
    knocking = f"{WORK}/knock"
    open(knocking, "w").close()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        as_user(STRANGER)()
        answers, count = {}, 0
        while os.path.exists(knocking):
            code = try_to_connect(path)
            answers[code] = answers.get(code, 0) + 1
            count += 1
        os.write(writer, repr(answers).encode())
        os._exit(0)
    config = configuration("0660", MEMBERS)
    for _ in range(10):
        process = start(path, config, groups=(OWNER, MEMBERS))
        listening(path, process)
        check(as_other(STRANGER, (STRANGER, MEMBERS), lambda: try_to_connect(path)) == 0, "A member of the group is not let in.")
        stop(process)
    os.remove(knocking)
    os.waitpid(child, 0)
    answers = eval(os.read(reader, 4096))
    check(0 not in answers and answers.get(errno.EACCES), f"A stranger who knocked got {answers}.")
    print(f"a stranger who knocked {sum(answers.values())} times during ten starts was never let in; the group was", flush=True)


def dead_socket(path, user):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    os.chown(path, user, user)


def links():
    """What lies at the path and is no dead socket stays as it is, and so does what a link names."""
    place = directory("links")
    with open(f"{place}/secret", "w") as file:
        file.write("secret")
    os.chmod(f"{place}/secret", 0o600)
    dead_socket(f"{place}/dead", OWNER)
    made = {"file": lambda: open(path, "w").close(), "directory": lambda: os.mkdir(path), "FIFO": lambda: os.mkfifo(path),
            "link to a file": lambda: os.symlink("secret", path), "link to nothing": lambda: os.symlink("nothing", path),
            "link to a dead socket": lambda: os.symlink("dead", path), "link to a directory": lambda: os.symlink("/etc", path)}
    for kind, make in made.items():
        path = f"{place}/s"
        make()
        before = os.lstat(path)
        process = start(path, configuration("0666"), user=None)
        errors = process.communicate(timeout=30)[1]
        check(process.returncode == 1 and errors.count("\n") == 1, f"A {kind} at the path: {process.returncode} {errors}")
        after = os.lstat(path)
        check((before.st_ino, before.st_mode, before.st_uid) == (after.st_ino, after.st_mode, after.st_uid), f"The {kind} was changed.")
        os.rmdir(path) if kind == "directory" else os.remove(path)
    check(stat.S_IMODE(os.lstat(f"{place}/secret").st_mode) == 0o600 and open(f"{place}/secret").read() == "secret", "The link was followed.")
    check(not os.path.exists(f"{place}/nothing") and os.path.lexists(f"{place}/dead"), "The link was followed.")
    print(f"{len(made)} things that are no dead socket: each refused in a sentence and left alone", flush=True)


def shared_directory():
    """In a directory such as /tmp another user can keep digitd from starting, but not take its place unnoticed."""
    place = directory("shared", 0o1777, 0)
    path = f"{place}/s"
    dead_socket(path, STRANGER)
    process = start(path, configuration())
    errors = process.communicate(timeout=30)[1]
    check(process.returncode == 1 and errors.count("\n") == 1, f"Another's dead socket: {process.returncode} {errors}")
    os.remove(path)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
        os.chmod(path, 0o777)
        other.listen(1)
        process = start(path, configuration())
        errors = process.communicate(timeout=30)[1]
        check(process.returncode == 1 and "listening" in errors, f"Another's socket: {process.returncode} {errors}")
    os.remove(path)
    # The lock on the directory is everybody's who may read it: it delays the start, and is said.
    lock = os.open(place, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    began = time.monotonic()
    process = start(path, configuration())
    errors = process.communicate(timeout=30)[1]
    took = time.monotonic() - began
    check(process.returncode == 1 and "locked" in errors and took < 10, f"A locked directory: {process.returncode} after {took:.1f} s: {errors}")
    os.close(lock)
    # While it runs, nobody else can remove its socket; a file that has taken its place is not removed at the end.
    process = start(path, configuration())
    listening(path, process)
    check(as_other(STRANGER, (), lambda: os.access(path, os.W_OK) or 0) == 0, "A stranger may write to the socket.")

    def remove():
        try:
            os.unlink(path)
            return 0
        except PermissionError:
            return 1
    check(as_other(STRANGER, (), remove) == 1, "A stranger can remove the socket.")
    os.rename(path, path + ".old")
    open(path, "w").close()
    stop(process)
    check(os.path.exists(path), "At the end digitd has removed a file that is not its socket.")
    print("shared directory: another's socket and a lock are refused in a sentence; only its own socket is removed", flush=True)


instants()
strangers()
links()
shared_directory()
