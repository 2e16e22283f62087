"""The section of ../RESULTS.md that is made here; everything around it is written by hand."""

import os
import shutil
import tempfile

from prepare import HERE, Trouble

FILE = HERE.parent / "RESULTS.md"
BEGIN = "<!-- python: generated, do not edit -->"
END = "<!-- /python -->"


def check():
    """Fails as `write` would, before minutes are spent on what cannot be written."""
    replaced(read(), "")


def write(section):
    """Puts it between the markers. The file is read again: it may have changed meanwhile."""
    text = replaced(read(), section)
    # Beside the file, since only within one file system is a rename all or nothing.
    descriptor, beside = tempfile.mkstemp(dir=FILE.parent, prefix=f".{FILE.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as out:
            out.write(text)
        shutil.copymode(FILE, beside)
        os.replace(beside, FILE)
    except BaseException:
        os.unlink(beside)
        raise


def read():
    try:
        return FILE.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"cannot read {FILE}: {error}")


def replaced(text, section):
    """The text with the section between its markers."""
    lines = text.splitlines(keepends=True)
    begin, end = place(lines, BEGIN), place(lines, END)
    if end < begin:
        raise Trouble(f"`{END}` stands before `{BEGIN}` in {FILE}")
    return "".join([*lines[: begin + 1], "\n", section.strip("\n"), "\n\n", *lines[end:]])


def place(lines, marker):
    """Which line the marker is."""
    places = [number for number, line in enumerate(lines) if line.strip() == marker]
    if len(places) != 1:
        many = "no line is" if not places else f"{len(places)} lines are"
        raise Trouble(f"{many} `{marker}` in {FILE}; it takes exactly one")
    return places[0]
