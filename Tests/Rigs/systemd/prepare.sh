#!/usr/bin/env bash
# Run inside the machine before its systemd starts, in the clone: installs /srv/digitd twice, for the system and for the user
# "listener", both with the microphone in /srv/microphone.
set -euo pipefail
install=systemd/install.sh digitd=/srv/digitd

cp "$install" /srv
"$install" --binary "$digitd"
useradd --uid 1500 --create-home --home-dir /srv/listener --shell /bin/sh listener
HOME=/srv/listener "$install" --user --binary "$digitd"

# use_microphone CONFIGURATION: as its owner would, and the log at a level that names the clients.
use_microphone() {
    local device='digitdrig:FILE=/srv/microphone/speech.raw,LOOP=1,GATE=/srv/microphone/plugged'
    sed -i -e "s%^#*device = .*%device = \"$device\"%" -e 's%^#*level = .*%level = "info"%' "$1"
    grep -q '^device = "digitdrig' "$1" && grep -q '^level = "info"' "$1"
}

# drop_in DIRECTORY: all that the units get beside what is in them.
drop_in() {
    mkdir -p "$1/digitd.service.d"
    cat >"$1/digitd.service.d/microphone.conf" <<'UNIT'
[Service]
Environment=ALSA_CONFIG_PATH=/usr/share/alsa/alsa.conf:/srv/microphone/digitdrig.conf
UNIT
}

use_microphone /usr/local/etc/digitd/digitd.toml
drop_in /etc/systemd/system
use_microphone /srv/listener/.local/etc/digitd/digitd.toml
drop_in /srv/listener/.config/systemd/user
chown -R listener: /srv/listener

# The user's own manager, as user@1500.service would be with logind.
cat >/etc/systemd/system/listener.service <<'UNIT'
[Service]
Type=notify
User=listener
Delegate=yes
KillMode=mixed
RuntimeDirectory=user/1500
RuntimeDirectoryMode=0700
Environment=XDG_RUNTIME_DIR=/run/user/1500
ExecStart=/lib/systemd/systemd --user
UNIT
