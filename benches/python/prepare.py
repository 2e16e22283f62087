"""What must be there before anything is measured: the environment, the programs, the files."""

import hashlib
import importlib.util
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"

# Sockets of a client without limit, and what a process has open besides.
OPEN_FILES = 4096


class Trouble(Exception):
    """What went wrong and what to do about it, for the user of the script."""


@dataclass
class Programs:
    python: str  # of the virtual environment
    fetch_status: str
    fetch_reqwest: str
    gather_shirr: str


def everything():
    if not hasattr(os, "wait4"):
        raise Trouble("this system has no wait4, which tells what a process took; use Linux or macOS")
    allow_open_files()
    target = target_folder()
    python = environment(target / f"benches-python-{platform.python_version()}")
    # Apart, so that the example is built with no other features than a reader's own build.
    example = build("--package=shirr", "--example=fetch_status")
    beside = build("--package=beside-python")
    return Programs(python, example["fetch_status"], beside["fetch_reqwest"], beside["gather_shirr"])


def say(what):
    print(f"run.py: {what}", file=sys.stderr, flush=True)


def allow_open_files():
    """The programs inherit it."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= OPEN_FILES or soft == resource.RLIM_INFINITY:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, hard))
    except (ValueError, OSError) as error:
        raise Trouble(f"this needs {OPEN_FILES} open files, and the system allows {hard} ({error})")


def cargo(*arguments):
    """What a cargo command prints; what it has to say goes to stderr as it comes."""
    if shutil.which("cargo") is None:
        raise Trouble("there is no cargo; https://rustup.rs installs it")
    ran = subprocess.run(["cargo", *arguments], cwd=HERE, stdout=subprocess.PIPE, text=True)
    if ran.returncode != 0:
        raise Trouble(f"`cargo {' '.join(arguments)}` failed")
    return ran.stdout


def target_folder():
    metadata = json.loads(cargo("metadata", "--locked", "--no-deps", "--format-version=1"))
    return pathlib.Path(metadata["target_directory"])


def build(*what):
    """Builds programs and says where each one is."""
    say(f"cargo build --release {' '.join(what)}")
    out = cargo("build", "--locked", "--release", "--message-format=json-render-diagnostics", *what)
    messages = [json.loads(line) for line in out.splitlines()]
    built = [message for message in messages if message.get("executable")]
    return {message["target"]["name"]: message["executable"] for message in built}


def environment(folder):
    """The Python of a virtual environment that has what requirements.txt pins."""
    python, stamp = folder / "bin" / "python", folder / "complete"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return str(python)
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Trouble(
            "this Python has no venv, or no pip to put into one; "
            "on Debian and Ubuntu `apt-get install python3-venv` adds both"
        )
    say(f"making a virtual environment in {folder}")
    attempt([sys.executable, "-m", "venv", "--clear", str(folder)], "no virtual environment could be made")
    install = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    attempt(
        [str(python), *install, "--requirement", str(REQUIREMENTS)],
        "pip could not install what requirements.txt pins; the first run needs the network",
    )
    stamp.write_text(wanted)
    return str(python)


def attempt(command, or_else):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ran.returncode != 0:
        last = "\n".join(ran.stdout.strip().splitlines()[-5:])
        raise Trouble(f"{or_else}\n{last}")


def load():
    """How many programs wanted to run during the last minute; None where the system does not say."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


VERSIONS = """
import aiohttp, platform, uvloop
from aiohttp.http_parser import HttpResponseParser, HttpResponseParserPy
parser = "Python" if HttpResponseParser is HttpResponseParserPy else "C"
print(f"Python {platform.python_version()}, aiohttp {aiohttp.__version__} ({parser} parser), uvloop {uvloop.__version__}")
"""


def describe(programs, busy):
    """The machine and the versions, as lines."""
    python = subprocess.run([programs.python, "-c", VERSIONS], stdout=subprocess.PIPE, text=True, check=True)
    tree = cargo("tree", "--locked", "--package=beside-python", "--depth=1", "--edges=normal", "--prefix=none")
    crates = [" ".join(line.split()[:2]) for line in tree.splitlines()]
    crates = [crate for crate in crates if crate.split()[0] in ("shirr", "reqwest", "tokio")]
    rustc = subprocess.run(["rustc", "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()
    return {
        "machine": f"{platform.system()} {platform.release()} {platform.machine()}, {processor()}",
        "versions": f"{python.stdout.strip()}; {', '.join(crates)}, {rustc}",
        "load": busy,
    }


def processor():
    try:
        with open("/proc/cpuinfo") as lines:
            name = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or "a processor that has no name"
    return f"{os.cpu_count()} × {name}"
