"""Who holds the imports?  The warm process: it imports once, forks on request, and buries its dead.

Run by `kernels.Warm` as `python -m cx_helpers.run.warm LISTENER FOLDER MODULE…`.  A request is one connection: two file
descriptors (stdout, stderr), then a line of JSON `{arguments, env, cwd}`.  The answers on it are two lines: the pid,
and at the end the exit code.  Who closes the connection before that has its fork killed.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import selectors
import shutil
import signal
import socket
import sys
import threading
import time
import traceback

# Spared while the libraries are imported, as if not installed: a debugger that every kernel would start and none of a
# run is asked for, and a grammar of web addresses, a second in the making, for a check that no notebook has.
_SPARED = ("debugpy", "rfc3987_syntax")
READY = "ready"  # a file in the folder: the imports are done, forks are served


def main() -> None:
    """Import, serve until the owner is gone, clear its folder away; in a fork: go on as `python -m MODULE …`."""
    number, folder, *modules = sys.argv[1:]
    listener = socket.socket(fileno=int(number))
    arguments = _serve(listener, folder, modules)
    if arguments is None:  # not a fork: the owner is gone
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)
    _run(arguments)


def _run(arguments: list[str]) -> None:
    """Run the module and end as an interpreter ends, but leave tearing the imports down to the system."""
    sys.argv, code = arguments, 0
    sys.modules.pop(arguments[0], None)  # imported to be warm; as __main__ it runs anew
    try:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else int(leave.code is not None)
        if code and not isinstance(leave.code, int):
            print(leave.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # as multiprocessing does at the end of its forks: wait for threads, run what is registered
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(code & 0xFF)


def _serve(listener: socket.socket, folder: str, modules: list[str]) -> list[str] | None:
    sys.modules |= dict.fromkeys(_SPARED)
    for module in modules:
        if select.select([sys.stdin], [], [], 0)[0]:  # end of file: the owner is gone already
            return None
        with contextlib.suppress(Exception):  # what cannot be imported here will say so in the notebook
            importlib.import_module(module)
    for name in _SPARED:
        del sys.modules[name]
    if (threads := _threads()) > 1:
        print(f"cx: {threads} threads after the imports, so forking is not safe: starting plainly", file=sys.stderr)
        sys.stderr.flush()
        os._exit(1)
    gc.collect()
    gc.freeze()  # the imports are never garbage; collecting in a fork would only copy their pages
    gc.set_threshold(100_000, 20, 100)  # a query is built of thousands of small things: a sixth of a run's time

    os.close(os.open(os.path.join(folder, READY), os.O_CREAT))

    wake, waker = socket.socketpair()
    wake.setblocking(False)
    waker.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    asked_by: dict[int, socket.socket] = {}  # pid -> the connection that asked for it
    with selectors.DefaultSelector() as watch:
        for source, meaning in ((listener, "request"), (wake, "ended"), (sys.stdin.fileno(), "owner gone")):
            watch.register(source, selectors.EVENT_READ, meaning)
        while True:
            for key, _ in watch.select():
                if key.data == "request":
                    line = listener.accept()[0]
                    request, files = _read(line)
                    warm = os.getpid()  # asked before the fork: it may be an orphan by the time that it could ask
                    pid = os.fork() if request else -1
                    if pid == 0:
                        for other in (listener, wake, waker, line, *asked_by.values()):
                            other.close()
                        return _become(request, files, warm)
                    for file in files:
                        os.close(file)
                    if pid > 0:
                        with contextlib.suppress(OSError):
                            os.setpgid(pid, pid)  # here and in the fork, so that neither has to wait for the other
                        asked_by[pid] = line
                        watch.register(line, selectors.EVENT_READ, pid)
                        _tell(line, pid)
                    else:
                        line.close()
                elif key.data == "ended":
                    with contextlib.suppress(BlockingIOError):
                        wake.recv(4096)
                    for pid, code in _reap():
                        _kill(pid)  # what it started and left behind
                        line = asked_by.pop(pid)
                        with contextlib.suppress(KeyError):
                            watch.unregister(line)
                        _tell(line, code)
                        line.close()
                elif key.data == "owner gone":
                    for pid in asked_by:
                        _kill(pid)
                    signal.set_wakeup_fd(-1)
                    return None
                else:  # whoever asked for this fork is gone
                    watch.unregister(key.fileobj)
                    _kill(key.data)


def _read(line: socket.socket) -> tuple[dict | None, list[int]]:
    files: list[int] = []
    try:
        line.settimeout(10)
        _, files, _, _ = socket.recv_fds(line, 1, 2)
        with line.makefile("rb") as text:
            request = json.loads(text.readline())
        line.settimeout(None)
        return (request if len(files) == 2 else None), files
    except (OSError, ValueError):
        return None, files


def _become(request: dict, files: list[int], warm: int) -> list[str]:
    """Turn this fork of the process `warm` into the one that was asked for; returns its arguments."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    _die_with(warm)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in enumerate((nothing, *files)):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    time.tzset()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # else every fork would draw the same numbers
    return request["arguments"]


def _die_with(parent: int) -> None:
    """Let this process not outlive the warm one, even where that is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _threads() -> int:
    """Threads of this process, those of libraries too where the system tells."""
    tasks = "/proc/self/task"
    return len(os.listdir(tasks)) if os.path.isdir(tasks) else threading.active_count()


def _reap():
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        yield pid, os.waitstatus_to_exitcode(status)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _tell(line: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):
        line.sendall(b"%d\n" % number)


if __name__ == "__main__":
    main()
