# Prints everything that carpgen wants to know of a host, in sections:
#   NONCE begin KIND [WORDS]
#   what a file holds or a command printed, unchanged
#   (a newline) NONCE end STATUS [WHY]
# The lines before these say the nonce, and how many seconds to wait for packets that are discarded.
# Nothing is changed. What is missing is left out; what cannot be read is said.

PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
LC_ALL=C
export PATH LC_ALL
unset UNAME_r UNAME_s

begin() {
    printf '%s begin %s\n' "$nonce" "$*"
}

end() {
    printf '\n%s end %s\n' "$nonce" "$*"
}

# run NAME COMMAND...: what a command prints
run() {
    name=$1
    shift
    begin output "$name"
    "$@" 2>/dev/null
    end $?
}

# file KIND PATH: a file, if it is there
file() {
    if [ -d "$2" ]; then
        return
    elif [ -f "$2" ]; then
        begin "$1" "$(stat -L -f %Mp%Lp "$2" 2>/dev/null)" "$2"
        { why=$(cat "$2" 2>&1 >&3 3>&-); } 3>&1
        end $? "$why"
    elif [ -e "$2" ] || [ -L "$2" ]; then
        begin "$1" "" "$2"
        end 1 "it is no ordinary file"
    fi
}

# folder PATH: says so if it is there and cannot be looked into
folder() {
    if [ -d "$1" ] && { [ ! -r "$1" ] || [ ! -x "$1" ]; }; then
        begin file "" "$1"
        end 1 "Permission denied"
    fi
}

# Keys are shown to root only, and by an ifconfig(8) that knows -k for vhids: from 10 on.
interfaces() {
    case $user:$kernel in
    0:[0-9].*) ifconfig -a ;;
    0:*) ifconfig -k -a || ifconfig -a ;;
    *) ifconfig -a ;;
    esac
}

# Where packets have been discarded: whether more are while an advertisement of every peer should come.
discards() {
    if [ "$watch" -gt 0 ] && netstat -s -p carp 2>/dev/null | grep -q '[1-9][0-9]* .*for bad authentication'; then
        begin output later
        sleep "$watch"
        netstat -s -p carp 2>/dev/null
        end $?
    fi
}

observe() {
    kernel=$(uname -r)
    user=$(id -u)
    run system uname -s
    run kernel echo "$kernel"
    run userland freebsd-version -u
    run user echo "$user"
    for path in /etc/rc.conf /etc/rc.conf.local; do
        file file "$path"
    done
    for script in network netif; do
        folder "/etc/rc.conf.d/$script"
        for path in "/etc/rc.conf.d/$script" "/etc/rc.conf.d/$script"/*; do
            file file "$path"
        done
    done
    for folder in /etc /etc/rc.conf.d /etc/sysctl.kld.d /etc/devd /boot /boot/loader.conf.d; do
        folder "$folder"
    done
    for path in /etc/sysctl.conf /etc/sysctl.conf.local /etc/sysctl.kld.d/*.conf \
        /boot/loader.conf /boot/loader.conf.d/*.conf /boot/loader.conf.local \
        /etc/rc.local /etc/start_if.* /etc/pf.conf /etc/devd.conf /etc/devd/*.conf; do
        file file "$path"
    done
    run ifconfig interfaces
    # One by one: up to 9 the first unknown name ends sysctl(8).
    run sysctl sysctl net.inet.carp
    run sysctl sysctl net.pfsync.carp_demotion_factor
    run boottime sysctl -n kern.boottime
    run modules kldstat
    run module kldstat -q -m carp
    run netstat netstat -s -p carp
    discards
    folder /var/db/carpgen
    for state in pending committing kept undoing; do
        file $state /var/db/carpgen/$state
    done
    file drain /var/db/carpgen/drain
    run done true
}

# The shell reads this text from its input, and nothing else may.
observe </dev/null
exit 0
