"""Faults and the command log of a lab host (see the README: faults.json).

It runs before every command of every host: what takes long to import is imported where it is needed, and JSON is read and
written by the C parts of the json module alone.
"""
import _json
import _socket
import fcntl
import os
import sys
import time

CTL = "/.lab/ctl"


class Scanner:
    """What the C scanner asks of a JSON decoder."""
    strict, object_hook, object_pairs_hook = True, None, None
    parse_float, parse_int, parse_constant = float, int, float
    memo = {}


def loads(text):
    """The value of a JSON text."""
    text = text.strip()
    try:
        value, end = _json.make_scanner(Scanner)(text, 0)
    except StopIteration:
        raise ValueError("no JSON value")
    if end != len(text):
        raise ValueError("text after the JSON value")
    return value


def strings(values):
    """Command lines as they can be written to a log, in JSON."""
    return ", ".join(_json.encode_basestring_ascii(v.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
                     for v in values)


def log(name, args):
    try:
        line = "[%.3f, %s]" % (time.time(), strings([name] + args))
        fd = os.open(CTL + "/commands.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(fd, line.encode() + b"\n")
        os.close(fd)
    except OSError:
        pass


def ask(line):
    """Hands a JSON line to the host's kernel; its answer."""
    s = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    s.connect(CTL + "/kernel.sock")
    s.sendall(line.encode() + b"\n")
    data = b""
    while not data.endswith(b"\n"):
        part = s.recv(1 << 20)
        if not part:
            break
        data += part
    return data.decode()


def request(**req):
    import json
    return ask(json.dumps(req))


def rules():
    try:
        with open(CTL + "/faults.json") as f:
            data = loads(f.read())
    except (OSError, ValueError):
        return []
    if isinstance(data, list):
        return data
    lst = data.get("rules", [])
    # recording counts like a fault that never strikes
    return lst if lst or not data.get("record") else [{"match": "@record"}]


def matches(name, pattern):
    if name == pattern or not set("*?[") & set(pattern):
        return name == pattern
    import fnmatch
    return fnmatch.fnmatchcase(name, pattern)


def pick(name, args, lst):
    """The first rule that strikes for this command; counts in faults.state."""
    fd = os.open(CTL + "/faults.state", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        try:
            st = loads(os.read(fd, 1 << 20).decode() or "{}")
        except ValueError:
            st = {}
        if not name.startswith("@"):
            st["count"] = st.get("count", 0) + 1
            with open(CTL + "/counted.log", "a") as f:
                f.write("[%d, %s]\n" % (st["count"], strings([name] + args)))
        text = " ".join(args)
        hit = None
        for i, r in enumerate(lst):
            if "match" in r:
                if not matches(name, r["match"]):
                    continue
            elif name.startswith("@"):
                continue
            if "args" in r and not __import__("re").search(r["args"], text):
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
        os.write(fd, ("{%s}" % ", ".join('"%s": %d' % item for item in st.items())).encode())
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
            os.kill(p, 9)
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


def main(name, args):
    """For the tools that are no Python: ends with 0 = go on, 199 = `afterwards` has work, 200+N = the command fails with N."""
    lst = rules()
    if lst:
        r = pick(name, args, lst)
        if r is not None:
            if r.get("when") == "after":
                import json
                with open(CTL + "/after.%d" % os.getppid(), "w") as f:
                    json.dump(r, f)
                sys.exit(199)
            rc = strike(r, name)
            if rc is not None:
                sys.exit(200 + min(rc, 55))
    sys.exit(0)


def afterwards(name):
    path = CTL + "/after.%d" % os.getppid()
    rule = loads(open(path).read())
    os.unlink(path)
    code = strike(rule, name)
    sys.exit(0 if code is None else 200 + min(code, 55))
