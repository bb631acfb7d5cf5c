#!/usr/bin/env bash
# Run by machine.sh: boot.sh outer DIRECTORY PREPARE... (in the background), and by itself inside the namespaces.
set -euo pipefail
step=$1 machine=$2
shift 2

# outer: a control group for the machine, in a mount namespace so that this system's own mounts stay as they are.
outer() {
    exec unshare --mount --propagation private "$0" group "$machine" "$@"
}

group() {
    mkdir -p "$machine/cgroup"
    mount -t cgroup2 cgroup2 "$machine/cgroup"
    local own="$machine/cgroup/digitd-rig-$$"
    mkdir "$own"
    (
        echo $BASHPID >"$own/cgroup.procs"
        exec setsid unshare --fork --kill-child --pid --mount --cgroup --uts --ipc --net "$0" inner "$machine" "$@"
    ) &
    local child=$!
    # The first process inside is the only child of unshare.
    local first='' i
    for ((i = 0; i < 200; i++)); do
        first=$(cat "/proc/$child/task/$child/children" 2>/dev/null || true)
        if [ -n "$first" ]; then break; fi
        sleep 0.05
    done
    echo $first >"$machine/pid"
    wait $child || true
    for ((i = 0; i < 100; i++)); do
        find "$own" -depth -type d -exec rmdir {} + 2>/dev/null && break
        sleep 0.05
    done
}

inner() {
    mount --make-rprivate /
    mount -t proc proc /proc
    # The machine's kernel settings are this one's.
    mount --bind /proc/sys /proc/sys
    mount -o remount,ro,bind /proc/sys
    umount -R /sys/fs/cgroup 2>/dev/null || true
    mount -t cgroup2 cgroup2 /sys/fs/cgroup

    mount -t tmpfs -o mode=755 tmpfs /mnt
    mkdir /mnt/dev /mnt/etc /mnt/srv /mnt/repository
    # Wherever the clone is, it is there too when the directory it is in is hidden.
    mount --rbind "$(cd "$(dirname "$0")/../../.." && pwd)" /mnt/repository
    cp -r "$machine/srv/." /mnt/srv
    local device
    for device in null zero full random urandom tty ptmx; do
        touch "/mnt/dev/$device"
        mount --bind "/dev/$device" "/mnt/dev/$device"
    done
    mkdir /mnt/dev/shm /mnt/dev/pts
    mount -t tmpfs tmpfs /mnt/dev/shm
    ln -s /proc/self/fd /mnt/dev/fd
    cp -a /etc/. /mnt/etc
    rm -rf /mnt/etc/systemd/system /mnt/etc/systemd/user /mnt/etc/fstab
    mkdir -p /mnt/etc/systemd/system /mnt/etc/systemd/user
    touch /mnt/etc/fstab
    mount --rbind /mnt/dev /dev
    mount --bind /mnt/etc /etc
    mount -t tmpfs -o mode=755 tmpfs /usr/local
    mount --bind /mnt/srv /srv
    mount -t tmpfs -o mode=755 tmpfs /run
    mount -t tmpfs -o mode=1777 tmpfs /tmp
    mkdir /run/lock
    (cd /mnt/repository && env -u TMPDIR "$@")

    # Nothing of this system is started in it but the journal.
    local wants
    for wants in /lib/systemd/system/*.wants /lib/systemd/system-generators; do
        mount -t tmpfs -o mode=755 tmpfs "$wants"
    done
    for wants in /var/log /var/lib/systemd /var/tmp; do mount -t tmpfs tmpfs "$wants"; done
    cat >/etc/systemd/system/digitd-rig.target <<'TARGET'
[Unit]
Requires=basic.target systemd-journald.service
After=basic.target systemd-journald.service
AllowIsolate=yes
TARGET
    cd /
    umount -R -l /mnt/repository
    exec env -i container=rig PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        /lib/systemd/systemd --system --unit=digitd-rig.target --log-target=journal --show-status=no
}

"$step" "$@"
