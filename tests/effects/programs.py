# SPDX-License-Identifier: Apache-2.0
"""Small programs with effects. Each runs in a fresh folder made by PREPARE, with sys.argv =
[script, TCP port, pid of a neighbour, name for things outside the folder]."""

from __future__ import annotations

# What every program begins with: work in a Python function, a fifth of a second of it on a machine of
# any speed, so that none is too short to be measured. (In sealed runs the clock is fed back: they do
# as many rounds.)
HEAD = """\
import os, sys, time
port, neighbour, name = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
def work(n):
    total = 0
    for i in range(n):
        total = (total * 31 + i) % 1000003
    return total
while time.process_time() < 0.2:
    work(100000)
print(work(1000))
"""

# Files that are there before the program starts.
PREPARE = {
    "old.txt": "one\ntwo\nthree\n",
    "log.txt": "start\n",
    "number.txt": "7\n",
    "data.bin": "x" * 4096,
}

PROGRAMS: dict[str, str] = {
    "write_file": "open('new.txt', 'w').write('hello')",
    "append_file": "open('log.txt', 'a').write('more\\n')",
    "delete_file": "os.unlink('old.txt')",
    "rename_file": "os.rename('old.txt', 'moved.txt')",
    "replace_file": "open('t', 'w').write('new'); os.replace('t', 'old.txt')",
    "truncate_file": "os.truncate('old.txt', 4)",
    "count_up": "n = int(open('number.txt').read()); open('number.txt', 'w').write(str(n + 1))",
    "make_folder": "os.mkdir('folder'); open('folder/a', 'w').write('a')",
    "make_folders": "os.makedirs('a/b/c', exist_ok=True)",
    "remove_folder": "os.mkdir('gone'); os.rmdir('gone'); open('trace', 'a').write('x')",
    "rename_folder": "os.mkdir('d1'); open('d1/f', 'w').write('f'); os.rename('d1', 'd2')",
    "symlink": "os.symlink('old.txt', 'link')",
    "hard_link": "os.link('old.txt', 'same')",
    "chmod": "os.chmod('old.txt', 0o600)",
    "utime": "os.utime('old.txt', (1000, 2000 + os.stat('old.txt').st_mtime % 1000))",
    "fifo": "os.mkfifo('pipe')",
    "lock_file": "import fcntl; f = open('lock', 'a'); fcntl.flock(f, fcntl.LOCK_EX); f.write('held\\n')",
    "exclusive_file": "os.close(os.open('only', os.O_CREAT | os.O_EXCL | os.O_WRONLY))",
    "mapped_file": "import mmap; f = open('data.bin', 'r+b'); m = mmap.mmap(f.fileno(), 0); m[0] += 1; m.flush()",
    "sqlite": "import sqlite3; c = sqlite3.connect('db'); c.execute('create table if not exists t(x)');"
    " c.execute('insert into t values (1)'); c.commit(); print(c.execute('select count(*) from t').fetchall()); c.close()",
    "sqlite_wal": "import sqlite3; c = sqlite3.connect('wal'); c.execute('pragma journal_mode=wal');"
    " c.execute('create table if not exists t(x)'); c.execute('insert into t values (1)'); c.commit(); c.close()",
    "dbm": "import dbm.dumb; d = dbm.dumb.open('dumb', 'c'); d['k'] = str(len(d)); d.close()",
    "tcp": "import socket; s = socket.create_connection(('127.0.0.1', port)); s.sendall(b'hi'); s.close()",
    "tcp_if_there": "import socket\ntry:\n    socket.create_connection(('127.0.0.1', port)).sendall(b'hi')\n"
    "except OSError: pass",
    "udp": "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'hi', ('127.0.0.1', port))",
    "unix_socket": "import socket; s = socket.socket(socket.AF_UNIX)\ntry:\n    s.connect('listener'); s.sendall(b'hi')\n"
    "except OSError: pass",
    "unix_listener": "import socket; s = socket.socket(socket.AF_UNIX); s.bind('mine'); s.close()",
    "abstract_socket": "import socket; s = socket.socket(socket.AF_UNIX)\n"
    "try:\n    s.connect('\\0' + name); s.sendall(b'hi')\nexcept OSError: pass",
    "child_process": "import subprocess; subprocess.run(['/bin/sh', '-c', 'echo child >> log.txt'], check=True)",
    "child_left_behind": "import subprocess; subprocess.Popen(['/bin/sh', '-c', 'sleep 0.2; echo late >> log.txt'])",
    "fork": "pid = os.fork()\nif pid == 0:\n    open('log.txt', 'a').write('child\\n'); os._exit(0)\nos.waitpid(pid, 0)",
    "signal_neighbour": "import signal\ntry:\n    os.kill(neighbour, signal.SIGUSR1)\nexcept OSError: pass",
    "signal_everybody_of_ours": "import signal\nfor pid in (neighbour,):\n"
    "    try: os.kill(pid, signal.SIGUSR1)\n    except ProcessLookupError: pass",
    "shared_memory": "open('/dev/shm/' + name, 'a').write('x')",
    "tmp_file": "open('/tmp/' + name, 'a').write('x')",
    "tempfile": "import tempfile; d = tempfile.mkdtemp(dir='.'); open(d + '/x', 'w').write('x')",
    "environment": "os.environ['HONE_EFFECT'] = '1'; open('env', 'a').write('%d\\n' % ('LD_PRELOAD' in os.environ))",
    "at_exit": "import atexit; atexit.register(lambda: open('log.txt', 'a').write('bye\\n'))",
    "thread_writer": "import threading; t = threading.Thread(target=lambda: open('log.txt', 'a').write('t\\n'));"
    " t.start(); t.join()",
    "pool": "from concurrent.futures import ThreadPoolExecutor as E\nwith E(2) as e:\n"
    "    list(e.map(lambda n: open('p%d' % n, 'a').write('p'), range(3)))",
    "append_from_descriptor": "f = os.open('log.txt', os.O_WRONLY | os.O_APPEND); os.write(f, b'fd\\n'); os.close(f)",
    "sparse_file": "f = open('sparse', 'wb'); f.seek(1 << 20); f.write(b'end'); f.close()",
    "random_and_clock": "import random, time; open('draw', 'a').write('drawn\\n'); print(random.random(), time.time())",
}
