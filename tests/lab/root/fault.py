"""Faults and the command log of a lab host (see the README: faults.json).

As a program: fault.py NAME ARGS...   exit 0 = go on, 200+N = the command fails with N
"""
import fcntl
import fnmatch
import json
import os
import re
import signal
import socket
import sys
import time

CTL = "/.lab/ctl"


def printable(text):
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def log(name, args):
    try:
        line = json.dumps([round(time.time(), 3), name] + [printable(a) for a in args])
        fd = os.open(CTL + "/commands.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(fd, line.encode() + b"\n")
        os.close(fd)
    except OSError:
        pass


def request(**req):
    s = socket.socket(socket.AF_UNIX)
    s.connect(CTL + "/kernel.sock")
    s.sendall(json.dumps(req).encode() + b"\n")
    return s.recv(65536)


def rules():
    try:
        with open(CTL + "/faults.json") as f:
            data = json.load(f)
    except (OSError, ValueError):
        return []
    if isinstance(data, list):
        return data
    lst = data.get("rules", [])
    # recording counts like a fault that never strikes
    return lst if lst or not data.get("record") else [{"match": "@record"}]


def pick(name, args, lst):
    """The first rule that strikes for this command; counts in faults.state."""
    fd = os.open(CTL + "/faults.state", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        try:
            st = json.loads(os.read(fd, 1 << 20) or b"{}")
        except ValueError:
            st = {}
        if not name.startswith("@"):
            st["count"] = st.get("count", 0) + 1
            line = json.dumps([st["count"], name] + [printable(a) for a in args])
            with open(CTL + "/counted.log", "a") as f:
                f.write(line + "\n")
        text = " ".join(args)
        hit = None
        for i, r in enumerate(lst):
            if "match" in r:
                if not fnmatch.fnmatchcase(name, r["match"]):
                    continue
            elif name.startswith("@"):
                continue
            if "args" in r and not re.search(r["args"], text):
                continue
            if "command" in r and st.get("count", 0) < r["command"]:
                continue
            key = "r%d" % i
            seen = st[key] = st.get(key, 0) + 1
            first = r.get("nth", 1)
            if seen < first or seen >= first + r.get("times", 1 if "command" in r or "nth" in r else 1 << 30):
                continue
            hit = hit or r
        os.lseek(fd, 0, 0)
        os.ftruncate(fd, 0)
        os.write(fd, json.dumps(st).encode())
        return hit
    finally:
        os.close(fd)


def drop_ssh():
    pid, found = os.getpid(), []
    while pid > 1:
        try:
            stat = open("/proc/%d/stat" % pid).read()
        except OSError:
            break
        comm = stat[stat.index("(") + 1:stat.rindex(")")]
        ppid = int(stat[stat.rindex(")") + 2:].split()[1])
        if comm == "sshd":
            found.append(pid)
        pid = ppid
    for p in found[:-1]:                    # the last one is the listener
        try:
            os.kill(p, signal.SIGKILL)
        except OSError:
            pass


def strike(r, name):
    act = r.get("action", "fail")
    request(op="event", fields=dict(fault=act, command=name))
    if act == "hang":
        time.sleep(float(r.get("seconds", 3600)))
        return None
    if act == "fail":
        text = r.get("stderr", "%s: injected failure" % name)
        if text:
            sys.stderr.write(text + "\n")
        return int(r.get("rc", 1))
    if act == "crash":
        request(op="crash", silent=bool(r.get("silent")))
        time.sleep(3600)
    if act == "reboot":
        request(op="reboot")
        time.sleep(3600)
    if act == "drop_ssh":
        drop_ssh()
        if r.get("and_fail"):
            return 255
        return None
    if act in ("disk_full", "readonly"):
        request(op="condition", disk_full=act == "disk_full", readonly=[r.get("path", "/etc")] if act == "readonly" else [])
        return None
    if act == "wait":
        end = time.monotonic() + float(r.get("seconds", 30))
        while time.monotonic() < end and not os.path.exists(CTL + "/go"):
            time.sleep(0.005)
        return None
    if act == "freeze_ssh":
        request(op="mgmt", up=False)
        return None
    return None


def check(name, args):
    """For the Python commands: returns a function to call afterwards, or None."""
    if "LAB_RC" in os.environ:              # the boot itself is neither counted nor disturbed
        return None
    log(name, args)
    lst = rules()
    if not lst:
        return None
    r = pick(name, args, lst)
    if r is None:
        return None
    if r.get("when") == "after":
        def later():
            rc = strike(r, name)
            if rc is not None:
                sys.stdout.flush()
                sys.exit(rc)
        return later
    rc = strike(r, name)
    if rc is not None:
        sys.exit(rc)
    return None


def main():
    name, args = sys.argv[1], sys.argv[2:]
    lst = rules()
    if lst:
        r = pick(name, args, lst)
        if r is not None:
            if r.get("when") == "after":
                with open(CTL + "/after.%d" % os.getppid(), "w") as f:
                    json.dump(r, f)
                sys.exit(199)
            rc = strike(r, name)
            if rc is not None:
                sys.exit(200 + min(rc, 55))
    sys.exit(0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--after"]:
        path = CTL + "/after.%d" % os.getppid()
        rule = json.load(open(path))
        os.unlink(path)
        code = strike(rule, sys.argv[2])
        sys.exit(0 if code is None else 200 + min(code, 55))
    main()
