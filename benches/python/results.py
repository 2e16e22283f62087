"""The section of benches/RESULTS.md that a full run writes; people write what is around it.

The section lies between two lines, each of which is there once. `check` raises before
anything is measured what `write` would raise after it.
"""

import datetime
import os
import shlex
import sys

from prepare import HERE, Trouble

FILE = HERE.parent / "RESULTS.md"
BEGIN = "<!-- python: generated, do not edit -->"
END = "<!-- /python -->"


def check():
    around(read())


def write(tables):
    """Replaces the section. The file is read anew: somebody may have written in it meanwhile."""
    before, after = around(read())
    replace_file(f"{before}\n{origin()}\n\n{tables.strip()}\n\n{after}")


def origin():
    day = datetime.datetime.now(datetime.timezone.utc).date()
    command = shlex.join(["python3", "benches/python/run.py", *sys.argv[1:]])
    return f"Made on {day} (UTC) by `{command}`."


def read():
    try:
        # Line ends are left as they are.
        return FILE.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"{FILE} is to get the tables and cannot be read ({error})")


def around(text):
    """What is before the section and what is after it, each with its marker."""
    lines = text.splitlines(keepends=True)
    begin, end = only(lines, BEGIN), only(lines, END)
    if end < begin:
        raise Trouble(f"{FILE} has the line `{END}` before `{BEGIN}`")
    return "".join(lines[: begin + 1]), "".join(lines[end:])


def only(lines, marker):
    places = [place for place, line in enumerate(lines) if line.rstrip() == marker]
    if len(places) != 1:
        many = "no line" if not places else "more than one line"
        raise Trouble(f"{FILE} has {many} `{marker}`; the tables go between `{BEGIN}` and `{END}`")
    return places[0]


def replace_file(text):
    """All of it or nothing: whoever stops this leaves what was there."""
    beside = FILE.with_name(f"{FILE.name}.new")
    try:
        with open(beside, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())  # else the name may reach the disk before the text does
        os.replace(beside, FILE)
    except OSError as error:
        raise Trouble(f"{FILE} could not be written ({error}); its tables are printed above")
    finally:
        beside.unlink(missing_ok=True)
