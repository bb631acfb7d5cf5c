# A real systemd as PID 1 of namespaces of its own; sourced by the rigs that need one. Root only.
#
# It sees this machine's /usr (without /usr/local) and a copy of its /etc; what it writes there, in /srv, /run, /tmp and
# /var/log is gone with it.

# machine_missing: prints what this machine lacks for it; nothing where it can be.
machine_missing() {
    if [ "$(id -u)" != 0 ]; then
        echo "root is needed"
    elif [ ! -x /lib/systemd/systemd ]; then
        echo "systemd is not installed"
    elif ! unshare --fork --pid --mount --cgroup --uts --ipc --net true 2>/dev/null; then
        echo "namespaces cannot be made here"
    elif ! unshare --mount sh -c 'mount -t cgroup2 cgroup2 /mnt && mkdir /mnt/digitd-rig-try && rmdir /mnt/digitd-rig-try' \
        2>/dev/null; then
        echo "control groups cannot be made here"
    fi
}

# machine_start DIRECTORY PREPARE...: starts it, with its state in DIRECTORY; DIRECTORY/srv is copied to /srv. The command
# PREPARE runs inside before systemd does, in this clone.
machine_start() {
    machine=$1
    shift
    mkdir -p "$machine"
    "$(dirname "${BASH_SOURCE[0]}")/boot.sh" outer "$machine" "$@" >"$machine/log" 2>&1 </dev/null &
    machine_shell=$!
    local i
    for ((i = 0; i < 600; i++)); do
        if [ -s "$machine/pid" ]; then
            machine_pid=$(<"$machine/pid")
            in_machine systemctl is-active --quiet digitd-rig.target 2>/dev/null && return 0
        fi
        kill -0 $machine_shell 2>/dev/null || break
        sleep 0.05
    done
    echo "systemd did not start:"
    cat "$machine/log"
    exit 1
}

# in_machine COMMAND...: runs a command inside.
in_machine() {
    nsenter -t "$machine_pid" --mount --pid --cgroup --uts --ipc --net env -i \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"
}

# machine_stop: ends it and everything in it.
machine_stop() {
    if [ -n "${machine_shell:-}" ]; then
        if [ -n "${machine_pid:-}" ]; then kill -KILL "$machine_pid" 2>/dev/null || true; fi
        wait "$machine_shell" 2>/dev/null || true
        machine_shell=
    fi
}
