# Takes this host out of service, or brings it back. Both can be repeated, and both can be interrupted anywhere: what
# is undone is only what was done.
#
# What is kept on the host:
#   /var/db/carpgen/drain    what was taken out of service; written before anything else
#   /var/run/carpgen.drain   how far the demotion of this boot has got; a reboot takes both away
#   a line in loader.conf    only with $across_reboots

PATH=/sbin:/bin:/usr/sbin:/usr/bin
LC_ALL=C
export PATH LC_ALL
umask 077

folder=/var/db/carpgen
record=$folder/drain
progress=/var/run/carpgen.drain
loader=/boot/loader.conf
comment='# carpgen drain: keeps this host out of service until it is brought back'
tunable='net.inet.carp.allow="0"'

# Ends without having changed anything.
refuse() {
    printf 'unchanged %s\n' "$*"
    exit 1
}

# Ends in the middle: the same command again goes on.
give_up() {
    printf 'halfway %s\n' "$*"
    exit 1
}

demotion() {
    sysctl -n net.inet.carp.demotion 2>/dev/null
}

# write FILE: from standard input, whole or not at all
write() {
    cat >"$1.carpgen" && mv -f "$1.carpgen" "$1" && return 0
    rm -f "$1.carpgen"
    return 1
}

write_record() {
    mkdir -p "$folder" && chmod 700 "$folder" || return 1
    {
        echo "# This host was taken out of service by carpgen drain."
        if [ -f "$record" ]; then
            grep -v '^#' "$record"
        else
            date -u '+since=%Y-%m-%dT%H:%M:%SZ'
        fi
        [ -z "$demote" ] || grep -q '^demotion=' "$record" 2>/dev/null || echo "demotion=$demote"
        for interface in $interfaces; do
            echo "interface=$interface"
        done
        for vhid in $priorities; do
            echo "priority=$vhid"
        done
        [ "$across_reboots" != yes ] || grep -q '^across-reboots' "$record" 2>/dev/null ||
            echo "across-reboots=yes"
    } | write "$record"
}

# The loader file without our two lines; what else was written behind the first one stays.
without_ours() {
    sed -e "/^$comment\$/{
        \$d
        N
        /\\n$tunable\$/d
        s/^$comment\\n//
    }" "$1"
}

# replace_loader with|without: the loader file, with its owner and mode, with our two lines at its end or without them
replace_loader() {
    [ ! -L "$loader" ] || return 1
    if make_loader "$1" "$loader.carpgen" && mv -f "$loader.carpgen" "$loader"; then
        return 0
    fi
    rm -f "$loader.carpgen"
    return 1
}

make_loader() {
    rm -f "$2"
    if [ -f "$loader" ]; then
        cp -p "$loader" "$2" && without_ours "$loader" >"$2" || return 1
    else
        : >"$2" && chmod 644 "$2" || return 1
    fi
    [ "$1" = with ] || return 0
    # The last line may have no end.
    [ -z "$(tail -c 1 "$2")" ] || echo >>"$2" || return 1
    printf '%s\n%s\n' "$comment" "$tunable" >>"$2"
}

keep_out() {
    replace_loader with
}

let_in() {
    [ -f "$loader" ] && grep -qxF "$comment" "$loader" || return 0
    replace_loader without
}

# change AMOUNT WORD: adds to the demotion once, even if it is interrupted between two of its steps
change() {
    read -r word before 2>/dev/null <"$progress" || word=
    if [ "$word" != "$2" ]; then
        before=$(demotion)
        [ -n "$before" ] || return 1
        echo "$2 $before" | write "$progress" || return 1
    fi
    # Already done if it differs by as much from what it was.
    moved=$(($(demotion) - before))
    if [ "$1" -gt 0 ] && [ "$moved" -ge "$1" ]; then
        return 0
    elif [ "$1" -lt 0 ] && [ "$moved" -le "$1" ]; then
        return 0
    fi
    sysctl net.inet.carp.demotion="$1" >/dev/null
}

drain() {
    fresh=yes
    [ ! -f "$record" ] || fresh=
    write_record || refuse "$record cannot be written"
    if [ "$across_reboots" = yes ] && ! keep_out; then
        [ -z "$fresh" ] || rm -f "$record"
        refuse "$loader cannot be replaced"
    fi
    if [ -n "$demote" ]; then
        word=
        read -r word before 2>/dev/null <"$progress"
        if [ "$word" != drained ]; then
            change "$demote" draining || give_up "the demotion cannot be changed"
            echo drained | write "$progress" || give_up "$progress cannot be written"
        fi
    fi
    for interface in $interfaces; do
        ifconfig "$interface" down || give_up "$interface cannot be taken down"
    done
    for vhid in $priorities; do
        set_priority "$vhid" 1 || give_up "the priority of a vhid cannot be lowered"
    done
}

# set_priority INTERFACE:VHID:... PRIORITY
set_priority() {
    rest=${1#*:}
    ifconfig "${1%%:*}" vhid "${rest%%:*}" vrrpprio "$2"
}

# The vhids of a host that was kept out come up demoted, hear who serves, and only then count as before.
come_up() {
    was_down=
    if [ "$(sysctl -n net.inet.carp.allow 2>/dev/null)" = 0 ]; then
        was_down=yes
    fi
    read -r word before 2>/dev/null <"$progress" || word=
    if [ -n "$was_down" ] && [ "$word" != drained ]; then
        change "$demote" draining || give_up "the demotion cannot be changed"
        echo drained | write "$progress" || give_up "$progress cannot be written"
    fi
    if [ -n "$was_down" ]; then
        sysctl net.inet.carp.allow=1 >/dev/null || give_up "net.inet.carp.allow cannot be set"
        sleep "$listen_seconds"
    fi
}

undrain() {
    [ -f "$record" ] || refuse "it was not taken out of service"
    let_in || refuse "$loader cannot be replaced"
    demote=$(sed -n 's/^demotion=//p' "$record" | tail -n 1)
    if [ -n "$demote" ]; then
        grep -q '^across-reboots' "$record" && come_up
        read -r word before 2>/dev/null <"$progress" || word=
        case $word in
        draining)
            # Interrupted: it is done if it shows.
            [ $(($(demotion) - before)) -lt "$demote" ] || word=drained
            ;;
        esac
        case $word in
        drained | returning)
            change "-$demote" returning || give_up "the demotion cannot be changed"
            ;;
        esac
        rm -f "$progress"
    fi
    for interface in $(sed -n 's/^interface=//p' "$record"); do
        ifconfig "$interface" up || give_up "$interface cannot be brought up"
    done
    # A host of release 9 that came new to a cluster joined with the largest skew.
    for skew in $(sed -n 's/^skew=//p' "$record"); do
        ifconfig "${skew%%:*}" advskew "${skew##*:}" || give_up "a skew cannot be set"
    done
    for vhid in $(sed -n 's/^priority=//p' "$record"); do
        set_priority "$vhid" "${vhid##*:}" || give_up "the priority of a vhid cannot be raised"
    done
    rm -f "$record" || give_up "$record cannot be removed"
}

main() {
    "$what"
    echo done
}
main </dev/null
exit 0
