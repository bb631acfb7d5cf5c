#!/usr/bin/env bash
# The installed service under a real systemd: starts on demand and says when it is ready, survives kill -9 and a hang with
# the same socket and no digit lost after its return, waits for a microphone, says good-bye, and keeps the digits out of the
# journal. The units are the package's own, installed by systemd/install.sh; a user's manager runs its own ones as well.
#
#   Tests/Rigs/systemd.sh DIGITD
#
# Needs root, systemd, sox, jq, gcc, python3 and libasound2-dev. Skipped where a systemd of its own cannot be started.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digitd=$(realpath "$1")
. "$here/systemd/machine.sh"
missing=$(machine_missing)
if [ -n "$missing" ]; then
    echo "skipped: $missing"
    exit 0
fi
work=$(mktemp -d)
limit=/sys/fs/cgroup/memory/digitd-rig-$$
trap 'machine_stop; rmdir $limit 2>/dev/null || true; rm -rf "$work"' EXIT

mkdir -p "$work/machine/srv"
cp "$digitd" "$work/machine/srv/digitd"
cp "$here/systemd/probe.py" "$work/machine/srv/probe.py"
"$here/alsa/build.sh" "$work/machine/srv/microphone"
sed -i "s#$work/machine/srv/microphone#/srv/microphone#" "$work/machine/srv/microphone/digitdrig.conf"
# Two seconds of the room before the ten digits, so that they are all spoken after READY.
sox -R -r 8000 -n -b 16 -c 1 "$work/room.wav" synth 2 pinknoise vol 0.01
sox -R "$here/../../Demo/digits.flac" -r 8000 "$work/demo.wav"
sox -R "$work/room.wav" "$work/demo.wav" -t raw -e signed -b 16 "$work/machine/srv/microphone/speech.raw"
said=$(<"$here/../../Demo/digits.txt")

# fail SENTENCE: with what the machine can tell.
fail() {
    echo "$*"
    in_machine journalctl --no-pager --lines 50 || true
    tail -5 "$work"/*.jsonl "$work"/*.log 2>/dev/null || true
    exit 1
}

# until_true SECONDS COMMAND...: waits until the command succeeds.
until_true() {
    local end=$(($(date +%s%N) + $1 * 1000000000))
    shift
    until "$@"; do
        [ "$(date +%s%N)" -lt $end ] || return 1
        sleep 0.05
    done
}

# The units are the system's, or with manager=user the listener's.
manager=system
control() {
    if [ $manager = user ]; then
        in_machine setpriv --reuid=1500 --regid=1500 --clear-groups \
            env XDG_RUNTIME_DIR=/run/user/1500 systemctl --user "$@"
    else
        in_machine systemctl "$@"
    fi
}
property() { control show --property "$1" --value "${2:-digitd.service}"; }
is() { [ "$(property "$1")" = "$2" ]; }
milliseconds_since() { echo $((($(date +%s%N) - $1) / 1000000)); }

# subscribe FILE UID GROUP SOCKET: a subscriber of that user writes to FILE, through every restart.
subscribe() {
    in_machine setpriv "--reuid=$2" "--regid=$3" --clear-groups digitd subscribe --socket "$4" --format json \
        >"$work/$1.jsonl" 2>"$work/$1.log" &
}

# connections FILE: how often the subscriber was let in. digits FILE N: the digits of its connection number N, in a line.
connections() { grep -c '"class":"VERSION"' "$work/$1.jsonl" || true; }
digits() {
    jq -rn --argjson n "$2" '
        reduce inputs as $event ({n: 0, digits: []};
            if $event.class == "VERSION" then .n += 1
            elif $event.class == "DIGIT" and .n == $n then .digits += [$event.digit] else . end)
        | .digits | join(" ")' "$work/$1.jsonl"
}
# The first ten that it heard are those that were said; the recording then begins anew.
heard() { local all; all=$(digits "$1" "$2") && [ "${all:0:19}" = "$said" ]; }
has_ten() { local all; all=$(digits "$1" "$2") && [ ${#all} -ge 19 ]; }

# expect_digits FILE N: its connection number N brings the ten digits, each once and in order.
expect_digits() {
    until_true 25 has_ten "$1" "$2" || fail "connection $2 has brought only: $(digits "$1" "$2")"
    heard "$1" "$2" || fail "said were: $said; connection $2 has brought: $(digits "$1" "$2")"
}

# expect_restart FILE N: systemd has started the daemon anew for the time number N; the subscriber is let in again.
expect_restart() {
    until_true 15 is NRestarts "$2" || fail "not restarted"
    until_true 20 is ActiveState active || fail "not active after the restart"
    [ "$(inode)" = "$inode" ] || fail "the socket is another one after the restart"
    until_true 20 eval "[ \$(connections $1) -eq $(($2 + 1)) ]" || fail "the subscriber has not come back"
    expect_digits "$1" $(($2 + 1))
}
inode() { in_machine stat -c %d:%i "$socket"; }

# serves FILE UID GROUP: what must hold for the units of either manager.
serves() {
    control daemon-reload
    control enable --quiet --now digitd.socket
    is ActiveState inactive || fail "the daemon runs before anybody listens"
    inode=$(inode)

    subscribe "$@" "$socket"
    until_true 30 is ActiveState active || fail "a connection does not start the daemon"
    [ -n "$(property StatusText)" ] || fail "READY without a status line"
    echo "$manager: started by its socket; ready after $(started_in) ms: $(property StatusText)"
    until_true 2 eval "[ \$(connections $1) -eq 1 ]" || fail "ready, but the subscriber is not let in"
    expect_digits "$1" 1

    local pid
    pid=$(property MainPID)
    control reload digitd.service || fail "reload fails"
    until_true 5 is ActiveState active || fail "not active after a reload"
    [ "$(property MainPID)" = "$pid" ] && [ "$(connections "$1")" -eq 1 ] || fail "a reload restarts the daemon"

    in_machine kill -KILL "$pid"
    expect_restart "$1" 1
    echo "$manager: kill -9: restarted, same socket, ten of ten digits after it"

    in_machine kill -STOP "$(property MainPID)"
    local stopped
    stopped=$(date +%s%N)
    until_true 15 is NRestarts 2 || fail "the watchdog does not bite"
    echo "$manager: hung: restarted by the watchdog after $(milliseconds_since "$stopped") ms"
    expect_restart "$1" 2
    echo "$manager: hung: same socket, ten of ten digits after it"
}
started_in() {
    echo $((($(property ActiveEnterTimestampMonotonic) - $(property ExecMainStartTimestampMonotonic)) / 1000))
}

# runs_out_of_memory FILE: the limit on the daemon's memory is reached. Fails where that cannot be brought about: what stands in
# for MemoryMax= is a group of the old hierarchy, and it counts what the daemon takes after it was put there.
runs_out_of_memory() {
    local killed
    mkdir "$limit" 2>/dev/null && echo 4096 >"$limit/memory.limit_in_bytes" || {
        echo "$manager: left out: no memory controller of the old hierarchy to reach a limit with"
        return 1
    }
    nsenter -t "$machine_pid" --pid sh -c "echo $(property MainPID) >$limit/cgroup.procs"
    # Something new to remember.
    control reload digitd.service 2>/dev/null || true
    expect_restart "$1" 3
    killed=$(awk '$1 == "oom_kill" { print $2 }' "$limit/memory.oom_control")
    [ "$killed" = 1 ] || fail "the kernel has ended $killed processes for their memory"
    rmdir "$limit"
    echo "$manager: limit of memory reached: restarted, same socket, ten of ten digits after it"
}

# waits_for_microphone FILE N: without one the daemon is up and is not taken for hung, and it hears the one that comes. The
# subscriber's connection is number N.
waits_for_microphone() {
    local pid
    in_machine rm /srv/microphone/plugged
    control restart digitd.service
    pid=$(property MainPID)
    property StatusText | grep -q '^Waiting for ' || fail "without a microphone the status is: $(property StatusText)"
    # Longer than the watchdog waits.
    sleep 12
    is MainPID "$pid" || fail "waiting for a microphone is taken for a hang"
    in_machine touch /srv/microphone/plugged
    expect_digits "$1" "$2"
    echo "$manager: without a microphone: up, and ten of ten digits once it is plugged in"
}

# says_good_bye FILE: the daemon ends in order and within a second.
says_good_bye() {
    local begun took
    begun=$(date +%s%N)
    control stop digitd.socket digitd.service
    took=$(milliseconds_since "$begun")
    is Result success || fail "ended with $(property Result)"
    [ "$took" -le 1000 ] || fail "stopping took $took ms"
    until_true 2 grep -q '"class":"BYE","reason":"shutdown"' "$work/$1.jsonl" || fail "no BYE"
    if in_machine test -e "$socket"; then fail "$socket is left"; fi
    echo "$manager: stopped in $took ms, with BYE"
}

touch "$work/machine/srv/microphone/plugged"
chmod -R a+rX "$work/machine/srv"
machine_start "$work/machine" Tests/Rigs/systemd/prepare.sh
in_machine systemd-analyze verify digitd.service digitd.socket
in_machine systemd-analyze security --no-pager --threshold=6 digitd.service >"$work/security" \
    || fail "$(tail -1 "$work/security")"
tail -1 "$work/security"

# A configuration that cannot be used is said once; starting again would not help.
configuration=/usr/local/etc/digitd/digitd.toml
in_machine sh -c "echo nonsense = 1 >>$configuration"
if control start digitd.service 2>"$work/start.log"; then fail "started with a wrong configuration"; fi
{ is ActiveState failed && is ExecMainStatus 78 && is NRestarts 0; } || fail "a wrong configuration is not refused for good"
in_machine sed -i '$d' $configuration
control stop digitd.socket
control reset-failed digitd.service
echo "system: a wrong configuration is refused without trying again"

socket=/run/digitd/digitd.sock
group=$(in_machine getent group digitd-clients | cut -d: -f3)
serves subscriber 12345 "$group"

# Confined as the unit says.
pid=$(property MainPID)
status=$(in_machine cat "/proc/$pid/status")
for line in 'Seccomp: 2' 'NoNewPrivs: 1' 'CapEff: 0000000000000000' 'CapBnd: 0000000000000000'; do
    tr '\t' ' ' <<<"$status" | grep -qx "$line" || fail "the daemon's status lacks $line: $status"
done
[ "$(awk '/^Uid:/ { print $2 }' <<<"$status")" -ge 61184 ] || fail "the daemon has no dynamic user: $status"
awk '/^Groups:/' <<<"$status" | grep -qw "$(in_machine getent group audio | cut -d: -f3)" || fail "not in the group audio"
# The group may connect, and nobody else.
in_machine setpriv --reuid=12345 "--regid=$group" --clear-groups test -w "$socket" || fail "the group may not connect"
if in_machine setpriv --reuid=12345 --regid=12345 --clear-groups test -w "$socket"; then fail "anybody may connect"; fi
echo "system: dynamic user, no capabilities, seccomp; the socket is for its group"

# probe NAME [EDIT...]: a program in digitd's place, under its own unit as sed changes it, tries what is forbidden.
probe() {
    local name=$1
    shift
    in_machine sed -e 's#^ExecStart=.*#ExecStart=/usr/bin/python3 /srv/probe.py /run/digitd/digitd.sock#' \
        -e 's/^Type=.*/Type=oneshot/' -e '/^\(ExecReload\|WatchdogSec\|Restart\|NotifyAccess\|Requires\)/d' \
        -e 's/^StandardOutput=.*/StandardOutput=journal/' -e '/^\[Install\]/,$d' "$@" \
        /usr/local/lib/systemd/system/digitd.service >"$work/$name.service"
    in_machine tee "/run/systemd/system/$name.service" <"$work/$name.service" >/dev/null
    control daemon-reload
    local status=0
    control start "$name.service" 2>/dev/null || status=$?
    in_machine journalctl --sync
    in_machine journalctl --no-pager --output cat --unit "$name.service" | grep -E '^(refused|ALLOWED):' >"$work/$name.log" || true
    return $status
}
probe digitd-probe || fail "the unit lets a program: $(grep ALLOWED "$work/digitd-probe.log")"
refused=$(grep -c '^refused' "$work/digitd-probe.log")
[ "$refused" -ge 45 ] || fail "only $refused things were tried"
# The system calls, which can do nothing, get through where nothing confines them: the tries are good ones.
if probe digitd-loose -e 's#probe.py .*#probe.py calls#' -e '/^\(SystemCallFilter\|SystemCallArchitectures\|CapabilityBoundingSet\|DynamicUser\|User\|Restrict\|Protect\|Private\|NoNewPrivileges\|DevicePolicy\|DeviceAllow\|LockPersonality\|IPAddressDeny\)/d'; then
    fail "a unit without confinement refuses everything, too"
fi
[ "$(grep -c '^ALLOWED' "$work/digitd-loose.log")" -ge 15 ] || fail "without confinement: $(cat "$work/digitd-loose.log")"
echo "system: $refused forbidden things refused to a program in its place; without confinement" \
    "$(grep -c '^ALLOWED' "$work/digitd-loose.log") of the system calls get through"
connections=3
runs_out_of_memory subscriber && connections=4
waits_for_microphone subscriber $((connections + 1))
says_good_bye subscriber
if in_machine test -e /run/digitd; then fail "/run/digitd is left"; fi

in_machine systemctl start listener.service
manager=user socket=/run/user/1500/digitd.sock
serves listener 1500 1500
says_good_bye listener

# The log of both names the clients and holds no digit.
in_machine journalctl --no-pager --output cat --unit digitd.service >"$work/journal"
grep -q 'uid 12345' "$work/journal" || fail "the log does not name the client's user"
in_machine journalctl --no-pager --output cat >"$work/journal"
if grep -E '"class"|DIGIT|"digit"|^[^a-z]*[0-9]( +[0-9.]+ %.*)?$' "$work/journal"; then fail "the journal has digits"; fi
echo "no digit in $(wc -l <"$work/journal") lines of the journal"

# And it goes without a trace.
in_machine bash /srv/install.sh --uninstall
in_machine setpriv --reuid=1500 --regid=1500 --clear-groups \
    env HOME=/srv/listener XDG_RUNTIME_DIR=/run/user/1500 bash /srv/install.sh --user --uninstall
left=$(in_machine find /usr/local /srv/listener /etc/systemd -path '*digitd*' \
    ! -path '*/digitd.service.d*' ! -name 'digitd-rig*')
[ "$left" = "$(printf '%s\n' /usr/local/etc/digitd /usr/local/etc/digitd/digitd.toml \
    /srv/listener/.local/etc/digitd /srv/listener/.local/etc/digitd/digitd.toml)" ] || fail "uninstalling has left: $left"
if in_machine getent group digitd-clients; then fail "uninstalling has left the group"; fi
echo "uninstalled; only the edited configurations are left"
