#!/usr/bin/env bash
# A real S3 store for tests: Ceph's object gateway on loopback (a monitor, an object store in memory,
# radosgw), with the tools that people use on such stores, awscli and rclone.
#
#   ceph.sh install          build its root file system, once (about 50 s, 850 MB)
#   ceph.sh start [PORT]     start an instance (about 2 s, 350 MB of memory) and print how to reach it:
#                              eval "$(scripts/ceph.sh start)"
#   ceph.sh stop [ENDPOINT]  stop that instance; by default the one that $S3_ENDPOINT names
#   ceph.sh serve [PORT]     start one that ends when its input does, for programs
#   ceph.sh aws ARGS…        awscli, which sees no file of this machine: use `-` for input and output
#   ceph.sh rclone ARGS…     rclone, which does
#
# Needs root on Linux, and apt set up with a Debian mirror. Where that is not so, one line says what is
# missing and it ends with 3. Instances live side by side; each is its port, and PORT+1 for the monitor.
#
#   CEPH_HOME    where the root file system goes (/var/tmp/session-archiver-ceph)
#   CEPH_SUITE   the Debian suite that Ceph is taken from: forky (Ceph 20), trixie (18), bookworm (16)
#   CEPH_MIRROR  the Debian mirror to take it from; else the first one of apt's that has the suite
#   S3_KEY, S3_SECRET   the keys of the one user; made-up ones by default
set -euo pipefail

SUITE=${CEPH_SUITE:-forky}
# Another number for another set of packages, so that an older root is never taken for this one.
ROOT=${CEPH_HOME:-/var/tmp/session-archiver-ceph}/$SUITE-1
INSTANCES=/srv/ceph # inside the root
KEY=${S3_KEY:-TESTACCESSKEY0000001}
SECRET=${S3_SECRET:-testSecretKey00000000000000000000000001}

say() { echo "ceph.sh: $*" >&2; }
die() { say "$*"; exit 1; }
impossible() { say "no Ceph here: $*"; exit 3; }

# ── The root file system ─────────────────────────────────────────────────────

install_root() {
  [ "$(uname -s)" = Linux ] || impossible "it runs on Linux only"
  [ "$(id -u)" = 0 ] || impossible "it runs in a root file system of its own, which only root may enter"
  [ -d "$ROOT" ] && return
  command -v apt-get >/dev/null || impossible "its packages come through apt, which is not installed"
  mkdir -p "${ROOT%/*}"
  (
    # One at a time; whoever waited finds it there.
    flock 9
    [ -d "$ROOT" ] || build_root
  ) 9>"$ROOT.lock"
}

build_root() {
  local mirror new=$ROOT.new log=$ROOT.log
  need_mmdebstrap
  mirror=$(mirror)
  [ -n "$mirror" ] || impossible "no mirror of apt's answers with Debian $SUITE; CEPH_MIRROR can name one"
  rm -rf "$new"
  # rclone from the newest suite: it depends on nothing, and is not in every one. In a container, where
  # even root may not mount /proc, systemd-tmpfiles would fail, and what it makes is not needed here.
  mmdebstrap --variant=apt --skip=check/empty \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Install-Recommends "false"' \
    --aptopt="APT::Default-Release \"$SUITE\"" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/bin/systemd-tmpfiles' \
    --essential-hook='ln -sf true "$1/usr/bin/systemd-tmpfiles"' \
    --include=radosgw,ceph-mon,ceph-osd,awscli,rclone \
    '' "$new" "deb $mirror $SUITE main" "deb $mirror sid main" >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; rm -rf "$new"; die "mmdebstrap failed; $log has all it said"; }
  mv "$new" "$ROOT"
}

need_mmdebstrap() {
  command -v mmdebstrap >/dev/null && return
  {
    apt-get update -qq &&
      apt-get install -y -qq --no-install-recommends mmdebstrap xz-utils debian-archive-keyring
  } >&2 || impossible "apt cannot install mmdebstrap"
}

# Third parties' repositories and security updates are among apt's too, but do not have the suite.
mirror() {
  local probe url
  probe=$(mktemp -d)
  for url in ${CEPH_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | sort -u)}; do
    /usr/lib/apt/apt-helper download-file "${url%/}/dists/$SUITE/InRelease" "$probe/InRelease" \
      >/dev/null 2>&1 || continue
    echo "$url"
    break
  done
  rm -rf "$probe"
}

# ── One instance ─────────────────────────────────────────────────────────────

in_root() { chroot "$ROOT" env PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 "$@"; }
ceph_tool() { in_root CEPH_CONF="$CONF" "$@"; }

# name_instance PORT: where it lies, seen from inside the root and from outside
name_instance() {
  [[ $1 =~ ^[0-9]{1,5}$ ]] || die "an instance goes by its port, a number, not \"$1\""
  PORT=$1 HERE=$INSTANCES/$1 STATE=$ROOT$INSTANCES/$1
  CONF=$HERE/ceph.conf
}

start() {
  claim "${1:-}"
  configure
  quietly mkfs ceph_tool ceph-mon --mkfs -i a --monmap "$HERE/monmap" \
    --keyring "$HERE/keyring" "${AS_ROOT[@]}"
  daemon mon ceph-mon -f -i a "${AS_ROOT[@]}"
  until_it_works mon ceph_tool timeout 5 ceph fsid
  local osd
  osd=$(cat /proc/sys/kernel/random/uuid)
  quietly new ceph_tool timeout 20 ceph osd new "$osd"
  quietly mkfs ceph_tool ceph-osd --mkfs -i 0 --osd-uuid "$osd" "${AS_ROOT[@]}"
  daemon osd ceph-osd -f -i 0 "${AS_ROOT[@]}"
  until_it_works osd osd_is_up
  daemon rgw radosgw -f -n client.rgw "${AS_ROOT[@]}"
  until_it_works rgw listens "$PORT"
  quietly user ceph_tool radosgw-admin user create --uid=tests --display-name=tests \
    --access-key="$KEY" --secret-key="$SECRET"
  trap - EXIT
  printf 'export S3_ENDPOINT=http://127.0.0.1:%s S3_REGION=us-east-1 S3_KEY=%s S3_SECRET=%s\n' \
    "$PORT" "$KEY" "$SECRET"
}

AS_ROOT=(--setuser root --setgroup root)
osd_is_up() { ceph_tool timeout 5 ceph osd stat | grep -q '1 up'; }
listens() { (: >"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# claim [PORT]: takes a free port, and clears away what instances that were killed have left
claim() {
  local tries=0 left
  mkdir -p "$ROOT$INSTANCES"
  # One at a time, or two might take the same port.
  exec 9>"$ROOT.lock"
  flock 9
  for left in "$ROOT$INSTANCES"/*/; do
    [ -d "$left" ] || continue
    name_instance "$(basename "$left")"
    is_alive || rm -rf "$STATE"
  done
  while :; do
    # Even ports, below those that the system gives out itself.
    name_instance "${1:-$((20000 + RANDOM % 6000 * 2))}"
    if [ ! -d "$STATE" ] && ! listens "$PORT" && ! listens $((PORT + 1)); then break; fi
    [ -z "${1:-}" ] || die "port $PORT or $((PORT + 1)) is in use; stop what is there, or name another"
    [ $((tries += 1)) -lt 50 ] || die "50 ports between 20000 and 32000 were all in use"
  done
  mkdir "$STATE"
  echo $$ >"$STATE/starter.pid"
  exec 9>&-
  # Whatever goes wrong before it is up leaves nothing behind.
  trap 'exit 130' INT TERM HUP
  trap 'status=$?; trap - EXIT; [ $status = 0 ] || stop_instance; exit $status' EXIT
}

configure() {
  local fsid mon="v2:127.0.0.1:$((PORT + 1))"
  fsid=$(cat /proc/sys/kernel/random/uuid)
  mkdir -p "$STATE"/{mon,osd,rgw,run}
  cat >"$STATE/ceph.conf" <<CONF
[global]
fsid = $fsid
mon_host = $mon
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
keyring = $HERE/keyring
run_dir = $HERE/run
admin_socket = $HERE/run/\$name.asok
log_file = $HERE/\$name.log
mon_cluster_log_file = $HERE/cluster.log
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_crit = 1
mon_data_avail_warn = 1
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
[mon]
mon_data = $HERE/mon
mon_initial_members = a
[osd]
osd_data = $HERE/osd
osd_objectstore = memstore
# How much it takes before it is full, not what it takes from the start.
memstore_device_bytes = $((6 << 30))
[client]
rgw_frontends = beast endpoint=127.0.0.1:$PORT tcp_nodelay=1
rgw_dns_name = localhost
rgw_data = $HERE/rgw
rgw_thread_pool_size = 64
# Errors only, not a line for every request.
debug_rgw = 0
debug_rgw_access = 0
# What was deleted gives its memory back within seconds.
rgw_gc_obj_min_wait = 4
rgw_gc_processor_period = 4
rgw_gc_processor_max_time = 4
CONF
  in_root monmaptool --create --addv a "[$mon]" --fsid "$fsid" "$HERE/monmap" >/dev/null
  add_key --create-keyring -n mon. --cap mon 'allow *'
  add_key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  add_key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *' --cap mgr 'allow profile osd'
  add_key -n client.rgw --cap mon 'allow rw' --cap osd 'allow rwx' --cap mgr 'allow rw'
}

add_key() { in_root ceph-authtool "$HERE/keyring" --gen-key "$@" >/dev/null; }

daemon() { # daemon NAME COMMAND…
  local name=$1
  shift
  in_session "$@" >"$STATE/$name.out" 2>&1 </dev/null &
  echo $! >"$STATE/$name.pid"
  # Its end is told by whoever notices it, not by bash.
  disown
}
# A session of its own, so that a Ctrl-C in the terminal is not for it. UNTIL may end it with the script.
UNTIL=()
in_session() {
  exec setsid "${UNTIL[@]}" chroot "$ROOT" \
    env PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 CEPH_CONF="$CONF" "$@"
}

until_it_works() { # until_it_works NAME COMMAND…
  local name=$1
  shift
  for _ in $(seq 300); do
    "$@" >/dev/null 2>&1 && return
    kill -0 "$(cat "$STATE/$name.pid")" 2>/dev/null || failed "$name" "ended"
    sleep 0.1
  done
  failed "$name" "did not come up within 30 s"
}

failed() { # failed NAME HOW
  { tail -q -n 15 "$STATE/$1.out" "$STATE"/*"$1"*.log || true; } >&2 2>/dev/null
  die "the $1 of the instance at port $PORT $2; its last words are above"
}

# quietly NAME COMMAND…: what it says is shown only when it fails
quietly() {
  local name=$1
  shift
  "$@" >"$STATE/$name.out" 2>&1 || failed "$name" "failed"
}

# A daemon runs when its pid is still the program that was started here, and not a later one.
is_running() { # is_running NAME
  local pid
  pid=$(cat "$STATE/$1.pid" 2>/dev/null) || return 1
  grep -qz "^CEPH_CONF=$CONF\$" "/proc/$pid/environ" 2>/dev/null &&
    [ "/proc/$pid/root" -ef "$ROOT" ]
}

is_alive() {
  is_running rgw || is_running osd || is_running mon || is_starting
}
is_starting() {
  local pid
  pid=$(cat "$STATE/starter.pid" 2>/dev/null) || return 1
  grep -qz 'ceph\.sh' "/proc/$pid/cmdline" 2>/dev/null
}

# At once: nothing of it is kept, and a gateway that is asked to stop takes seconds.
stop_instance() {
  local name
  for name in rgw osd mon; do
    while is_running "$name"; do
      kill -9 "$(cat "$STATE/$name.pid")" 2>/dev/null || true
      sleep 0.02
    done
  done
  rm -rf "$STATE"
}

stop() {
  local endpoint=${1:-${S3_ENDPOINT:-}}
  [ -n "$endpoint" ] || die "which instance? name its endpoint, or set S3_ENDPOINT"
  name_instance "${endpoint##*:}"
  [ -d "$STATE" ] || die "no instance of this script has port $PORT"
  stop_instance
}

# Ends with its input, so that whoever started it cannot leave it behind, however they end.
serve() {
  UNTIL=(setpriv --pdeathsig KILL)
  # Its input is for what comes after.
  start "${1:-}" </dev/null
  trap stop_instance EXIT
  local name status
  while :; do
    for name in mon osd rgw; do is_running "$name" || failed "$name" "ended by itself"; done
    status=0
    read -r -t 1 _ || status=$?
    # More than 128 says that the time was up; anything else, that the input has ended.
    if [ $status != 0 ] && [ $status -le 128 ]; then return; fi
  done
}

# ── The tools ────────────────────────────────────────────────────────────────

aws() { in_root aws "$@"; }

# With the root's own libraries, whatever this machine's are.
rclone() {
  local loaders=("$ROOT"/usr/lib/*-linux-gnu/ld-linux-*.so.*)
  exec "${loaders[0]}" --library-path "${loaders[0]%/*}" "$ROOT/usr/bin/rclone" "$@"
}

command=${1:-}
[ $# = 0 ] || shift
case $command in
install) install_root ;;
start | serve | stop | aws | rclone)
  install_root
  "$command" "$@"
  ;;
*) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
esac
