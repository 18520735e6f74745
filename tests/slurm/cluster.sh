#!/usr/bin/env bash
# A Slurm of one node for the tests: Debian's slurm-wlm and munge, set up in a folder of their own.
#
#   tests/slurm/cluster.sh start [FOLDER]   install what is missing (root, apt), start, wait until idle
#   tests/slurm/cluster.sh stop  [FOLDER]   end the jobs and the daemons, remove the folder
#
# Key, socket, state, logs and ports are those of FOLDER (/tmp/unhans-slurm). Outside of it there is
# one link, /etc/slurm/slurm.conf: the executor plugin drops SLURM_CONF before it calls srun. Packages
# that were installed stay. Exit status 3: this machine cannot have one, and why.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; }
cannot() { echo "no Slurm here: $*" >&2; exit 3; }
failed() { echo "Slurm does not start: $*" >&2; exit 1; }

programs() {
    local name
    for name in munged slurmctld slurmd sbatch squeue sinfo scancel scontrol srun; do
        command -v $name >/dev/null || return 1
    done
}

install() {
    programs && return
    command -v apt-get >/dev/null || cannot "slurm-wlm and munge are missing, and so is apt-get"
    # Debian starts the daemons of a package on its own where there is an init system. Not these.
    local policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
        trap "rm -f $policy" EXIT
    fi
    export DEBIAN_FRONTEND=noninteractive
    local log
    log=$(mktemp)
    { apt-get update -qq && apt-get install -qq -y --no-install-recommends \
        slurm-wlm slurm-client munge; } >"$log" 2>&1 || cannot "apt-get: $(tail -n 3 "$log")"
    rm -f "$log"
    programs || cannot "slurm-wlm and munge are installed, but their programs are not on the PATH"
}

configure() {
    mkdir -p "$folder"/{munge,state,spool}
    # munged refuses a key that others may read, and clients must reach its socket.
    chmod 755 "$folder" "$folder/munge"
    (umask 077 && head -c 1024 /dev/urandom >"$folder/munge.key")
    local host
    host=$(hostname -s)
    # A null device stands in for a GPU: Slurm only counts it.
    echo "NodeName=$host Name=gpu File=/dev/null" >"$folder/gres.conf"
    # The shape of the node is fixed, whatever the machine (config_overrides), so that a job's doubled
    # memory always fits. Without accounting and cgroups, as on the plainest of clusters.
    cat >"$folder/slurm.conf" <<CONF
ClusterName=unhans
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0
MpiDefault=none
ReturnToService=2
MinJobAge=3600
KillWait=2
DefMemPerCPU=500
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=64000 Gres=gpu:1 State=UNKNOWN
PartitionName=cpu Nodes=$host Default=YES MaxTime=1-0 State=UP
PartitionName=gpu Nodes=$host MaxTime=1-0 State=UP
CONF
}

ours() { [ "$(readlink -f $link)" = "$folder/slurm.conf" ]; }

wait_for() {  # SECONDS COMMAND...
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.1
    done
}

idle() { [ "$(sinfo -h -o %T -p cpu)" = idle ]; }

start() {
    if ours && idle; then return; fi
    [ "$(id -u)" = 0 ] || cannot "installing and starting it takes root"
    ours || [ ! -e $link ] || cannot "it has one already: $link"
    install
    stop
    [ ! -e "$folder" ] || cannot "$folder is there, and not of a Slurm"
    configure
    mkdir -p "$(dirname $link)"
    ln -sfn "$folder/slurm.conf" $link
    munged --key-file="$folder/munge.key" --socket="$folder/munge/socket" \
        --pid-file="$folder/munge/pid" --log-file="$folder/munge/log" \
        --seed-file="$folder/munge/seed" || failed "munged: see $folder/munge/log"
    slurmctld -f "$folder/slurm.conf"
    slurmd -f "$folder/slurm.conf"
    wait_for 30 idle || failed "the node is not idle after 30 s: $(tail -n 3 "$folder"/slurm*.log)"
}

gone() { [ "$(cat "/proc/$2/comm" 2>/dev/null)" != "$1" ]; }

end() {  # NAME PIDFILE: only the daemon that this script started
    [ -e "$2" ] || return 0
    local pid
    pid=$(cat "$2")
    gone "$1" "$pid" || kill "$pid"
    wait_for 10 gone "$1" "$pid" || kill -9 "$pid"
}

stop() {
    if ours && [ -e "$folder/slurmctld.pid" ]; then
        scancel --user root 2>/dev/null && wait_for 10 idle || true
    fi
    end slurmd "$folder/slurmd.pid"
    end slurmctld "$folder/slurmctld.pid"
    end munged "$folder/munge/pid"
    ! ours || rm -f $link
    [ ! -e "$folder/slurm.conf" ] || rm -rf "$folder"
}

folder=$(realpath -m "${2:-/tmp/unhans-slurm}")
link=/etc/slurm/slurm.conf
unset SLURM_CONF
case ${1:-} in
    start | stop) "$1" ;;
    *) usage; exit 2 ;;
esac
