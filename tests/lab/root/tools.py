"""Small tools whose FreeBSD form differs too much from the Linux one."""
import os
import sys
import time

import fault

NAME = os.path.basename(sys.argv[0])
ARGS = sys.argv[1:]
AFTER = fault.check(NAME, ARGS)
FAMILY = open("/.lab/ctl/family").read().strip()


def leave(rc=0):
    sys.stdout.flush()
    if AFTER:
        AFTER()
    sys.exit(rc)


def die(text, rc=1):
    sys.stderr.write(text if text.endswith("\n") else "%s: %s\n" % (NAME, text))
    leave(rc)


def getopt(spec, args):
    """FreeBSD getopt: stops at the first operand, no long options."""
    out, args = [], list(args)
    takes = {spec[i] for i in range(len(spec) - 1) if spec[i + 1] == ":"}
    known = set(spec) - {":"}
    while args and args[0].startswith("-") and args[0] != "-":
        a = args.pop(0)
        if a == "--":
            break
        j = 1
        while j < len(a):
            c = a[j]
            j += 1
            if c not in known:
                die("%s: illegal option -- %s\nusage: %s ...\n" % (NAME, c, NAME))
            if c in takes:
                if j < len(a):
                    out.append((c, a[j:]))
                elif args:
                    out.append((c, args.pop(0)))
                else:
                    die("%s: option requires an argument -- %s\n" % (NAME, c))
                break
            out.append((c, None))
    return out, args


def t_stat():
    opts, files = getopt("f:FHLlnqrst:x", ARGS)
    o = dict(opts)
    fmt = o.get("f")
    if fmt is None:
        fmt = "%d %i %Sp %l %Su %Sg %r %z \"%Sa\" \"%Sm\" \"%Sc\" \"%SB\" %k %b %#Xf %N"
    tf = o.get("t", "%b %e %H:%M:%S %Y")
    rc = 0
    import grp
    import pwd
    import re
    import stat as S

    def name(fn, i):
        try:
            return fn(i)[0]
        except KeyError:
            return str(i)

    for f in files:
        try:
            st = os.stat(f) if "L" in o else os.lstat(f)
        except OSError as e:
            if "q" not in o:
                sys.stderr.write("stat: %s: stat: %s\n" % (f, e.strerror))
            rc = 1
            continue

        def sub(m):
            flags, size, out, part, c = m.group(1), m.group(2), m.group(3), m.group(4), m.group(5)
            if c in "%nt@":
                return {"%": "%", "n": "\n", "t": "\t", "@": ""}[c]
            if c == "p":
                if out == "S":
                    v = S.filemode(st.st_mode)
                    v = {"L": v[7:], "M": v[4:7], "H": v[1:4], "": v}[part]
                else:
                    n = {"L": st.st_mode & 0o777, "M": st.st_mode >> 9 & 7, "H": st.st_mode >> 12, "": st.st_mode}[part]
                    v = "%d" % n if out == "D" else "%x" % n if out == "X" else "%o" % n
            elif c in "ug":
                i = st.st_uid if c == "u" else st.st_gid
                v = name(pwd.getpwuid if c == "u" else grp.getgrgid, i) if out == "S" else str(i)
            elif c in "amcB":
                t = {"a": st.st_atime, "m": st.st_mtime, "c": st.st_ctime, "B": st.st_mtime}[c]
                v = time.strftime(tf, time.localtime(t)) if out == "S" else "%.9f" % t if out == "F" else "%d" % t
            elif c == "z":
                v = str(st.st_size)
            elif c == "i":
                v = str(st.st_ino)
            elif c == "l":
                v = str(st.st_nlink)
            elif c == "d":
                v = str(st.st_dev)
            elif c == "r":
                v = str(st.st_rdev)
            elif c == "b":
                v = str(st.st_blocks)
            elif c == "k":
                v = "4096"
            elif c == "f":
                v = "0"
            elif c == "N":
                v = f
            elif c == "Y":
                v = os.readlink(f) if S.ISLNK(st.st_mode) else ""
            elif c == "T":
                k = "Directory" if S.ISDIR(st.st_mode) else "Symbolic Link" if S.ISLNK(st.st_mode) else "Regular File"
                v = k if part == "H" else {"Directory": "/", "Symbolic Link": "@", "Regular File": ""}[k]
            else:
                v = ""
            if size:
                v = v.zfill(int(size)) if "0" in flags else v.ljust(int(size)) if "-" in flags else v.rjust(int(size))
            return v

        text = re.sub(r"%([#+\-0 ]*)(\d*)(?:\.\d+)?([DOUXFS]?)([HML]?)([a-zA-Z%@])", sub, fmt)
        sys.stdout.write(text + ("" if "n" in o else "\n"))
    leave(rc)


def t_date():
    args, utc, fmt, base, infmt = list(ARGS), False, None, time.time(), None
    adjust = []
    while args:
        a = args.pop(0)
        if a.startswith("+"):
            fmt = a[1:]
        elif a == "-u":
            utc = True
        elif a == "-j" or a == "-n":
            pass
        elif a == "-ju" or a == "-uj":
            utc = True
        elif a == "-R":
            fmt = "%a, %d %b %Y %H:%M:%S %z"
        elif a.startswith("-I"):
            fmt = "%Y-%m-%d" if a[2:] in ("", "date") else "%Y-%m-%dT%H:%M:%S%z"
        elif a.startswith("-r"):
            v = a[2:] or (args.pop(0) if args else "")
            try:
                base = int(v, 0)
            except ValueError:
                try:
                    base = os.stat(v).st_mtime
                except OSError as e:
                    die("date: %s: %s\n" % (v, e.strerror))
        elif a.startswith("-v"):
            adjust.append(a[2:] or args.pop(0))
        elif a.startswith("-f") or a.startswith("-jf"):
            infmt = a.partition("f")[2] or args.pop(0)
            text = args.pop(0)
            try:
                base = time.mktime(time.strptime(text, infmt)) if not utc else __import__("calendar").timegm(
                    time.strptime(text, infmt))
            except ValueError:
                die("date: Failed conversion of ``%s'' using format ``%s''\n" % (text, infmt))
        elif a.startswith("-"):
            die("date: illegal option -- %s\nusage: date [-jnRu] [-I[FMT]] [-r filename|seconds] [-v[+|-]val[y|m|w|d|H|M|S]] "
                "... [-f input_fmt new_date | [[[[[cc]yy]mm]dd]HH]MM[.SS]] [+output_fmt]\n" % a[1:2])
        else:
            die("date: the lab does not set the clock\n")
    for v in adjust:
        import re
        m = re.match(r"^([+-])(\d+)([ymwdHMS])$", v)
        if not m:
            die("date: %s: Cannot apply date adjustment\n" % v)
        n = int(m.group(2)) * (1 if m.group(1) == "+" else -1)
        base += n * {"S": 1, "M": 60, "H": 3600, "d": 86400, "w": 604800, "m": 2592000, "y": 31536000}[m.group(3)]
    t = time.gmtime(base) if utc else time.localtime(base)
    fmt = fmt or "%a %b %e %H:%M:%S %Z %Y"
    fmt = fmt.replace("%N", "%09d" % (base % 1 * 1e9) if FAMILY != "freebsd-9" else "N")
    print(time.strftime(fmt, t).replace("GMT", "UTC") if utc else time.strftime(fmt, t))
    leave()


def t_mktemp():
    opts, rest = getopt("dp:qt:u" if FAMILY != "freebsd-9" else "dqt:u", ARGS)
    o = dict(opts)
    tmp = os.environ.get("TMPDIR") or o.get("p") or "/tmp"
    if "t" in o:
        rest.insert(0, "%s/%s.XXXXXXXX" % (tmp, o["t"]))
    elif not rest:
        if FAMILY == "freebsd-9":
            die("usage: mktemp [-d] [-q] [-t prefix] [-u] template ...\n       mktemp [-d] [-q] [-u] -t prefix \n")
        rest = ["%s/tmp.XXXXXXXX" % tmp]
    elif "p" in o:
        rest = [os.path.join(tmp, r) for r in rest]
    for r in rest:
        head = r.rstrip("X")
        alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        for _ in range(100):
            path = head + "".join(alphabet[b % 62] for b in os.urandom(len(r) - len(head)))
            try:
                if "d" in o:
                    os.mkdir(path, 0o700)
                else:
                    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
                break
            except FileExistsError:
                if head == r:
                    die("%s failed on %s: File exists" % ("mkdtemp" if "d" in o else "mkstemp", r))
            except OSError as e:
                if "q" not in o:
                    sys.stderr.write("mktemp: %s failed on %s: %s\n" % ("mkdtemp" if "d" in o else "mkstemp", r, e.strerror))
                leave(1)
        if "u" in o:
            os.rmdir(path) if "d" in o else os.unlink(path)
        print(path)
    leave()


def t_hash():
    import hashlib
    base = NAME[:-3] if NAME.endswith("sum") else NAME
    opts, files = getopt("c:pqrs:tx", ARGS) if not NAME.endswith("sum") else getopt("bctw", ARGS)
    o = dict(opts)
    if "s" in o:
        d = hashlib.new(base, os.fsencode(o["s"])).hexdigest()
        print(d if "q" in o else '%s ("%s") = %s' % (base.upper(), o["s"], d))
        leave()
    rc = 0
    if not files:
        print(hashlib.new(base, sys.stdin.buffer.read()).hexdigest() + ("  -" if NAME.endswith("sum") else ""))
        leave()
    for f in files:
        try:
            d = hashlib.new(base, open(f, "rb").read()).hexdigest()
        except OSError as e:
            sys.stderr.write("%s: %s: %s\n" % (NAME, f, e.strerror))
            rc = 1
            continue
        if "c" in o and not NAME.endswith("sum"):
            if d != o["c"].lower():
                rc = 2
            print(d if "q" in o else "%s (%s) = %s%s" % (base.upper(), f, d, " [ Failed ]" if rc == 2 else ""))
            continue
        print("%s  %s" % (d, f) if NAME.endswith("sum") else d if "q" in o else "%s %s" % (d, f) if "r" in o else
              "%s (%s) = %s" % (base.upper(), f, d))
    leave(rc)


def t_b64():
    import base64
    import re
    if NAME == "b64encode":
        opts, rest = getopt("mo:r", ARGS)
        data = open(rest[0], "rb").read() if len(rest) > 1 else sys.stdin.buffer.read()
        body = base64.encodebytes(data).decode()
        if not any(k == "r" for k, _ in opts):
            body = "begin-base64 644 %s\n%s====\n" % (rest[-1] if rest else "-", body)
        sys.stdout.write(body)
        leave()
    opts, rest = getopt("cimo:prs", ARGS)
    o = dict(opts)
    text = (open(rest[0]).read() if rest else sys.stdin.read())
    name = None
    if "r" not in o:
        m = re.search(r"begin-base64 (\d+) (\S+)\n(.*?)\n====", text, re.S)
        if not m:
            die("stdin: missing or bad \"begin\" line")
        name, text = m.group(2), m.group(3)
    try:
        data = base64.b64decode(text)
    except ValueError:
        die("stdin: error decoding base64 input stream")
    target = o.get("o") or (None if "p" in o or "r" in o else name)
    if target:
        open(target, "wb").write(data)
    else:
        sys.stdout.buffer.write(data)
    leave()


def t_daemon():
    opts, cmd = getopt("cfo:p:P:rR:St:T:u:m:s:l:H", ARGS)
    o = dict(opts)
    if not cmd:
        die("usage: daemon [-cfrS] [-p child_pidfile] [-P supervisor_pidfile] [-u user] [-o output_file] [-t title] "
            "[-l syslog_facility] [-s syslog_priority] [-T syslog_tag] [-m output_mask] command arguments ...\n")
    path = next((os.path.join(d, cmd[0]) for d in os.environ.get("PATH", "/bin:/usr/bin").split(":")
                 if os.access(os.path.join(d, cmd[0]), os.X_OK)), None) if "/" not in cmd[0] else cmd[0]
    sys.stdout.flush()
    if os.fork():
        os._exit(0)
    os.setsid()
    if "c" in o:
        os.chdir("/")
    if "f" in o or "o" in o:
        fd = os.open("/dev/null", os.O_RDWR)
        os.dup2(fd, 0)
        out = os.open(o["o"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if "o" in o else fd
        os.dup2(out, 1)
        os.dup2(out, 2)
    super_mode = "P" in o or "r" in o or "R" in o
    if "P" in o:
        open(o["P"], "w").write("%d" % os.getpid())
    while True:
        if not super_mode:
            if "p" in o:
                open(o["p"], "w").write("%d" % os.getpid())
            try:
                os.execvp(path or cmd[0], cmd)
            except OSError as e:
                sys.stderr.write("daemon: %s: %s\n" % (cmd[0], e.strerror))
                os._exit(1)
        import subprocess
        child = subprocess.Popen(cmd)
        if "p" in o:
            open(o["p"], "w").write("%d" % child.pid)
        child.wait()
        if "r" not in o and "R" not in o:
            break
        time.sleep(int(o.get("R", 1)))
    for k in "pP":
        if k in o:
            os.unlink(o[k])
    os._exit(0)


def t_uname():
    opts, rest = getopt("abiKmnoprsUv", ARGS)
    rel = "9.3-RELEASE" if FAMILY == "freebsd-9" else "14.3-RELEASE"
    ident = "GENERIC"
    ver = ("FreeBSD 9.3-RELEASE #0 r268512: Thu Jul 10 23:44:39 UTC 2014     root@snap.freebsd.org:/usr/obj/usr/src/sys/GENERIC "
           if FAMILY == "freebsd-9" else
           "FreeBSD 14.3-RELEASE releng/14.3-n271432-8c9ce319fef7 GENERIC")
    if FAMILY == "freebsd-9" and any(c in "bKU" for c, _ in opts):
        die("uname: illegal option -- %s\nusage: uname [-aimnoprsv]\n" % next(c for c, _ in opts if c in "bKU"))
    val = {"s": "FreeBSD", "n": os.uname().nodename, "r": rel, "v": ver, "m": "amd64", "p": "amd64", "i": ident,
           "o": "FreeBSD", "b": "7a2f3c", "K": "1403000", "U": "1403000"}
    want = [c for c, _ in opts] or ["s"]
    if "a" in want:
        want = ["s", "n", "r", "v", "m"]
    order = "snrvmpiobKU"
    print(" ".join(val[c] for c in order if c in want))
    leave()


def t_freebsd_version():
    rel = "9.3-RELEASE" if FAMILY == "freebsd-9" else "14.3-RELEASE"
    opts, _ = getopt("jkru", ARGS)
    for _ in range(max(1, len(opts))):
        print(rel)
    leave()


def t_logger():
    opts, rest = getopt("46Af:h:iP:p:S:st:", ARGS)
    o = dict(opts)
    text = " ".join(rest) if rest else sys.stdin.read().rstrip("\n")
    tag = o.get("t", "root")
    if "i" in o:
        tag += "[%d]" % os.getpid()
    line = "%s %s %s: %s\n" % (time.strftime("%b %e %H:%M:%S"), os.uname().nodename, tag, text)
    try:
        open("/var/log/messages", "a").write(line)
    except OSError:
        pass
    if "s" in o:
        sys.stderr.write(line)
    leave()


def t_csh():
    """root's shell on 9.x when no real csh is installed: refuses the commonest sh-isms."""
    import re
    args = list(ARGS)
    if len(args) < 2 or args[0] not in ("-c", "-fc", "-f"):
        os.execv("/bin/sh", ["sh"] + args)
    if args[0] == "-f":
        args.pop(0)
    text, plain, i, q = args[1], [], 0, None
    while i < len(text):
        c = text[i]
        if q is None and c == "\\":
            plain.append("  ")
            i += 2
            continue
        if c == "!" and i + 1 < len(text) and text[i + 1] not in " \t\n=(":
            word = re.match(r"[^\s'\";|&]*", text[i + 1:]).group(0)
            die("%s: Event not found.\n" % word)
        if q is None and c in "'\"":
            q = c
            plain.append("_")
        elif q == c:
            q = None
            plain.append("_")
        elif q and c == "\n":
            die("Unmatched '%s'.\n" % q)
        elif q == '"' and text[i:i + 2] == "$(":
            die("Illegal variable name.\n")
        else:
            plain.append(c if q is None else "_")
        i += 1
    if q:
        die("Unmatched '%s'.\n" % q)
    t = "".join(plain)
    if re.search(r"\d?>&\d|[012]>", t.replace(">&!", "")) and re.search(r"(^|\s)[012]>|>&\d", t):
        die("Ambiguous output redirect.\n")
    if "$(" in t:
        die("Illegal variable name.\n")
    m = re.search(r"(^|[;&|\n]\s*)([A-Za-z_]\w*=\S*)", t)
    if m:
        die("%s: Command not found.\n" % m.group(2))
    m = re.search(r"(^|[;&|\n]\s*)(export|for|while|until|case|local|then|do)\s", t)
    if m:
        die("%s: Command not found.\n" % m.group(2) if m.group(2) != "while" else "while: Expression Syntax.\n")
    if re.search(r"(^|[;&|\n]\s*)if\s+[^(]", t):
        die("if: Expression Syntax.\n")
    os.execv("/bin/sh", ["sh", "-c", text])


def t_which():
    rc = 1
    for a in ARGS:
        for d in os.environ.get("PATH", "").split(":"):
            p = os.path.join(d, a)
            if os.access(p, os.X_OK) and os.path.isfile(p):
                print(p)
                rc = 0
                break
    leave(rc)


def t_dmesg():
    try:
        sys.stdout.write(open("/var/run/dmesg.lab").read())
    except OSError:
        pass
    leave()


TABLE = dict(stat=t_stat, date=t_date, mktemp=t_mktemp, sha256=t_hash, sha512=t_hash, md5=t_hash, sha1=t_hash,
             sha256sum=t_hash, sha512sum=t_hash, md5sum=t_hash, sha1sum=t_hash, b64encode=t_b64, b64decode=t_b64,
             daemon=t_daemon, uname=t_uname, logger=t_logger, csh=t_csh, tcsh=t_csh, which=t_which, dmesg=t_dmesg)
TABLE["freebsd-version"] = t_freebsd_version
TABLE[NAME]()
