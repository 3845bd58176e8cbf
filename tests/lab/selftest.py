"""lab selftest: builds labs of both families and checks them against what CARP must do.

Prints one PASS or FAIL line per check and the measured fail-over times.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
import carpproto as cp          # noqa: E402

HERE = os.path.dirname(os.path.realpath(__file__))
LAB = os.path.join(HERE, "lab")
lock = threading.Lock()
results = []


class Group:
    def __init__(self, name):
        self.name = name
        self.dir = tempfile.mkdtemp(prefix="carp-lab-%s-" % name)

    def lab(self, *args, rc=0, timeout=60):
        p = subprocess.run([LAB, "--dir", self.dir] + [str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, timeout=timeout, stdin=subprocess.DEVNULL)
        if rc is not None and p.returncode != rc:
            raise AssertionError("lab %s: exit %d, %s" % (" ".join(map(str, args)), p.returncode, p.stderr.strip()))
        return p.stdout

    def ssh(self, host, command, script=None, timeout=30):
        p = subprocess.run(["ssh", "-F", self.dir + "/ssh_config", host, command], input=script, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, timeout=timeout, **({} if script else {"stdin": subprocess.DEVNULL}))
        return p

    def masters(self):
        return json.loads(self.lab("masters"))

    def state(self, host):
        return json.loads(self.lab("status", "--json"))[host]

    def until(self, want, seconds, what):
        end = time.monotonic() + seconds
        got = None
        while time.monotonic() < end:
            got = self.masters()
            if got == want:
                return
            time.sleep(0.05)
        raise AssertionError("%s: masters %s instead of %s" % (what, got, want))

    def events(self, since):
        return [json.loads(x) for x in self.lab("events", "--since", repr(since)).splitlines()]

    def became(self, host, vhid, state, since):
        return next((e["t"] for e in self.events(since) if e["host"] == host and e.get("vhid") == vhid
                     and e.get("new") == state), None)

    def crashed(self, host, since):
        """When the power went off: the command that does it takes its time on a busy machine."""
        return next(e["t"] for e in self.events(since) if e["host"] == host and e.get("power") == "off")

    def check(self, text, fn):
        t = time.monotonic()
        try:
            note = fn()
            ok = True
        except Exception as e:
            ok, note = False, "%s: %s" % (type(e).__name__, e)
        with lock:
            results.append(ok)
            print("%s %s: %s%s (%.1f s)" % ("PASS" if ok else "FAIL", self.name, text, " - %s" % note if note else "",
                                           time.monotonic() - t), flush=True)

    def close(self):
        try:
            self.lab("down", rc=None)
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)


def need(cond, text):
    if not cond:
        raise AssertionError(text)


def near(value, low, high, what):
    need(value is not None and low <= value <= high, "%s %s not in %.2f..%.2f" % (what, value, low, high))
    return "%s %.2f s" % (what, value)


def adverts(path):
    """The CARP packets of a pcap file: (time, source MAC, ttl, fields)."""
    data = open(path, "rb").read()
    out, off = [], 24
    while off + 16 <= len(data):
        sec, usec, cap, _ = (int.from_bytes(data[off + i:off + i + 4], "little") for i in (0, 4, 8, 12))
        f = data[off + 16:off + 16 + cap]
        off += 16 + cap
        if f[12:14] == b"\x08\0" and f[23] == 112:
            fields, _ = cp.parse(f[34:70])
            if fields:
                out.append((sec + usec / 1e6, f[6:12], f[22], fields, f[14:34]))
    return out


LIVE = ("ifconfig em0 inet 192.0.2.1/32 alias vhid 1 advskew %d pass secret && "
        "ifconfig em0 inet 192.0.2.100/32 alias vhid 2 advskew %d pass secret && sysctl net.inet.carp.preempt=1")


def modern(g):
    pcap = os.path.join(g.dir, "lan.pcap")

    def up():
        g.lab("up", "--hosts", "a,b", "--segments", "lan,dmz", "--boot-delay", "0.3")

    def login():
        p = g.ssh("a", "uname -sr; id -u; echo $SHELL")
        need(p.stdout == "FreeBSD 14.3-RELEASE\n0\n/bin/sh\n", repr(p.stdout + p.stderr))

    def nomodule():
        p = g.ssh("a", "ifconfig em0 inet 192.0.2.1/32 alias vhid 1 pass x")
        need(p.returncode == 1 and "Protocol not supported" in p.stderr, p.stderr)
        p = g.ssh("a", "sysctl net.inet.carp.preempt")
        need(p.returncode == 1 and "unknown oid" in p.stderr, p.stderr)
        for h in "ab":
            need(g.ssh(h, "kldload carp && kldstat -q -m carp").returncode == 0, "kldload")

    def grammar():
        for cmd, text in (("ifconfig em0 vhid 256 192.0.2.9/32 alias", "less than 255"),
                          ("ifconfig em0 advskew 1 vhid 1", "advskew requires vhid"),
                          ("ifconfig em0 inet 192.0.2.9/32 vhid 1 passwd x alias", "passwd: bad value"),
                          ("ifconfig em9", "does not exist"), ("ifconfig carp0 create", "SIOCIFCREATE2"),
                          ("sysctl net.inet.carp.arpbalance", "unknown oid"), ("cp --help", "illegal option"),
                          ("sed -i s/a/b/ /etc/motd", "sed")):
            p = g.ssh("a", cmd)
            need(p.returncode != 0 and text in p.stderr, "%s: %d %s" % (cmd, p.returncode, p.stderr))

    def elect():
        g.lab("capture", "lan", pcap, "--background")
        t = time.monotonic()
        for h, s in (("a", (0, 100)), ("b", (100, 0))):
            p = g.ssh(h, LIVE % s)
            need(p.returncode == 0, p.stderr)
        g.until({"1": ["a"], "2": ["b"]}, 6, "election")
        return near(g.became("a", 1, "MASTER", t) - g.became("a", 1, "BACKUP", t), 2.98, 3.1, "first election")

    def shown():
        out = g.ssh("b", "ifconfig em0").stdout
        need("\tcarp: BACKUP vhid 1 advbase 1 advskew 100\n\t      peer 224.0.0.18 peer6 ff02::12\n" in out and
             "\tinet 192.0.2.1 netmask 0xffffffff broadcast 192.0.2.1 vhid 1\n" in out, out)
        need(json.loads(g.lab("arp", "lan", "192.0.2.1"))[0]["mac"] == "00:00:5e:00:01:01", "virtual MAC")
        need(len(json.loads(g.lab("arp", "lan", "192.0.2.100"))) == 1, "one answer")
        p = subprocess.run([LAB, "--dir", g.dir, "client", "/usr/bin/python3", "-c",
                            "import socket; s=socket.create_connection(('192.0.2.1',22),3); print(s.recv(7))"],
                           stdout=subprocess.PIPE, text=True)
        need("SSH-2.0" in p.stdout, "connection to the VIP")

    def crash():
        t = time.monotonic()
        g.lab("crash", "a")
        p = g.ssh("a", "true")
        need(p.returncode == 255, "sshd of a crashed host answers")
        g.until({"1": ["b"], "2": ["b"]}, 6, "failover")
        took = g.became("b", 1, "MASTER", t) - g.crashed("a", t)
        time.sleep(1.5)
        g.lab("capture", "--stop")
        ads = [x for x in adverts(pcap) if x[3]["vhid"] == 1]
        last = max(x[0] for x in ads if x[3]["advskew"] == 0)
        gap = min(x[0] for x in ads if x[3]["advskew"] == 100 and x[0] > last) - last
        for _, mac, ttl, f, ip in ads:
            need(mac == cp.vmac(1) and ttl == 255 and ip[1] == 0xe0, "frame")
            need(cp.digest(b"secret", 1, [(4, bytes((192, 0, 2, 1)))], f["counter"]) == f["mac"], "hmac on the wire")
        near(took, 2.3, 3.6, "fail-over after the crash")
        near(gap, 3.38, 3.5, "gap")
        return "%.2f s after the crash, %.3f s after the last advertisement (3*1+100/256 = 3.391)" % (took, gap)

    def boot():
        for h, s in (("a", (0, 100)), ("b", (100, 0))):
            script = ("printf '%%s\\n' 'ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew %d pass secret\"' "
                      "'ifconfig_em0_alias1=\"inet 192.0.2.100/32 vhid 2 advskew %d pass secret\"' >>/etc/rc.conf\n"
                      "echo net.inet.carp.preempt=1 >>/etc/sysctl.conf\necho 'carp_load=\"YES\"' >/boot/loader.conf\n" % s)
            if h == "a":
                g.lab("boot", "a")
            p = g.ssh(h, "sh -s", script)
            need(p.returncode == 0, p.stderr)
        mon = os.path.join(g.dir, "mon.jsonl")
        m = threading.Thread(target=g.lab, args=("monitor", "7", "--out", mon))
        m.start()
        time.sleep(0.3)
        t = time.monotonic()
        g.lab("reboot", "a")
        g.until({"1": ["a"], "2": ["b"]}, 8, "preemption")
        back = g.became("a", 1, "MASTER", t) - g.became("a", 1, "BACKUP", t)
        m.join()
        s = json.loads(g.lab("summary", mon))
        need(s["lan:1"]["no_master"] < 0.1 and s["lan:1"]["multi_master"] < 0.1, json.dumps(s["lan:1"]))
        return near(back, 0.0, 1.45, "preemption from rc.conf after boot")

    def partition():
        t = time.monotonic()
        g.lab("partition", "b", "lan", "on")
        g.until({"1": ["a", "b"], "2": ["a", "b"]}, 6, "split")
        split = g.became("b", 1, "MASTER", t) - t
        need(len(json.loads(g.lab("arp", "lan", "192.0.2.1"))) == 1, "partitioned host still answers")
        t = time.monotonic()
        g.lab("partition", "b", "lan", "off")
        g.until({"1": ["a"], "2": ["b"]}, 4, "heal")
        heal = g.became("b", 1, "BACKUP", t) - t
        return "two masters after %.2f s, one %.2f s after healing" % (split, heal)

    def password():
        g.ssh("b", "ifconfig em0 vhid 1 pass wrong")
        g.until({"1": ["a", "b"], "2": ["b"]}, 6, "mismatch")
        out = g.ssh("b", "netstat -s -p carp").stdout
        n = int(re.search(r"(\d+) discarded packets? for bad auth", out).group(1))
        need(n > 0, out)
        g.ssh("b", "ifconfig em0 vhid 1 pass secret")
        g.until({"1": ["a"], "2": ["b"]}, 4, "repaired")
        return "two masters, %d packets with bad authentication" % n

    def link():
        t = time.monotonic()
        g.lab("link", "a", "em0", "down")
        g.until({"1": ["b"], "2": ["b"]}, 6, "link down")
        st = g.state("a")
        need(st["demotion"] == 480 and all(v["state"] == "INIT" for v in st["vhids"]), json.dumps(st))
        need("status: no carrier" in g.ssh("a", "ifconfig em0").stdout, "carrier")
        took = g.became("b", 1, "MASTER", t) - t
        g.lab("link", "a", "em0", "up")
        g.until({"1": ["a"], "2": ["b"]}, 6, "link up")
        need(g.state("a")["demotion"] == 0, "demotion left")
        return "peer took over after %.2f s" % took

    def demotion():
        t = time.monotonic()
        p = g.ssh("a", "sysctl net.inet.carp.demotion=240")
        need(p.stdout == "net.inet.carp.demotion: 0 -> 240\n", p.stdout)
        g.until({"1": ["b"], "2": ["b"]}, 2, "demotion")
        off = next(e["t"] for e in g.events(t) if "demoted by 240 to 240 (sysctl)" in e.get("kmsg", ""))
        took = g.became("b", 1, "MASTER", t) - off
        g.ssh("a", "sysctl net.inet.carp.demotion=-240")
        g.until({"1": ["a"], "2": ["b"]}, 4, "undo")
        return near(took, 0, 0.1, "planned hand-over")

    def reapply():
        t = time.monotonic()
        g.ssh("a", "ifconfig em0 inet 192.0.2.1/32 alias vhid 1")
        new = [e["new"] for e in g.events(t) if e["host"] == "a" and e.get("vhid") == 1]
        need(new[:2] == ["INIT", "BACKUP"], "re-adding an address must bounce the vhid: %s" % new)
        g.until({"1": ["a"], "2": ["b"]}, 6, "after the bounce")
        g.ssh("b", "ifconfig em0 inet 192.0.2.1 -alias")
        need(not [v for v in g.state("b")["vhids"] if v["vhid"] == 1], "vhid outlives its last address")
        need(g.ssh("b", "ifconfig em0 inet 192.0.2.1/32 alias vhid 1 advskew 100 pass secret").returncode == 0, "add again")

    def faults():
        g.lab("fault", "a", "set", json.dumps({"rules": [
            {"match": "ifconfig", "args": "vhid 9", "action": "fail", "rc": 3, "stderr": "boom"},
            {"match": "touch", "action": "hang", "seconds": 1.2}, {"match": "hostname", "nth": 2, "action": "drop_ssh"},
            {"match": "rm", "action": "fail", "when": "after", "rc": 9}]}))
        p = g.ssh("a", "ifconfig em0 vhid 9")
        need((p.returncode, p.stderr) == (3, "boom\n"), repr(p))
        t = time.monotonic()
        g.ssh("a", "touch /var/tmp/x")
        need(time.monotonic() - t > 1.2, "no hang")
        p = g.ssh("a", "rm /var/tmp/x")
        need(p.returncode == 9 and g.ssh("a", "test -e /var/tmp/x").returncode == 1, "fail after the work")
        p = g.ssh("a", "hostname; hostname; sleep 1; echo late")
        need(p.returncode == 255 and p.stdout == "a\n", repr(p))
        g.lab("fault", "a", "set", '{"disk_full": true}')
        p = g.ssh("a", "dd if=/dev/zero of=/etc/big bs=64k count=8; rm /etc/big")
        need("No space left" in p.stderr, p.stderr)
        g.lab("fault", "a", "set", '{"readonly": ["/etc"]}')
        p = g.ssh("a", "sysrc foo=bar; echo >/var/tmp/ok")
        need("Read-only" in p.stderr and "ok" not in p.stderr, p.stderr)
        g.lab("fault", "a", "clear")
        need(g.ssh("a", "echo >/etc/probe && rm /etc/probe").returncode == 0, "/etc stays read-only")
        need(g.ssh("a", "sysrc foo=bar").stdout == "foo:  -> bar\n", "after the faults")
        g.ssh("a", "sysrc -x foo")
        g.lab("fault", "a", "set", '{"rules": [{"command": 2, "action": "crash"}]}')
        need(g.ssh("a", "hostname; hostname; hostname").returncode == 255, "crash at command 2")
        need(g.state("a")["power"] == "off", "still on")
        g.lab("fault", "a", "clear")
        g.lab("boot", "a")

    def conditions():
        g.lab("fault", "a", "set", json.dumps({"rules": [{"command": 2, "action": "readonly", "path": "/etc"}]}))
        p = g.ssh("a", "touch /etc/p1; touch /etc/p2; rm /etc/p1")
        need(p.stderr.count("Read-only") == 2, p.stderr)
        g.lab("fault", "a", "set", json.dumps({"rules": [{"command": 2, "action": "disk_full"}]}))
        p = g.ssh("a", "dd if=/dev/zero of=/etc/p2 bs=64k count=2; dd if=/dev/zero of=/etc/p3 bs=64k count=2")
        need(p.stderr.count("No space left") == 1, p.stderr)
        g.lab("fault", "a", "set", '{"record": true}')
        g.ssh("a", "rm -f /etc/p1 /etc/p2 /etc/p3; hostname")
        counted = [json.loads(x) for x in open(os.path.join(g.dir, "a/counted.log"))]
        need(counted[-2:] == [[1, "rm", "-f", "/etc/p1", "/etc/p2", "/etc/p3"], [2, "hostname"]], json.dumps(counted))
        g.lab("fault", "a", "set", json.dumps({"rules": [{"match": "hostname", "action": "wait", "seconds": 20}]}))
        p = subprocess.Popen(["ssh", "-F", g.dir + "/ssh_config", "a", "hostname"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        time.sleep(1)
        need(p.poll() is None, "did not wait")
        open(os.path.join(g.dir, "a/go"), "w").close()
        p.communicate(timeout=10)
        need(p.returncode == 0, "did not go on")
        g.lab("fault", "a", "clear")

    def reset():
        g.lab("save")
        g.ssh("a", "echo new >/etc/motd; rm /etc/sysctl.conf; sysctl net.inet.carp.demotion=7")
        g.lab("crash", "b")
        g.lab("link", "a", "em0", "down")
        g.lab("partition", "b", "lan", "on")
        g.lab("fault", "a", "set", '{"disk_full": true}')
        t = time.monotonic()
        g.lab("reset")
        took = time.monotonic() - t
        p = g.ssh("a", "cat /etc/motd; ls /etc/sysctl.conf; sysctl net.inet.carp.demotion; dd if=/dev/zero of=/etc/p bs=64k count=2 && rm /etc/p")
        need(p.returncode == 0 and p.stdout == "/etc/sysctl.conf\nnet.inet.carp.demotion: 0\n", p.stdout + p.stderr)
        g.until({"1": ["a"], "2": ["b"]}, 6, "election after the reset")
        return near(took, 0.1, 5, "reset of two hosts")

    def files():
        path = os.path.join(g.dir, "probe")
        with open(path, "w") as f:
            f.write("one\n")
        for opt in ([], ["-O"]):
            subprocess.run(["scp", "-q", "-F", g.dir + "/ssh_config"] + opt + [path, "a:/root/probe"], check=True)
        p = g.ssh("a", "sh -s", "stat -f '%Lp %z' /root/probe\nsed -i '' s/one/two/ /root/probe\ncat /root/probe\n"
                  "f=$(mktemp -t x) && install -m 600 /root/probe $f && stat -f %Lp $f\nsha256 -q /root/probe | wc -c\n"
                  "daemon -f -p /var/run/d.pid sleep 50 && sleep 0.3 && kill $(cat /var/run/d.pid) && date -u -r 0 +%Y\n")
        need(re.sub(r" +", "", p.stdout) == "6444\n" "two\n600\n65\n1970\n" or p.stdout.split() ==
             ["644", "4", "two", "600", "65", "1970"], p.stdout + p.stderr)

    def badboot():
        g.ssh("a", "cp /etc/rc.conf /etc/rc.conf.good && sed -i '' 's/ vhid 1 / vihd 1 /' /etc/rc.conf")
        g.lab("reboot", "a")
        g.until({"1": ["b"], "2": ["b"]}, 5, "broken rc.conf")
        need("bad value" in open(os.path.join(g.dir, "a/console.log")).read(), "console")
        # a hex digit and a hyphen in a password: both VIPs get lost in the range expansion
        g.ssh("a", "sed -i '' 's/secret/ab-cd/;s/ vihd / vhid /' /etc/rc.conf")
        g.lab("reboot", "a")
        need(not g.state("a")["vhids"] and g.masters() == {"1": ["b"], "2": ["b"]}, "hyphen in an alias")
        shutil.copy(os.path.join(g.dir, "a/root/etc/rc.conf.good"), os.path.join(g.dir, "a/root/etc/rc.conf"))
        g.lab("reboot", "a")
        g.until({"1": ["a"], "2": ["b"]}, 6, "good rc.conf")

    g.check("a lab of two hosts comes up (freebsd-14)", up)
    for text, fn in (("ssh logs in as root without a prompt", login), ("without the module CARP is refused", nomodule),
                     ("errors of ifconfig, sysctl and tools", grammar), ("mirrored pair with live commands", elect),
                     ("ifconfig output, ARP and traffic to the VIP", shown), ("crash of the master", crash),
                     ("rc.conf, sysctl.conf and loader.conf, preemption after a reboot", boot),
                     ("partition: two masters, heal: one", partition), ("password mismatch", password),
                     ("link down and up, demotion", link), ("sysctl net.inet.carp.demotion", demotion),
                     ("adding an existing address again, removing one", reapply), ("injected faults", faults),
                     ("faults from a command on, recording, waiting", conditions), ("file tools and scp", files),
                     ("wrong files show after a reboot", badboot), ("saved disks and a reset", reset)):
        g.check(text, fn)


def legacy(g):
    def up():
        g.lab("up", "--hosts", "a,b,c", "--family", "freebsd-9", "--boot-delay", "0.3")

    def csh():
        p = g.ssh("a", "uname -r; echo x >/tmp/x 2>&1")
        need(p.returncode != 0 and "Ambiguous" in p.stderr, p.stdout + p.stderr)
        p = g.ssh("a", "/bin/sh -c 'uname -sr 2>&1'")
        need(p.stdout == "FreeBSD 9.3-RELEASE\n", p.stdout + p.stderr)

    def boot():
        for h, s in (("a", (0, 100)), ("b", (100, 0)), ("c", (200, 200))):
            script = ("cat >>/etc/rc.conf <<'X'\ncloned_interfaces=\"carp0 carp1\"\n"
                      "ifconfig_carp0=\"vhid 1 advskew %d pass secret 192.0.2.1/24\"\n"
                      "ifconfig_carp1=\"vhid 2 advskew %d pass secret 192.0.2.100/24\"\nX\n"
                      "echo net.inet.carp.preempt=1 >>/etc/sysctl.conf\necho 'if_carp_load=\"YES\"' >/boot/loader.conf\n"
                      "shutdown -r now\n" % s)
            p = g.ssh(h, "/bin/sh -s", script)
            need("Shutdown NOW!" in p.stdout, p.stdout + p.stderr)
        time.sleep(1)
        g.until({"1": ["a"], "2": ["b"]}, 10, "election")
        out = g.ssh("a", "ifconfig carp0").stdout
        need(re.match(r"carp0: flags=49<UP,LOOPBACK,RUNNING> metric 0 mtu 1500\n\tinet 192.0.2.1 netmask 0xffffff00\n", out) and
             "\tcarp: MASTER vhid 1 advbase 1 advskew 0\n" in out, out)

    def crash():
        t = time.monotonic()
        g.lab("crash", "a", "--silent")
        g.until({"1": ["b"], "2": ["b"]}, 6, "failover")
        took = g.became("b", 1, "MASTER", t) - g.crashed("a", t)
        g.lab("boot", "a")
        g.until({"1": ["a"], "2": ["b"]}, 6, "preemption")
        return near(took, 2.3, 3.6, "fail-over to the second of three")

    def bowout():
        t = time.monotonic()
        g.ssh("a", "ifconfig carp0 down")
        g.until({"1": ["b"], "2": ["b"]}, 2, "bow out")
        down = next(e["t"] for e in g.events(t) if e["host"] == "a" and e.get("new") == "INIT")
        took = min(e["t"] for e in g.events(t) if e.get("new") == "MASTER" and e["vhid"] == 1) - down
        g.ssh("a", "ifconfig carp0 up")
        g.until({"1": ["a"], "2": ["b"]}, 5, "back")
        return near(took, -0.05, 0.1, "take-over after the farewell")

    def balance():
        cmd = ("ifconfig carp2 create && ifconfig carp2 vhid 3 advskew %d pass x 192.0.2.50/24 && ifconfig carp3 create && "
               "ifconfig carp3 vhid 4 advskew %d pass x 192.0.2.50/24 && sysctl net.inet.carp.arpbalance=1")
        for h, s in (("a", (0, 100)), ("b", (100, 0))):
            need(g.ssh(h, "/bin/sh -c '%s'" % (cmd % s)).returncode == 0, "set-up")
        g.until({"1": ["a"], "2": ["b"], "3": ["a"], "4": ["b"]}, 6, "election")
        seen = set()
        for i in range(4):
            ans = json.loads(g.lab("arp", "lan", "192.0.2.50", "--sender", "192.0.2.%d" % (200 + i)))
            need([x["mac"] for x in ans] == ["00:00:5e:00:01:0%d" % (3 + i % 2)], json.dumps(ans))
            seen.add(ans[0]["mac"])
        need(len(seen) == 2, "both")

    g.check("a lab of three hosts comes up (freebsd-9)", up)
    for text, fn in (("root's shell is csh", csh), ("carp interfaces from rc.conf", boot), ("crash and preemption", crash),
                     ("ifconfig carp0 down bows out", bowout), ("arpbalance", balance)):
        g.check(text, fn)


def interop(g):
    def up():
        g.lab("up", "--hosts", "a,b", "--daemon", "b=ucarp", "--carp", "--boot-delay", "0.3")

    def elect():
        for h, s in (("a", 0), ("b", 100)):
            p = g.ssh(h, "sysctl net.inet.carp.preempt=1; ifconfig em0 inet 192.0.2.1/32 alias vhid 1 advskew %d pass secret" % s)
            need(p.returncode == 0, p.stderr)
        g.until({"1": ["a"]}, 6, "ucarp obeys")

    def over():
        t = time.monotonic()
        g.lab("crash", "a")
        g.until({"1": ["b"]}, 8, "ucarp takes over")
        took = g.became("b", 1, "MASTER", t) - g.crashed("a", t)
        g.lab("boot", "a")
        g.ssh("a", "sysctl net.inet.carp.preempt=1; ifconfig em0 inet 192.0.2.1/32 alias vhid 1 advskew 0 pass secret")
        g.until({"1": ["a"]}, 8, "back from ucarp")
        time.sleep(1)
        need(g.state("a")["stats"]["badauth"] == 0 and g.state("a")["stats"]["ipackets"] > 0, "authentication")
        return near(took, 2.3, 4.8, "fail-over to ucarp")

    if not shutil.which("ucarp"):
        print("SKIP ucarp: not installed")
        return
    g.check("a lab with a real ucarp comes up", up)
    g.check("ucarp accepts advertisements of carpd", elect)
    g.check("ucarp takes over, carpd preempts it", over)


def offline(g):
    def vectors():
        for key, vhid, addrs, counter, want in (
                (b"mekmitasdigoat", 1, ["192.168.1.1"], 0x0123456789abcdef, "6dde1abd2d604dbb93a53897d7275ee19c3fe9a9"),
                (b"", 1, ["192.0.2.1"], 0, "bbe88f01caf95b48d25fe8f2a7166f4d7a474ff0")):
            a = [(4, bytes(map(int, x.split(".")))) for x in addrs]
            need(cp.digest(key, vhid, a, counter).hex() == want, "digest")
        mac = bytes.fromhex("6dde1abd2d604dbb93a53897d7275ee19c3fe9a9")
        need(cp.build(1, 1, 100, 0x0123456789abcdef, mac).hex().startswith("21016407000150ea0123456789abcdef"), "packet")

    def traces():
        path = os.environ.get("LAB_TRACES", "")
        p = subprocess.run([sys.executable, os.path.join(HERE, "tracecheck.py"), path], stdout=subprocess.PIPE, text=True)
        need(p.returncode == 0, p.stdout[-400:])
        return p.stdout.strip()

    g.check("authentication and packet vectors", vectors)
    if os.environ.get("LAB_TRACES"):
        g.check("recorded kernel traces", traces)


def left_over():
    ns = subprocess.run(["ip", "netns", "list"], stdout=subprocess.PIPE, text=True).stdout
    mounts = open("/proc/self/mounts").read()
    return ns, mounts


def main(names):
    t = time.monotonic()
    todo = [("offline", offline), ("freebsd-14", modern), ("freebsd-9", legacy), ("ucarp", interop)]
    todo = [x for x in todo if not names or x[0] in names]
    groups = [(Group(n), fn) for n, fn in todo]

    def run(g, fn):
        try:
            fn(g)
        finally:
            ids = None
            try:
                ids = json.load(open(os.path.join(g.dir, "lab.json")))["id"]
            except OSError:
                pass
            g.close()
            if ids:
                def clean():
                    ns, mounts = left_over()
                    need("clab" + ids not in ns and g.dir not in mounts and not os.path.exists(g.dir), "left behind")
                    ps = subprocess.run(["ps", "-axo", "args"], stdout=subprocess.PIPE, text=True).stdout
                    need(g.dir not in ps, "processes left")
                g.check("nothing is left after lab down", clean)

    threads = [threading.Thread(target=run, args=x) for x in groups]
    for th in threads:
        th.start()
    for th in threads:
        th.join()
    bad = results.count(False)
    print("%s: %d checks, %d failed, %.0f s" % ("FAIL" if bad else "PASS", len(results), bad, time.monotonic() - t))
    return 1 if bad else 0
