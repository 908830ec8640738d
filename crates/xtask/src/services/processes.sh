# What is done to the processes of a server, from outside of the program that started it.
# A server is known by its leader: the process that it began with, which leads a process group.

# PostgreSQL's backends have groups of their own, but all are the leader's children.
children() { grep -sl "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status | tr -dc '0-9\n'; }

running() { grep -sq '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"; }

# Sends signal $1 to all processes of leader $2. A leader that is stopped makes no more children meanwhile.
signal() {
    kill -s STOP -- "-$2" 2>/dev/null || return 1
    family=$(children "$2")
    # Each by itself, as one of them may have ended.
    for member in $family; do kill -s "$1" -- "$member" 2>/dev/null; done
    kill -s "$1" -- "-$2" 2>/dev/null
}

# Kills all processes of leader $1, and returns when none runs.
end() {
    signal KILL "$1"
    for member in $1 $family; do gone "$member" 3000; done
}

# Waits until process $1 has ended, for $2 hundredths of a second.
gone() {
    tries=0
    while running "$1"; do
        [ "$tries" -lt "$2" ] || return 1
        tries=$((tries + 1))
        sleep 0.01
    done
}

# PostgreSQL's lock on its folder is a segment of shared memory, which outlives a killed server.
forget_shared_memory() {
    segment=$(sed -n '7s/^ *[0-9][0-9]*  *\([0-9][0-9]*\) *$/\1/p' "$1/data/postmaster.pid" 2>/dev/null)
    [ -z "$segment" ] || ipcrm -m "$segment" 2>/dev/null
}

# Reads the leader, or an empty line when there is none, from a pipe that closes when the program ends in whatever way;
# then nothing of the server in folder $1 remains. $2 is the signal at which the server throws all away.
watch() {
    trap '' HUP INT TERM
    leader=
    while read -r line; do leader=$line; done
    if [ -n "$leader" ]; then
        # It waits for its own children, which else are left to the machine.
        signal CONT "$leader" && kill -s "$2" -- "$leader" 2>/dev/null && gone "$leader" 200
        end "$leader"
    fi
    forget_shared_memory "$1"
    tries=0
    until rm -rf -- "$1" 2>/dev/null || [ "$tries" -ge 1200 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
}

# Ends a command, when the program that started it ends before the command did.
accompany() {
    trap '' HUP INT TERM
    leader=
    while read -r line; do leader=$line; done
    [ -z "$leader" ] || kill -s TERM -- "$leader" 2>/dev/null
}

"$@"
