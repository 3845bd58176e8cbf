# Sets up the interfaces as /etc/rc.d/netif does at boot, from the rc.conf in $BOOT_DIR, and records every
# ifconfig command there. After what network.subr of FreeBSD 9.3 to 14 is known to do, with its traps;
# tests/rc_vectors.rs holds it against recorded runs of the real scripts.
#
# BOOT_FAMILY: freebsd-9 or freebsd-14.  BOOT_INTERFACES: what `ifconfig -l` lists before the start.
_old=
[ "$BOOT_FAMILY" = freebsd-9 ] && _old=1
IFC=ifc

network_interfaces=auto
cloned_interfaces=
ipv6_network_interfaces=auto
netif_ipexpand_max=2048

ifc() { # a stand-in for ifconfig: one record a command, words ended by US, the record by RS
	case $#:$1 in
	1:-l) echo "$BOOT_INTERFACES"; return 0 ;;
	1:*) return 0 ;;
	esac
	[ "$2" = create ] && BOOT_INTERFACES="$BOOT_INTERFACES $1"
	{ printf '%s\037' "$@"; printf '\036'; } >>"$BOOT_DIR/commands"
}

if_var() { # em0.100 -> em0_100
	_in=$1
	_res=
	while [ "$_in" ]; do
		_c=${_in%"${_in#?}"}
		_in=${_in#?}
		case $_c in [./+-]) _c=_ ;; esac
		_res=$_res$_c
	done
	echo "$_res"
}

get_if_var() { # get_if_var IF suffix; ifconfig_DEFAULT stands in for both forms
	eval "printf '%s' \"\${ifconfig_$(if_var "$1")$2-${ifconfig_DEFAULT-}}\""
}

ipv6_wanted() {
	_v=$(if_var "$1")
	eval "[ -n \"\${ifconfig_${_v}_ipv6-}\${ipv6_prefix_${_v}-}\${ipv6_ifconfig_${_v}-}${ifconfig_DEFAULT-}\" ]" || return 1
	case $ipv6_network_interfaces in
	[Aa][Uu][Tt][Oo]) return 0 ;;
	*) case " $ipv6_network_interfaces " in *" $1 "*) return 0 ;; esac ;;
	esac
	return 1
}

strip_special() { # words that are instructions to rc, not to ifconfig
	for _w in "$@"; do
		case $_w in
		[Dd][Hh][Cc][Pp] | [Ss][Yy][Nn][Cc][Dd][Hh][Cc][Pp] | [Nn][Oo][Ss][Yy][Nn][Cc][Dd][Hh][Cc][Pp] | \
		[Ww][Pp][Aa] | [Hh][Oo][Ss][Tt][Aa][Pp] | [Nn][Oo][Aa][Uu][Tt][Oo]) ;;
		*) printf ' %s' "$_w" ;;
		esac
	done
}

# All alias texts of an interface, _aliases first, then _aliasN in numeric order, then
# ipv4_addrs; a numbered variable that is set but empty ends the numbered list.
alias_texts() {
	_v=$(if_var "$1")
	eval "_t=\${ifconfig_${_v}_aliases-}"
	[ "$_t" ] && printf 'l %s\n' "$_t"
	for _n in $(set | sed -n "s/^ifconfig_${_v}_alias\([0-9][0-9A-Za-z_]*\)=.*/\1/p" | sort -n); do
		eval "_t=\$ifconfig_${_v}_alias$_n"
		[ -z "$_t" ] && break
		printf 'n %s\n' "$_t"
	done
	eval "_t=\${ipv4_addrs_${_v}-}"
	for _n in $_t; do
		printf 'n inet %s\n' "$_n"
	done
	for _n in $(set | sed -n "s/^ipv6_ifconfig_${_v}_alias\([0-9][0-9]*\)=.*/\1/p" | sort -n); do
		eval "_t=\$ipv6_ifconfig_${_v}_alias$_n"
		[ -z "$_t" ] && break
		printf 'n inet6 %s\n' "$_t"
	done
}

# One piece: IF ACTION words...   ACTION is alias or -alias
alias_piece() {
	_if=$1
	_act=$2
	shift 2
	case "$_old:$*" in
	1:*-* | :*[0-9a-fA-F]-*)
		case $2 in
		*[0-9]-[0-9]*) expand_range "$@"; return ;;
		esac
		# the expansion calls itself until the shell's stack is used up, then the address is lost
		echo "(endless address range expansion on $_if)"
		:
		return 0 ;;
	esac
	# words such as alias inside the value are harmless
	$IFC "$_if" "$@" $_act
}

expand_range() {
	_fam=$1
	_range=$2
	shift 2
	if [ "$_fam" = inet6 ]; then
		echo "network.subr: IPv6 ranges are not emulated: $_range" >&2
		return 1
	fi
	_plen=${_range#*/}
	[ "$_plen" = "$_range" ] && _plen=32
	_a=${_range%%/*}
	_lo=${_a%%-*}
	_head=${_lo%.*}
	_lo=${_lo##*.}
	_hi=${_a##*-}
	_max=$netif_ipexpand_max
	while [ "$_lo" -le "$_hi" ] && [ "$_max" -gt 0 ]; do
		$IFC "$_if" inet "$_head.$_lo/$_plen" "$@" $_act
		_plen=32
		_lo=$((_lo + 1))
		_max=$((_max - 1))
	done
}

# Splits the texts into pieces at the family words and runs those of one family; every
# piece but the last of the whole list goes through eval.
run_aliases() { # IF alias|-alias family
	_rif=$1 _ract=$2 _rfam=$3
	_list=
	_texts=$(alias_texts "$1")
	[ -z "$_texts" ] && return 0
	_save=$IFS
	IFS='
'
	set -f
	set -- $_texts
	set +f
	IFS=$_save
	: >$BOOT_DIR/pieces
	for _line in "$@"; do
		_kind=${_line%"${_line#?}"}
		_line=${_line#??}
		_cur=
		_fam=
		for _w in $_line; do
			case $_w in
			inet | inet6 | ipx | link | ether)
				[ "$_fam" ] && printf '%s %s\n' "$_fam" "$_cur" >>$BOOT_DIR/pieces
				_fam=$_w
				_cur=$_w ;;
			*)
				if [ -z "$_fam" ]; then
					[ $_kind = l ] && continue
					if [ "$_ract" = alias ]; then
						[ "$_rfam" = inet ] && echo "/etc/rc.d/netif: WARNING: IPv4 alias of $_rif needs leading" \
							"\"inet\" keyword for an IPv4 address" >&2
						_fam=inet
						_cur=inet
					else
						continue 2
					fi
				fi
				_cur="$_cur $_w" ;;
			esac
		done
		[ "$_fam" ] && printf '%s %s\n' "$_fam" "$_cur" >>$BOOT_DIR/pieces
	done
	# of one family, all but the last piece go through eval; what it leaves is split again
	_total=$(grep -c "^$_rfam " <$BOOT_DIR/pieces)
	_i=0
	exec 8<$BOOT_DIR/pieces
	while IFS= read -r _line <&8; do
		_f=${_line%% *}
		_p=${_line#* }
		[ "$_f" = "$_rfam" ] || continue
		_i=$((_i + 1))
		if [ $_i -lt "$_total" ]; then
			eval "split_again \"\$_rif\" \"\$_ract\" $_p" 8<&-
		else
			alias_piece "$_rif" "$_ract" $_p 8<&-
		fi
	done
	exec 8<&-
}

split_again() {
	_s1=$1 _s2=$2
	shift 2
	alias_piece "$_s1" "$_s2" $*
}

if_start() {
	_dev=$1
	[ -r "/etc/start_if.$_dev" ] && . "/etc/start_if.$_dev"
	_args=$(get_if_var "$_dev" "")
	_v6=$(get_if_var "$_dev" _ipv6)
	_any=
	if [ "$_dev" = lo0 ]; then
		$IFC lo0 up
		$IFC lo0 inet 127.0.0.1/8 alias
	else
		case " $_args " in *" "[Nn][Oo][Aa][Uu][Tt][Oo]" "*) return 0 ;; esac
		ipv6_wanted "$_dev" && $IFC "$_dev" inet6 -ifdisabled
		if [ "$_args" ]; then
			_any=1
			case " $_args " in *[Dd][Hh][Cc][Pp]*) echo "$_dev: DHCP is not emulated" ;; esac
			_args=$(strip_special $_args)
			[ "$_args" ] && eval "$IFC \"\$_dev\" $_args"
		fi
		if [ "$_v6" ]; then
			_any=1
			eval "$IFC \"\$_dev\" $_v6"
		fi
		eval "_t=\${ipv6_ifconfig_$(if_var "$_dev")-}"
		if [ "$_t" ]; then
			_any=1
			eval "$IFC \"\$_dev\" inet6 $_t"
		fi
		eval "_t=\${ipv6_prefix_$(if_var "$_dev")-}"
		[ "$_t" ] && _any=1
		eval "_t=\${ifconfig_$(if_var "$_dev")_descr-}"
		[ "$_t" ] && $IFC "$_dev" description "$_t"
		[ "$_any" ] && $IFC "$_dev" up
	fi
	run_aliases "$_dev" alias inet
	ipv6_wanted "$_dev" && run_aliases "$_dev" alias inet6
	:
}

if_stop() {
	_dev=$1
	run_aliases "$_dev" -alias inet
	ipv6_wanted "$_dev" && run_aliases "$_dev" -alias inet6
	$IFC "$_dev" | while read -r _w _a _rest; do
		case $_w in inet | inet6) $IFC "$_dev" "$_w" "${_a%%%*}" -alias ;; esac
	done
	case $_dev in
	lo0) ;;
	carp*) $IFC "$_dev" destroy ;;
	*) $IFC "$_dev" down ;;
	esac
}

. "$BOOT_DIR/rc.conf"
for i in $cloned_interfaces; do
	eval "a=\${create_args_$(if_var "$i")-}"
	$IFC "$i" create $a
done
case $network_interfaces in
[Aa][Uu][Tt][Oo]) set -- $BOOT_INTERFACES ;;
*) set -- $network_interfaces $cloned_interfaces ;;
esac
for i in "$@"; do
	if_start "$i"
done
