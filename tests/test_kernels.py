"""Warm kernels: a fork is what a plain start would be, only sooner; nobody is left behind, whoever is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cx_helpers import kernels

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are for POSIX; elsewhere kernels start plainly")


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """A folder on the path with small modules to run, so that what is tested is the fork and not the imports."""
    folder = tmp_path_factory.mktemp("modules")
    texts = {
        "tell": "import os, sys, json\n"
        "import numpy\n"
        "print(json.dumps({'name': __name__, 'argv': sys.argv[1:], 'cwd': os.getcwd(), 'colour': os.environ['COLOUR'],"
        " 'random': numpy.random.rand(), 'leader': os.getpgid(0) == os.getpid(), 'ready': 'numpy' in sys.modules}))\n",
        "leave": "import sys; sys.exit(int(sys.argv[1]))",
        "complain": "raise ValueError('no such thing')",
        "at_exit": "import atexit; atexit.register(print, 'tidied')",
        "breed": "import subprocess, sys, time\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid, flush=True)\n"
        "time.sleep(600)\n",
        "counting": "import threading, time; threading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
    }
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.fixture(scope="module")
def warm(modules):
    """One warm process for this module's tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(modules))
        with kernels.Warm(["numpy.random", "no_such_module"]) as warm:
            yield warm


@pytest.fixture
def environment(warm):
    return dict(os.environ) | warm.environment | {"COLOUR": "آبی"}


def output(arguments, environment, tmp_path, **options) -> tuple[int, str, str]:
    out, err = tmp_path / "out", tmp_path / "err"
    with open(out, "wb") as stdout, open(err, "wb") as stderr:
        code = kernels.start(arguments, env=environment, stdout=stdout, stderr=stderr, **options).wait(30)
    return code, out.read_text(), err.read_text()


def gone(pid: int, seconds: float = 20, buried: bool = True) -> bool:
    """Does the process end within some seconds?  A zombie counts as there, unless it need not be `buried`."""
    until = time.monotonic() + seconds
    while _is_there(pid) and (buried or "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("how", ["warm", "plain"])
def test_a_fork_is_what_a_plain_start_would_be(how, environment, modules, tmp_path):
    if how == "plain":
        environment = {k: v for k, v in environment.items() if k != kernels.ADDRESS} | {"PYTHONPATH": str(modules)}
    code, out, err = output(["-m", "tell", "a b", "سلام"], environment, tmp_path, cwd=modules)
    assert code == 0, err
    told = json.loads(out)
    assert told["name"] == "__main__"
    assert told["argv"] == ["a b", "سلام"]
    assert told["cwd"] == str(modules)
    assert told["colour"] == "آبی"
    assert told["leader"], "it leads a process group, so that a signal reaches what it started"


def test_it_is_warm(environment, tmp_path):
    process = kernels.start(["-m", "tell"], env=environment, stdout=subprocess.DEVNULL)
    assert isinstance(process, kernels.Fork)
    assert process.wait(10) == 0


def test_forks_do_not_draw_the_same_random_numbers(environment, tmp_path):
    drawn = {json.loads(output(["-m", "tell"], environment, tmp_path)[1])["random"] for _ in range(3)}
    assert len(drawn) == 3


def test_exit_codes_and_errors_come_back(environment, tmp_path):
    assert output(["-m", "leave", "7"], environment, tmp_path)[0] == 7
    code, _, err = output(["-m", "complain"], environment, tmp_path)
    assert code == 1
    assert "ValueError: no such thing" in err
    assert output(["-m", "at_exit"], environment, tmp_path)[1] == "tidied\n"


def test_a_signal_reaches_it_and_is_told(environment, tmp_path):
    process = kernels.start(["-m", "breed"], env=environment, stdout=subprocess.DEVNULL)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == -signal.SIGTERM


def bred(environment, tmp_path):
    """A fork that has started a process of its own: (fork, pid of its child)."""
    with open(tmp_path / "pids", "wb") as out:
        process = kernels.start(["-m", "breed"], env=environment, stdout=out)
    until = time.monotonic() + 10
    while not (text := (tmp_path / "pids").read_text()).endswith("\n"):
        assert time.monotonic() < until
        time.sleep(0.02)
    return process, int(text)


def test_letting_it_go_ends_it_and_what_it_started(environment, tmp_path):
    process, grandchild = bred(environment, tmp_path)
    pid = process.pid
    del process
    assert gone(pid)
    assert gone(grandchild)


def test_killing_it_ends_what_it_started_and_leaves_no_zombie(environment, tmp_path):
    process, grandchild = bred(environment, tmp_path)
    process.kill()
    assert process.wait(10) == -signal.SIGKILL
    assert gone(process.pid)
    assert gone(grandchild)


def test_closing_the_warm_process_ends_all(modules, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(modules))
    with kernels.Warm([]) as warm:
        process, grandchild = bred(dict(os.environ) | warm.environment, tmp_path)
        server = warm.process.pid
    assert gone(server)
    assert gone(process.pid)
    assert gone(grandchild)
    assert not warm.folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells a fork of its parent's death on Linux")
def test_killing_the_warm_process_ends_its_forks_and_the_next_start_is_plain(modules, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(modules))
    with kernels.Warm([]) as warm:
        environment = dict(os.environ) | warm.environment | {"COLOUR": "red"}
        process = kernels.start(["-m", "breed"], env=environment, stdout=subprocess.DEVNULL)
        warm.process.kill()
        assert process.wait(30) == -signal.SIGKILL
        assert process.lost
        assert gone(process.pid, buried=False)  # its new parent, the system's first process, buries it or does not
        again = kernels.start(["-m", "tell"], env=environment, stdout=subprocess.DEVNULL)
        assert isinstance(again, kernels.Plain)
        assert again.wait(30) == 0


def test_a_second_thread_forbids_forking(modules, monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("PYTHONPATH", str(modules))
    with kernels.Warm(["counting"]) as warm:
        environment = dict(os.environ) | warm.environment
        process = kernels.start(["-m", "leave", "3"], env=environment)
        assert isinstance(process, kernels.Plain)
        assert process.wait(30) == 3
    assert "forking is not safe" in capfd.readouterr().err


def test_it_can_be_forbidden(environment, monkeypatch, modules):
    monkeypatch.setenv("CX_WARM", "0")
    process = kernels.start(["-m", "leave", "0"], env=environment | {"PYTHONPATH": str(modules)})
    assert isinstance(process, kernels.Plain)
    assert process.wait(30) == 0


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A real kernel, warm, through Jupyter's own client."""
    from jupyter_client import KernelManager
    from jupyter_client.provisioning import KernelProvisionerFactory

    runtime = tmp_path_factory.mktemp("k")
    with pytest.MonkeyPatch.context() as patch, kernels.Warm(["matplotlib.pyplot"]) as warm:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
        patch.setenv("IPYTHONDIR", str(runtime))
        patch.setenv(kernels.ADDRESS, warm.address)
        factory = KernelProvisionerFactory.instance()
        patch.setattr(factory, "default_provisioner_name", factory.default_provisioner_name)
        kernels.provide()
        manager = KernelManager(transport="ipc", connection_file=str(warm.folder / "k.json"))
        manager.start_kernel()
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        client.manager = manager
        yield client
        pid = manager.provisioner.pid
        client.stop_channels()
        manager.shutdown_kernel()
        assert gone(pid)


def run(client, code: str) -> tuple[dict, list]:
    outputs = []
    reply = client.execute_interactive(code, timeout=30, output_hook=outputs.append)
    return reply["content"], [o["content"] for o in outputs]


def test_a_kernel_is_a_fork(client):
    assert isinstance(client.manager.provisioner.process, kernels.Fork)


def test_a_kernel_computes(client):
    _, outputs = run(client, "print(6 * 7, __name__)")
    assert "42 __main__\n" in [o.get("text") for o in outputs]


def test_figures_are_shown_as_in_a_plain_kernel(client):
    _, outputs = run(client, "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2]);")
    assert any("image/png" in o.get("data", {}) for o in outputs)


def test_a_kernel_can_be_interrupted(client):
    message = client.execute("import time\ntime.sleep(60)")
    time.sleep(0.5)
    started = time.monotonic()
    client.manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=20)
    assert reply["parent_header"]["msg_id"] == message
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert time.monotonic() - started < 10
    assert client.is_alive()


def test_nothing_of_the_house_starts_a_thread_when_imported():
    """What the runner imports before it forks: were one of these to start a thread, every run would be plain."""
    from cx_helpers.run import jobs

    code = (
        "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
        "from cx_helpers.run.warm import _threads; print(_threads())"
    )
    environment = os.environ | dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    environment["JE_ARROW_MALLOC_CONF"] = "background_thread:false"
    names = [*kernels.ALWAYS, *jobs.LATE, *jobs.PRINTED, jobs.DRIVER, jobs.FRONT, jobs.REHEARSAL]
    out = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, env=environment)
    assert out.stdout.strip() == "1", out.stderr
