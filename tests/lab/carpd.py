#!/usr/bin/python3
"""The machine and the kernel of one lab host.

usage: carpd.py DIR HOST      (started inside the host's network namespace by `lab up`)

* power: boots, crashes and reboots the host (a process, mount, UTS and IPC namespace)
* kernel: interfaces, modules, sysctls and CARP (netmodel.py, carpproto.py), with real
  advertisements, ARP and addresses on the namespace's interfaces
* socket DIR/HOST/kernel.sock: the commands inside the host and the `lab` tool talk to it
"""
import ctypes
import glob
import json
import os
import posixpath
import queue
import re
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import carpproto as cp          # noqa: E402
import fbsdcmd                  # noqa: E402
import netmodel                 # noqa: E402

ETH_IP, ETH_ARP, ETH_IP6 = 0x0800, 0x0806, 0x86dd
SO_ATTACH_FILTER = 26


def now_us():
    return time.monotonic_ns() // 1000


def gone(pid):
    try:
        return open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()[0] in "ZX"
    except (OSError, IndexError):
        return True


def bpf_proto(offset, value):
    """A classic BPF program: accept when the byte at `offset` equals `value`."""
    prog = [(0x30, 0, 0, offset), (0x15, 0, 1, value), (0x6, 0, 0, 0x40000), (0x6, 0, 0, 0)]
    blob = b"".join(struct.pack("HBBI", *p) for p in prog)
    buf = ctypes.create_string_buffer(blob)
    return struct.pack("HL", len(prog), ctypes.addressof(buf)), buf


class UcarpEngine(cp.Engine):
    """Elections left to one real ucarp process per vhid; states come from its scripts."""

    def _setrun(self, vh, now, af=0):
        if not self.may_run(vh):
            self.env.ucarp_stop(vh)
            self._set_state(vh, "INIT", None)
        elif vh.state == "INIT":
            self._set_state(vh, "BACKUP", "initialization complete")
            self.env.ucarp_start(vh)

    def _stop(self, vh, *names):
        if "md4" in names:
            self.env.ucarp_stop(vh)

    def _master(self, vh, now, reason):
        self._set_state(vh, "MASTER", reason)

    def _send_ad(self, vh, now, bow_out=False):
        pass

    def receive(self, ifname, af, ttl, body, now):
        return None

    def set_params(self, vh, now, advbase=None, advskew=None, key=None, state=None):
        old = (vh.advbase, vh.advskew, vh.key)
        super().set_params(vh, now, advbase, advskew, key, None)
        if vh.state != "INIT" and old != (vh.advbase, vh.advskew, vh.key):
            self.env.ucarp_stop(vh)
            self._set_state(vh, "INIT", None)
            self._setrun(vh, now)

    def ucarp_event(self, vh, up):
        if vh.state != "INIT":
            self._set_state(vh, "MASTER" if up else "BACKUP", "ucarp")


class Host:
    def __init__(self, base, name):
        self.base, self.name = base, name
        self.dir = os.path.join(base, name)
        self.root = os.path.join(self.dir, "root")
        self.conf = json.load(open(os.path.join(base, "lab.json")))
        self.me = next(h for h in self.conf["hosts"] if h["name"] == name)
        self.ports = self.me["ports"]           # [[ifname, segment, mac]]
        self.family = self.conf["family"]
        self.ucarp = self.me.get("daemon") == "ucarp"
        self.power = "off"
        self.kernel = None
        self.sel = selectors.DefaultSelector()
        self.seq = 0
        self.tasks = []
        self.events = []                        # delayed power events: (time, fn)
        self.socks = {}
        self.vips = {}
        self.ucarps = {}
        self.init = None
        self.init_pid = None
        self.boots = 0
        self.faults_stamp = None
        self.faults = {}
        self.struck = {}                        # conditions that a rule made, until faults.json changes
        self.applied = {}
        self.ops = queue.Queue()
        self.log_file = open(os.path.join(self.dir, "events.jsonl"), "a", buffering=1)
        threading.Thread(target=self.ops_thread, daemon=True).start()

    # -- plumbing ---------------------------------------------------------------------------

    def ops_thread(self):
        while True:
            item = self.ops.get()
            try:
                if isinstance(item, threading.Event):
                    item.set()
                else:
                    subprocess.run(["ip", "-force", "-batch", "-"], input="\n".join(item) + "\n", text=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            except OSError:
                pass

    def ip(self, *lines):
        self.ops.put(list(lines))

    def ip_sync(self):
        ev = threading.Event()
        self.ops.put(ev)
        ev.wait(10)

    def event(self, **kw):
        kw = dict(t=time.monotonic(), wall=time.time(), host=self.name, **kw)
        self.log_file.write(json.dumps(kw) + "\n")

    def console(self, text):
        with open(os.path.join(self.dir, "console.log"), "a") as f:
            f.write(text + "\n")

    def proc_sys(self, path, value):
        try:
            with open("/proc/sys/" + path, "w") as f:
                f.write(str(value))
        except OSError:
            pass

    # -- what the kernel model asks for (hw) ------------------------------------------------

    def kmsg(self, text):
        self.event(kmsg=text)
        stamp = time.strftime("%b %e %H:%M:%S")
        try:
            with open(os.path.join(self.root, "var/log/messages"), "a") as f:
                f.write("%s %s kernel: %s\n" % (stamp, self.name, text))
            with open(os.path.join(self.root, "var/run/dmesg.lab"), "a") as f:
                f.write(text + "\n")
        except OSError:
            pass

    log = kmsg

    def addr(self, ifname, af, packed, plen, add):
        a = netmodel.Addr(af, packed, plen)
        if ifname == "lo0":
            return
        if add:
            extra = " broadcast +" if af == 4 and plen < 31 else ""
            self.ip("address add %s/%d dev %s%s%s" % (a.text(), plen, ifname, extra, " nodad" if af == 6 else ""))
        else:
            self.ip("address del %s/%d dev %s" % (a.text(), plen, ifname))

    def admin(self, ifname, up):
        self.ip("link set %s %s" % (ifname, "up" if up else "down"))

    def read_file(self, path):
        full = posixpath.normpath(posixpath.join(self.cwd or "/", path))
        with open(self.root + full, errors="surrogateescape") as f:
            return f.read()

    def generic_sysctl(self, name, value):
        if name == "net.inet.ip.forwarding":
            self.proc_sys("net/ipv4/ip_forward", value)
        elif name == "net.inet6.ip6.forwarding":
            self.proc_sys("net/ipv6/conf/all/forwarding", value)

    def route(self, dst, gw):
        self.ip_sync()
        args = ["ip", "route", "replace", dst, "via", gw] if gw else ["ip", "route", "del", dst]
        return subprocess.run(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def vip(self, vh):
        """Brings the addresses of a vhid to what its state wants."""
        if vh.ifname is None and vh.name not in self.vips:
            return
        want = None
        if vh.state == "MASTER" and vh in self.kernel.engine.vhids and vh.ifname:
            want = (vh.ifname, vh.vhid, tuple(sorted(vh.addrs)))
        have = self.vips.get(vh.name)
        if want == have:
            return
        lines = []
        if have and (want is None or want[:2] != have[:2]):
            lines.append("link del %s" % self.vdev(have))
            have = None
        if want is None:
            self.vips.pop(vh.name, None)
        else:
            dev = self.vdev(want)
            if have is None:
                lines.append("link add link %s name %s address %s type macvlan mode bridge" % (
                    want[0], dev, ":".join("%02x" % b for b in cp.vmac(want[1]))))
                lines.append("link set %s up" % dev)
            old = set(have[2]) if have else set()
            for af, p in sorted(old - set(want[2])):
                lines.append("address del %s/%d dev %s" % (netmodel.Addr(af, p, 0).text(), 32 if af == 4 else 128, dev))
            for af, p in sorted(set(want[2]) - old):
                lines.append("address add %s/%d dev %s%s" % (netmodel.Addr(af, p, 0).text(), 32 if af == 4 else 128, dev,
                                                           " nodad" if af == 6 else ""))
                lines += self.vip_route(vh, af, p)
            self.vips[vh.name] = want
        self.ip(*lines)

    @staticmethod
    def vdev(key):
        return "v%d-%s" % (key[1], key[0])

    def vip_route(self, vh, af, packed):
        """The prefix route of a VIP whose subnet exists on the interface only through it."""
        ifp = self.kernel.ifs[vh.ifname]
        for i in self.kernel.ifs.values():
            for a in i.addrs:
                if a.vh is vh and a.af == af and a.packed == packed and a.plen < len(packed) * 8:
                    if any(o.vh is None and o.af == af and o.net(a.plen) == a.net() for o in ifp.addrs):
                        return []
                    return ["route replace %s/%d dev %s src %s" % (
                        netmodel.Addr(af, (a.net() << (len(packed) * 8 - a.plen)).to_bytes(len(packed), "big"), 0).text(),
                        a.plen, vh.ifname, a.text())]
        return []

    # -- what the engine asks for (env) -----------------------------------------------------

    def arm_seq(self):
        self.seq += 1
        return self.seq

    def task(self):
        self.tasks.append(self.kernel)

    def transition(self, vh, old, new, reason):
        self.event(vhid=vh.vhid, ifname=vh.ifname, old=old, new=new, reason=reason)
        if self.kernel.engine.log >= 1:
            if self.kernel.legacy:
                self.kmsg("%s: %s -> %s%s" % (vh.name, old, new, " (%s)" % reason if reason else ""))
            else:
                self.kmsg("carp: %d@%s: %s -> %s (%s)" % (vh.vhid, vh.ifname, old, new, reason))
        self.vip(vh)
        self.devd(vh, new)

    def source(self, vh, af):
        ifp = self.kernel.ifs[vh.ifname]
        own = [a for a in ifp.of(af) if a.vh is None]
        if self.kernel.legacy and af == 4:
            for a in own:
                if any(f == 4 and netmodel.Addr(4, p, 32).net(a.plen) == a.net() for f, p in vh.addrs):
                    return a.packed
        if own:
            return own[0].packed
        carp = sorted((a for a in ifp.of(af) if a.vh is not None), key=lambda a: a.vh.state != "MASTER")
        return carp[0].packed if carp else None

    def send(self, vh, af, f):
        src = self.source(vh, af)
        body = f["body"]
        mac = cp.vmac(vh.vhid)
        if "senderr" in self.faults:
            return False
        if af == 4:
            src = src or b"\0" * 4
            dst = vh.peer4 or cp.GROUP4
            tos = 0x10 if self.kernel.legacy else self.kernel.engine.dscp << 2
            head = struct.pack("!BBHHHBBH4s4s", 0x45, tos, 20 + len(body), self.arm_seq() & 0xffff, 0x4000, 255, cp.PROTO,
                               0, src, dst)
            head = head[:10] + struct.pack("!H", cp.cksum(head)) + head[12:]
            if dst[0] & 0xf0 != 0xe0:
                return self.send_unicast(vh, head + body, dst)
            frame = cp.MAC4 + mac + struct.pack("!H", ETH_IP) + head + body
        else:
            if src is None:
                return False
            dst = vh.peer6 or cp.GROUP6
            tc = 0 if self.kernel.legacy else self.kernel.engine.dscp << 2
            head = struct.pack("!IHBB16s16s", 6 << 28 | tc << 20, len(body), cp.PROTO, 255, src, dst)
            frame = cp.MAC6 + mac + struct.pack("!H", ETH_IP6) + head + body
        return self.raw_send(vh.ifname, frame)

    def send_unicast(self, vh, packet, dst):
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, vh.ifname.encode())
                s.sendto(packet, (socket.inet_ntoa(dst), 0))
            return True
        except OSError:
            return False

    def raw_send(self, ifname, frame):
        s = self.socks.get((ifname, ETH_ARP))
        try:
            s.send(frame)
            return True
        except (OSError, AttributeError):
            return False

    def announce(self, vh):
        mac = cp.vmac(vh.vhid)
        for af, p in vh.addrs:
            if af == 4:
                arp = struct.pack("!HHBBH6s4s6s4s", 1, ETH_IP, 6, 4, 1, mac, p, b"\0" * 6, p)
                self.raw_send(vh.ifname, b"\xff" * 6 + mac + struct.pack("!H", ETH_ARP) + arp)
            else:
                dst = socket.inet_pton(socket.AF_INET6, "ff02::1")
                icmp = struct.pack("!BBHI16sBB6s", 136, 0, 0, 0x20000000, p, 2, 1, mac)
                pseudo = p + dst + struct.pack("!II", len(icmp), 58)
                icmp = icmp[:2] + struct.pack("!H", cp.cksum(pseudo + icmp)) + icmp[4:]
                head = struct.pack("!IHBB16s16s", 6 << 28, len(icmp), 58, 255, p, dst)
                self.raw_send(vh.ifname, bytes.fromhex("333300000001") + mac + struct.pack("!H", ETH_IP6) + head + icmp)

    # -- packets ----------------------------------------------------------------------------

    def open_sockets(self):
        for ifname, seg, _ in self.ports:
            if seg == "mgmt":
                continue
            for proto, filt in ((ETH_IP, (23, cp.PROTO)), (ETH_IP6, (20, cp.PROTO)), (ETH_ARP, None)):
                s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
                if filt:
                    prog, keep = bpf_proto(*filt)
                    s.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, prog)
                s.bind((ifname, proto))
                s.setblocking(False)
                self.socks[(ifname, proto)] = s
                self.sel.register(s, selectors.EVENT_READ, (self.on_packet, ifname, proto))

    def close_sockets(self):
        for s in self.socks.values():
            self.sel.unregister(s)
            s.close()
        self.socks = {}

    def on_packet(self, s, ifname, proto):
        for _ in range(64):
            try:
                frame = s.recv(2048)
            except OSError:
                return
            k = self.kernel
            ifp = k.ifs.get(ifname) if k else None
            if ifp is None or not ifp.up or not ifp.link:
                continue
            if proto == ETH_ARP:
                self.on_arp(ifp, frame[14:])
            elif proto == ETH_IP:
                ihl = (frame[14] & 15) * 4
                total = struct.unpack("!H", frame[16:18])[0]
                if frame[30:34] == cp.GROUP4 or any(a.packed == frame[30:34] for a in ifp.of(4)):
                    ttl = frame[22]
                    vhid = frame[14 + ihl + 1] if len(frame) > 16 + ihl else 0
                    vh = k.engine.find(ifname, vhid)
                    if vh is not None and vh.peer4 and vh.peer4[0] & 0xf0 != 0xe0:
                        ttl = 255
                    self.rx(ifname, 4, ttl, frame[14 + ihl:14 + total])
            else:
                if frame[38:54] == cp.GROUP6 or any(a.packed == frame[38:54] for a in ifp.of(6)):
                    self.rx(ifname, 6, frame[21], frame[54:54 + struct.unpack("!H", frame[18:20])[0]])

    def rx(self, ifname, af, ttl, body):
        eng = self.kernel.engine
        if self.kernel.carp:
            drop = eng.receive(ifname, af, ttl, body, now_us())
            if drop and drop not in ("badvhid", "badif", "notallowed"):
                self.event(drop=drop, ifname=ifname, vhid=body[1] if len(body) > 1 else None)

    def on_arp(self, ifp, arp):
        if len(arp) < 28 or arp[6:8] != b"\0\1" or arp[:6] != b"\0\1\x08\0\6\4":
            return
        sha, spa, tpa = arp[8:14], arp[14:18], arp[24:28]
        vh = self.arp_owner(ifp, tpa, spa)
        if vh is None or spa == tpa:
            return
        reply = struct.pack("!HHBBH6s4s6s4s", 1, ETH_IP, 6, 4, 2, cp.vmac(vh.vhid), tpa, sha, spa)
        own = bytes.fromhex(ifp.mac.replace(":", ""))
        self.raw_send(ifp.name, sha + own + struct.pack("!H", ETH_ARP) + reply)

    def arp_owner(self, ifp, target, sender):
        eng = self.kernel.engine
        mine = [vh for vh in eng.of_if(ifp.name) for af, p in vh.addrs if af == 4 and p == target]
        if self.kernel.legacy and eng.arpbalance:
            mine = [vh for vh in mine if vh.up and vh.running]
            if not mine:
                return None
            pick = mine[int.from_bytes(sender, "big") % len(mine)]
            return pick if pick.state == "MASTER" else None
        return next((vh for vh in mine if vh.state == "MASTER"), None)

    # -- ucarp ------------------------------------------------------------------------------

    def ucarp_start(self, vh):
        v4 = [p for af, p in vh.addrs if af == 4]
        if len(vh.addrs) != 1 or not v4:
            self.kmsg("lab: ucarp supports one IPv4 address per vhid, vhid %d has %d addresses" % (vh.vhid, len(vh.addrs)))
        if not v4:
            return
        script = os.path.join(self.dir, "ucarp-event")
        self.ip_sync()
        src = self.source(vh, 4)
        args = ["ucarp", "-i", vh.ifname, "-s", socket.inet_ntoa(src or v4[0]), "-v", str(vh.vhid),
                "-p", vh.key.decode("utf-8", "surrogateescape") or "\0", "-a", socket.inet_ntoa(v4[0]),
                "-b", str(vh.advbase), "-k", str(self.kernel.engine.eff_skew(vh)), "-r", "3", "-n",
                "-u", script + "-up", "-d", script + "-down", "-x", vh.name]
        if self.kernel.engine.preempt:
            args.append("-P")
        log = open(os.path.join(self.dir, "ucarp.log"), "a")
        self.ucarps[vh.name] = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()

    def ucarp_stop(self, vh):
        p = self.ucarps.pop(vh.name, None)
        if p is not None:
            p.kill()
            p.wait()

    def on_ucarp(self, fd, *_):
        for line in os.read(fd, 65536).decode().splitlines():
            name, _, what = line.partition(" ")
            for vh in self.kernel.engine.vhids if self.kernel else []:
                if vh.name == name:
                    self.kernel.engine.ucarp_event(vh, what == "up")

    # -- devd -------------------------------------------------------------------------------

    def devd(self, vh, new):
        if self.power != "running" or not self.init_pid:
            return
        if self.kernel.legacy:
            if new == "INIT":
                return
            ev = {"system": "IFNET", "subsystem": vh.name, "type": "LINK_UP" if new == "MASTER" else "LINK_DOWN"}
        else:
            ev = {"system": "CARP", "subsystem": "%d@%s" % (vh.vhid, vh.ifname), "type": new}
        files = ["/etc/devd.conf"] + [f[len(self.root):] for d in ("etc/devd", "usr/local/etc/devd")
                                      for f in sorted(glob.glob(os.path.join(self.root, d, "*.conf")))]
        for f in files:
            try:
                text = open(self.root + f, errors="replace").read()
            except OSError:
                continue
            text = re.sub(r"(?m)#.*$|//.*$", "", text)
            for block in re.findall(r"notify\s+\d+\s*\{(.*?)\}\s*;", text, re.S):
                if all(re.fullmatch(val, ev.get(key, "")) for key, val in re.findall(r'match\s+"(\w+)"\s+"([^"]*)"', block)):
                    for act in re.findall(r'action\s+"([^"]*)"', block):
                        for key, val in ev.items():
                            act = act.replace("$" + key, val)
                        self.host_exec(act)

    def host_exec(self, command):
        """Runs a shell command inside the host, detached."""
        subprocess.Popen(["nsenter", "-t", str(self.init_pid), "-m", "-p", "-u", "-i", "-r", "-w", "/bin/sh", "-c", command],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         env={"PATH": "/sbin:/bin:/usr/sbin:/usr/bin", "HOME": "/"})

    # -- power ------------------------------------------------------------------------------

    def save(self):
        """Keeps the root file system as it is now for reset()."""
        new = os.path.join(self.dir, "saved.new")
        subprocess.run(["tar", "-C", self.root, "--one-file-system", "--format=posix", "-cf", new, "."], check=True)
        os.rename(new, os.path.join(self.dir, "saved.tar"))

    def reset(self):
        """The saved root file system, no faults, empty logs, and a boot without delay."""
        self.off(why="reset")
        for f in glob.glob(os.path.join(self.dir, "after.*")) + [os.path.join(self.dir, f) for f in (
                "faults.json", "faults.state", "commands.log", "tools.log", "sessions.log", "counted.log", "console.log", "go")]:
            try:
                os.unlink(f)
            except OSError:
                pass
        self.poll_faults()
        for f in os.listdir(self.root):
            f = os.path.join(self.root, f)
            if os.path.isdir(f) and not os.path.islink(f):
                shutil.rmtree(f)
            else:
                os.unlink(f)
        subprocess.run(["tar", "-C", self.root, "-xpf", os.path.join(self.dir, "saved.tar")], check=True)
        self.boot(delay=0.0)

    def boot(self, delay=None):
        if self.power != "off":
            return
        self.power = "booting"
        self.boots += 1
        self.event(power="booting")
        self.console("--- boot %d" % self.boots)
        k = self.kernel = netmodel.Kernel(self, self.family, self.name, [(i, m) for i, _, m in self.ports])
        if self.ucarp:
            k.engine = UcarpEngine(self, legacy=k.legacy)
            for n in k.ifs.values():
                if n.kind == "ether":
                    k.engine.ifs[n.name] = [False, False]
        try:
            os.unlink(os.path.join(self.root, "var/run/dmesg.lab"))
        except OSError:
            pass
        for n in ("all", "default"):
            self.proc_sys("net/ipv6/conf/%s/addr_gen_mode" % n, 1)
            self.proc_sys("net/ipv4/conf/%s/rp_filter" % n, 0)
            # interfaces answer for their own addresses; those made later (VIPs) never, carpd does
            self.proc_sys("net/ipv4/conf/%s/arp_ignore" % n, 1 if n == "all" else 8)
            self.proc_sys("net/ipv4/conf/%s/arp_announce" % n, 2)
            self.proc_sys("net/ipv6/conf/%s/accept_ra" % n, 0)
            self.proc_sys("net/ipv6/conf/%s/autoconf" % n, 0)
            self.proc_sys("net/ipv6/conf/%s/accept_dad" % n, 0)
        self.proc_sys("net/ipv4/ip_nonlocal_bind", 1)
        self.proc_sys("net/ipv4/ip_forward", 0)
        for ifname, seg, _ in self.ports:
            self.proc_sys("net/ipv6/conf/%s/addr_gen_mode" % ifname, 1)
            self.proc_sys("net/ipv4/conf/%s/rp_filter" % ifname, 0)
            self.proc_sys("net/ipv4/conf/%s/arp_ignore" % ifname, 1)
        lines = []
        for ifname, seg, _ in self.ports:
            lines += ["address flush dev %s" % ifname, "link set %s up" % ifname]
        lines += ["link set lo up", "route flush table main"]
        self.ip(*lines)
        subprocess.run(["ip", "-n", self.conf["switch"], "link", "set", self.me["mgmt_port"], "up"])
        self.ip_sync()
        self.open_sockets()
        for ifname, _, _ in self.ports:
            k.ifs[ifname].link = self.carrier(ifname)
            k.engine.ifs[ifname][1] = k.ifs[ifname].link
        k.ifs["lo0"].up = True
        k.ifs["lo0"].addrs = [netmodel.Addr(4, socket.inet_aton("127.0.0.1"), 8)]
        self.loader()
        self.at(self.conf.get("boot_delay", 1.0) if delay is None else delay, self.start_init)

    def carrier(self, ifname):
        for _ in range(20):
            out = subprocess.run(["ip", "-o", "link", "show", "dev", ifname], capture_output=True, text=True).stdout
            if "LOWER_UP" in out:
                return True
            if "NO-CARRIER" in out:
                return False
            time.sleep(0.02)
        return False

    def loader(self):
        k = self.kernel
        files = ["/boot/loader.conf"]
        if not k.legacy:
            files += [f[len(self.root):] for f in sorted(glob.glob(self.root + "/boot/loader.conf.d/*.conf"))]
        files.append("/boot/loader.conf.local")
        env = {}
        for f in files:
            try:
                lines = open(self.root + f, errors="replace").read().splitlines()
            except OSError:
                continue
            for n, line in enumerate(lines, 1):
                line = re.sub(r"^\s*#.*$", "", line).strip()
                if not line:
                    continue
                word = "-?[A-Za-z0-9]+" if k.legacy else "[A-Za-z0-9_.-]+"
                m = re.match(r'^([A-Za-z0-9_.%%-]+)\s*=\s*(?:"([^"]*)"|(%s))\s*(#.*)?$' % word, line)
                if not m:
                    self.console("loader: %s: line %d: syntax error: %s" % (f, n, line))
                    continue
                env[m.group(1)] = m.group(2) if m.group(2) is not None else m.group(3)
        for name, value in env.items():
            if not name.endswith("_load"):
                k.kenv[name] = value
                if name in k.generic:
                    k.generic[name][0] = value
        for name, value in env.items():
            if name.endswith("_load") and value.upper() == "YES":
                mod = env.get(name[:-5] + "_name", name[:-5])
                try:
                    k.kldload(mod)
                    self.console("/boot/kernel/%s.ko" % mod)
                except netmodel.KernelError as e:
                    self.console("loader: can't load '%s': %s" % (mod, e))

    def start_init(self):
        if self.power != "booting" or self.init is not None:
            return
        console = open(os.path.join(self.dir, "console.log"), "a")
        self.init = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child=SIGKILL", "--propagation", "private",
             "/usr/bin/python3", "-IS", os.path.join(HERE, "hostinit.py"), self.dir, self.name, os.path.join(os.path.dirname(self.dir), ".code")],
            stdin=subprocess.PIPE, stdout=console, stderr=console, start_new_session=True,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb"})
        console.close()
        for _ in range(200):
            try:
                kids = open("/proc/%d/task/%d/children" % (self.init.pid, self.init.pid)).read().split()
            except OSError:
                kids = []
            if kids:
                self.init_pid = int(kids[0])
                break
            time.sleep(0.005)
        self.event(init=self.init_pid)
        with open(os.path.join(self.dir, "init.pid"), "w") as f:
            f.write("%d\n" % (self.init_pid or 0))

    def off(self, silent=False, why="crash"):
        """Everything of the host ends at once; nothing is said to anybody."""
        if self.power == "off":
            return
        self.power = "off"
        self.event(power="off", why=why, silent=silent)
        if silent:
            subprocess.run(["ip", "-n", self.conf["switch"], "link", "set", self.me["mgmt_port"], "down"])
        for p in self.ucarps.values():
            p.kill()
            p.wait()
        self.ucarps = {}
        self.close_sockets()
        self.kernel = None
        lines = ["link del %s" % self.vdev(v) for v in self.vips.values()]
        self.vips = {}
        for ifname, seg, _ in self.ports:
            if seg != "mgmt":
                lines += ["link set %s down" % ifname, "address flush dev %s" % ifname]
        self.ip(*lines)
        if self.init is not None:
            for pid in (self.init_pid, self.init.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except (OSError, TypeError):
                    pass
            self.init.wait()
            for _ in range(400):
                if not self.init_pid or gone(self.init_pid):
                    break
                time.sleep(0.005)
            self.init.stdin.close()
        self.init = self.init_pid = None
        self.applied.pop("ro", None)
        self.events = []

    def reboot(self, why="reboot"):
        self.off(why=why)
        self.boot()

    def at(self, seconds, fn, *args):
        self.events.append((time.monotonic() + seconds, fn, args))
        self.events.sort(key=lambda e: e[0])

    # -- faults that are conditions, not events ---------------------------------------------

    def poll_faults(self):
        path = os.path.join(self.dir, "faults.json")
        try:
            st = os.stat(path)
            stamp = (st.st_mtime_ns, st.st_size, st.st_ino)
        except OSError:
            stamp = None
        if stamp != self.faults_stamp:
            self.faults_stamp = stamp
            self.faults = {}
            if stamp:
                try:
                    self.faults = json.load(open(path))
                except ValueError:
                    self.faults_stamp = "bad"
                    return
            if not isinstance(self.faults, dict):
                self.faults = {"rules": self.faults}
            if not self.faults.get("senderr"):
                self.faults.pop("senderr", None)
            self.struck = {}
        full = bool(self.faults.get("disk_full") or self.struck.get("disk_full"))
        if full != self.applied.get("full", False):
            self.applied["full"] = full
            size = self.conf["disk"]
            if full:
                st = os.statvfs(self.root)
                size = "%dk" % ((st.f_blocks - st.f_bfree) * st.f_frsize // 1024)
            subprocess.run(["mount", "-o", "remount,size=" + size, self.root])
        want = tuple(self.faults.get("readonly") or ()) + tuple(self.struck.get("readonly") or ())
        have = self.applied.get("ro", ())
        if self.init_pid and self.power != "off" and want != have:
            for p in have:
                if p not in want:
                    self.in_mnt("umount", "-l", p)
            for p in want:
                if p not in have:
                    self.in_mnt("mount", "--bind", p, p)
                    self.in_mnt("mount", "-o", "remount,bind,ro", p)
            self.applied["ro"] = want

    def in_mnt(self, tool, *args):
        subprocess.run(["nsenter", "-t", str(self.init_pid), "-m", "-p", "-r", "-w", "/.lab/real/bin/" + tool] + list(args),
                       stderr=subprocess.DEVNULL)

    # -- requests ---------------------------------------------------------------------------

    def serve(self, req):
        op = req.get("op")
        if op == "cmd":
            return self.command(req)
        if op == "state":
            return self.state()
        if op == "ping":
            return {"ok": True}
        if op == "boot":
            self.boot()
            return {"ok": True}
        if op == "crash":
            self.off(silent=bool(req.get("silent")))
            return {"ok": True}
        if op == "reboot":
            self.at(0.0, self.reboot)
            return {"ok": True}
        if op == "save":
            self.save()
            return {"ok": True}
        if op == "reset":
            self.at(0.0, self.reset)
            return {"ok": True}
        if op == "condition":
            self.struck = {"disk_full": req.get("disk_full"), "readonly": req.get("readonly")}
            self.poll_faults()
            return {"ok": True}
        if op == "bootdone":
            self.power = "running"
            self.event(power="running")
            return {"ok": True}
        if op == "faults":
            self.poll_faults()
            return {"ok": True}
        if op == "mgmt":
            subprocess.run(["ip", "-n", self.conf["switch"], "link", "set", self.me["mgmt_port"],
                            "up" if req.get("up") else "down"])
            return {"ok": True}
        if op == "event":
            self.event(**req["fields"])
            return {"ok": True}
        if op == "quit":
            self.off(why="down")
            self.ip_sync()
            return {"ok": True, "quit": True}
        return {"error": "unknown op"}

    def state(self):
        k = self.kernel
        st = dict(host=self.name, power=self.power, boots=self.boots, family=self.family, init=self.init_pid,
                  t=time.monotonic(), vhids=[])
        if k is not None:
            st.update(vhids=k.vhid_table(), demotion=k.engine.demotion, preempt=k.engine.preempt, carp_loaded=k.carp,
                      links={i.name: i.link for i in k.ifs.values()}, stats=k.engine.stats)
        return st

    def command(self, req):
        if self.kernel is None:
            return {"rc": 1, "out": "", "err": "no kernel\n"}
        name = os.path.basename(req["argv"][0])
        argv = req["argv"][1:]
        self.cwd = req.get("cwd")
        if name in ("shutdown", "reboot", "halt", "poweroff", "fastboot", "fasthalt"):
            return self.shutdown(name, argv)
        rc, out, err = fbsdcmd.run(self.kernel, name, argv, now_us())
        if req.get("sync", True) and name == "ifconfig" and argv and not argv[0].startswith("-") and len(argv) > 1:
            self.ip_sync()
        return {"rc": rc, "out": out, "err": err}

    def shutdown(self, name, argv):
        opts = "".join(a[1:] for a in argv if a.startswith("-"))
        args = [a for a in argv if not a.startswith("-")]
        if name == "shutdown":
            if "c" in opts:
                n = len(self.events)
                self.events = [e for e in self.events if e[1] not in (self.reboot, self.off)]
                return {"rc": 0 if len(self.events) < n else 1, "out": "", "err": ""}
            if not args:
                return {"rc": 1, "out": "", "err": "usage: shutdown [-] [-c | -f | -h | -p | -r | -k] [-o [-n]] time "
                        "[warning-message ...]\n       poweroff\n"}
            m = re.match(r"^(now|\+(\d+))$", args[0])
            if not m:
                return {"rc": 1, "out": "", "err": "shutdown: bad time format\n"}
            delay = 0.3 if args[0] in ("now", "+0") else int(m.group(2)) * 60
            reboot = "r" in opts
            text = "Shutdown %s\nshutdown: [pid %d]\n" % ("NOW!" if delay < 1 else "at " + time.ctime(time.time() + delay), 900)
            if "k" in opts or not set(opts) & set("rhp"):
                return {"rc": 0, "out": text, "err": ""}
        else:
            delay, reboot, text = 0.1, name in ("reboot", "fastboot"), ""
        self.at(delay, self.reboot if reboot else self.off, *(() if reboot else (False, "poweroff")))
        return {"rc": 0, "out": text, "err": ""}

    # -- main loop --------------------------------------------------------------------------

    def on_netlink(self, s, *_):
        try:
            data = s.recv(65536)
        except OSError:
            return
        off = 0
        while off + 16 <= len(data):
            length, typ = struct.unpack_from("IH", data, off)
            if typ == 16 and length >= 32:          # RTM_NEWLINK
                index, flags = struct.unpack_from("iI", data, off + 20)
                for ifname, seg, _ in self.ports:
                    if self.kernel and self.index.get(ifname) == index:
                        ifp = self.kernel.ifs[ifname]
                        if ifp.up or flags & 1:
                            if flags & 1:           # IFF_UP, else the carrier says nothing
                                self.kernel.set_link(ifname, bool(flags & 0x10000), now_us())
            off += (length + 3) & ~3

    def on_accept(self, s, *_):
        c, _a = s.accept()
        self.sel.register(c, selectors.EVENT_READ, (self.on_client, bytearray(), None))

    def on_client(self, c, buf, _):
        try:
            data = c.recv(1 << 20)
        except OSError:
            data = b""
        if not data:
            self.sel.unregister(c)
            c.close()
            return
        buf += data
        while b"\n" in buf:
            line, _, rest = bytes(buf).partition(b"\n")
            buf[:] = rest
            try:
                reply = self.serve(json.loads(line))
            except Exception as e:      # a bug in the emulation must not end the host
                import traceback
                self.console(traceback.format_exc())
                reply = {"rc": 70, "out": "", "err": "lab: internal error: %r\n" % e, "error": repr(e)}
            self.drain()
            try:
                c.setblocking(True)
                c.sendall(json.dumps(reply).encode() + b"\n")
            except OSError:
                pass
            if reply.get("quit"):
                self.finished = True

    def drain(self):
        """Tasks and timers that are due."""
        for _ in range(1000):
            if self.tasks:
                k = self.tasks.pop(0)
                if k is self.kernel and k is not None:
                    k.engine.run_task(now_us())
            elif self.kernel is None or not self.kernel.engine.fire_next(now_us()):
                return

    def run(self):
        os.chdir(self.dir)
        for f in ("kernel.sock", "ucarp.fifo"):
            try:
                os.unlink(f)
            except OSError:
                pass
        ls = socket.socket(socket.AF_UNIX)
        ls.bind("kernel.sock")
        ls.listen(64)
        self.sel.register(ls, selectors.EVENT_READ, (self.on_accept, None, None))
        nl = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        nl.bind((0, 1))
        self.sel.register(nl, selectors.EVENT_READ, (self.on_netlink, None, None))
        self.index = {i: socket.if_nametoindex(i) for i, _, _ in self.ports}
        if self.ucarp:
            os.mkfifo("ucarp.fifo")
            fd = os.open("ucarp.fifo", os.O_RDWR | os.O_NONBLOCK)
            self.sel.register(fd, selectors.EVENT_READ, (self.on_ucarp, None, None))
            for w in ("up", "down"):
                with open("ucarp-event-" + w, "w") as f:
                    f.write("#!/bin/sh\nprintf '%%s %s\\n' \"$3\" >'%s/ucarp.fifo'\n" % (w, self.dir))
                os.chmod("ucarp-event-" + w, 0o755)
        self.finished = False
        next_poll = 0.0
        while not self.finished:
            wait = max(0.0, next_poll - time.monotonic())
            if self.events:
                wait = min(wait, max(0.0, self.events[0][0] - time.monotonic()))
            if self.kernel is not None:
                d = self.kernel.engine.next_deadline()
                if d is not None:
                    wait = min(wait, max(0.0, (d[0] - now_us()) / 1e6))
            for key, _ in self.sel.select(wait):
                fn, a, b = key.data
                fn(key.fileobj, a, b)
            self.drain()
            t = time.monotonic()
            while self.events and self.events[0][0] <= t:
                _, fn, args = self.events.pop(0)
                fn(*args)
            if t >= next_poll:
                next_poll = t + 0.1
                self.poll_faults()
                if self.init is not None and self.init.poll() is not None and self.power != "off":
                    self.off(why="init died")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    host = Host(os.path.abspath(sys.argv[1]), sys.argv[2])
    try:
        host.run()
    finally:
        host.off(why="lab process ended")
        host.ip_sync()
