"""A kernel that starts warm: forked from one process that has the imports already.

A notebook of this house spends more time importing pandas, statsmodels and their kin than working.  `Warm` starts one
process that imports them once (`run/warm.py`), and `start` asks it for a fork that goes on as `python -m MODULE …`
would.  The driver of every notebook is such a fork, and so is its kernel, through Jupyter's own extension point: a
kernel provisioner.  What cannot be done so (Windows, a kernel of another language, the warm process gone, CX_WARM=0)
starts in the plain way, by the same call.

What holds: the warm process runs no query, owns no event loop and has no second thread before a fork.  It is the parent
of its forks, reaps them and reports their end.  Who asked for a fork owns it: when the asker goes away, killed or not,
the fork's whole process group is killed; when the warm process goes away, its forks go with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.provisioning import LocalProvisioner

from cx_helpers.run.warm import READY

ADDRESS = "CX_WARM_SOCKET"  # where the forks of one run find their warm process
LEASH = "CX_LEASH"  # set for a plain start: end of file on stdin means that the owner is gone
PROVISIONER = "cx-warm"
# what every kernel needs
ALWAYS = "ipykernel.kernelapp ipykernel.ipkernel ipykernel.zmqshell ipykernel.debugger".split()
WITHHELD = {"CX_KEY"}  # the secret of pseudonyms (intake/pseudonyms.py): what notebooks run has no use for it
_PATIENCE_S = 120  # the longest that importing may take before a plain start is the better idea


class WarmGone(OSError):
    """The warm process cannot be reached (any more); start in the plain way."""


def available() -> bool:
    """Can this machine fork, and is it not forbidden (CX_WARM=0)?"""
    return hasattr(os, "fork") and hasattr(socket, "send_fds") and os.environ.get("CX_WARM", "1") != "0"


def surroundings() -> dict[str, str]:
    """This process's environment as the processes of a run see it: without secrets that only `cx ingest` needs."""
    return {name: value for name, value in os.environ.items() if name not in WITHHELD}


class Warm:
    """One process with `modules` imported, for as long as the `with` lasts; `start` finds it by `environment`."""

    def __init__(self, modules: list[str]):
        self.folder = Path(tempfile.mkdtemp(prefix="cx-"))  # only this user may enter it
        self.address = str(self.folder / "warm")
        # No thread before the fork; and the runner fills the cores with notebooks, so none is missed after it.
        threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        threads["JE_ARROW_MALLOC_CONF"] = "background_thread:false"  # pyarrow starts one on import
        # Read when these are imported: they would find themselves outside of a notebook.
        inline = {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "PLOTLY_RENDERER": "plotly_mimetype"}
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(64)
            command = ["-m", "cx_helpers.run.warm", str(listener.fileno()), str(self.folder), *ALWAYS, *modules]
            self.process = subprocess.Popen(
                [sys.executable, "-P", *command],  # -P: the folder one happens to stand in holds no modules
                stdin=subprocess.PIPE,  # its end of file tells the warm process that we are gone
                stdout=subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
                start_new_session=True,
                env=surroundings() | threads | inline | {"OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"},
            )

    @property
    def environment(self) -> dict[str, str]:
        """What a process must have in its environment for `start` to be warm there."""
        return {ADDRESS: self.address}

    def close(self) -> None:
        """End the warm process and every fork of it."""
        self.process.stdin.close()
        try:
            self.process.wait(5 if (self.folder / READY).exists() else 0)  # still importing: nothing to end in order
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def start(arguments: list[str], *, env: dict[str, str], cwd=None, stdout=None, stderr=None):
    """Start `python ARGUMENTS` as a process group of its own: warm where `env` says so, else plain.

    arguments  `["-m", module, …]`;  stdout, stderr  as for subprocess.Popen, None for this process's own.
    Returns something with `pid`, `poll()`, `wait()`, `send_signal()`, `kill()`: a `Fork` or a `Plain`.
    """
    if available() and env.get(ADDRESS) and arguments[:1] == ["-m"]:
        with contextlib.suppress(WarmGone):
            return Fork(env[ADDRESS], arguments[1:], env=env, cwd=cwd, stdout=stdout, stderr=stderr)
    env = {name: value for name, value in env.items() if name != ADDRESS} | {LEASH: "stdin"}
    return Plain([sys.executable, "-P", *arguments], env, cwd, stdout, stderr)


class Plain(subprocess.Popen):
    """A process started in the plain way; our end of its standard input is its leash."""

    def __init__(self, command: list[str], env: dict, cwd, stdout, stderr):
        options = {"stdin": subprocess.PIPE, "stdout": stdout, "stderr": stderr, "start_new_session": True}
        super().__init__(command, env=env, cwd=cwd, **options)

    def poll(self) -> int | None:
        """As Popen's; the leash is dropped at the end."""
        code = super().poll()
        if code is not None:
            self.stdin.close()
        return code

    def wait(self, timeout: float | None = None) -> int:
        """As Popen's; the leash is dropped at the end."""
        code = super().wait(timeout)
        self.stdin.close()
        return code


class Fork:
    """A process that the warm one forked for us: behaves as a subprocess.Popen, and dies when it is let go."""

    stdin = stdout = stderr = None

    def __init__(self, address: str, arguments: list[str], *, env: dict, cwd=None, stdout=None, stderr=None):
        self.returncode: int | None = None
        self.lost = False  # the warm process went away: nobody can tell how this one ended
        request = {"arguments": arguments, "env": env, "cwd": str(cwd or os.getcwd())}
        self._line = socket.socket(socket.AF_UNIX)
        with contextlib.ExitStack() as opened:
            try:
                self._line.settimeout(_PATIENCE_S)
                self._line.connect(address)
                socket.send_fds(self._line, [b"F"], [_file(stdout, 1, opened), _file(stderr, 2, opened)])
                self._line.sendall(json.dumps(request).encode() + b"\n")
                self._heard = b""
                while b"\n" not in self._heard:
                    self._listen()
                pid, _, self._heard = self._heard.partition(b"\n")
                self.pid = int(pid)
            except OSError as error:
                self._line.close()
                raise WarmGone(f"the warm process does not answer ({error})") from error
        self._line.setblocking(False)

    def _listen(self) -> None:
        if not (part := self._line.recv(64)):
            raise ConnectionResetError("it hung up")
        self._heard += part

    def poll(self) -> int | None:
        """The exit code, negative for a signal as in subprocess; None while it runs."""
        if self.returncode is None:
            try:
                while b"\n" not in self._heard:
                    self._listen()
                self.returncode = int(self._heard)
            except BlockingIOError:
                return None
            except OSError:
                self.lost, self.returncode = True, -signal.SIGKILL
            self._line.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; subprocess.TimeoutExpired when it does not come in `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(f"fork {self.pid}", timeout)
            time.sleep(0.01)
        return self.returncode

    def __del__(self):
        self._line.close()  # the warm process sees it, and ends what still runs

    def send_signal(self, number: int) -> None:
        """As Popen's; no error when it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it; the warm process then ends what it started."""
        self.send_signal(signal.SIGKILL)


def _file(stream, own: int, opened: contextlib.ExitStack) -> int:
    """The file descriptor behind a Popen-style argument."""
    if stream is None:
        return own
    if stream == subprocess.DEVNULL:
        return opened.enter_context(open(os.devnull, "wb")).fileno()
    return stream if isinstance(stream, int) else stream.fileno()


class WarmProvisioner(LocalProvisioner):
    """How a kernel's process comes to be (Jupyter's extension point): warm where that can be, else as ever."""

    async def launch_kernel(self, cmd: list[str], **kwargs):
        env, cwd = kwargs.get("env") or dict(os.environ), kwargs.get("cwd") or os.getcwd()
        ours = os.path.realpath(cmd[0]) == os.path.realpath(sys.executable) and cmd[1:3] == ["-m", "ipykernel_launcher"]
        if ours and available() and env.get(ADDRESS):
            try:
                self.process = Fork(env[ADDRESS], cmd[2:], env=env, cwd=cwd, stdout=subprocess.DEVNULL)
                self.pid = self.pgid = self.process.pid  # it leads a group of its own
                self.cwd = cwd
                return self.connection_info
            except WarmGone as error:
                self.log.warning("%s; starting a plain kernel", error)
        return await super().launch_kernel(cmd, **kwargs)


def provide() -> None:
    """From now on this process's kernels come from WarmProvisioner."""
    from importlib.metadata import EntryPoint

    from jupyter_client.provisioning import KernelProvisionerFactory

    factory = KernelProvisionerFactory.instance()
    entry = EntryPoint(PROVISIONER, f"{__name__}:{WarmProvisioner.__name__}", factory.GROUP_NAME)
    factory.provisioners.setdefault(PROVISIONER, entry)
    factory.default_provisioner_name = PROVISIONER
