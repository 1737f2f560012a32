"""tocsin grep: files, the standard input, a terminal."""

import json
import os
import pty
import subprocess

from support.daemon import run_tocsin
from support.paths import TOCSIN


def line(number, **fields):
    event = {"ServiceKey": "FORUM", "HostAddress": "", "Level": "INFO",
             "TimeStampUTC": "2026-11-23T09:00:00Z", "Title": "LOGIN refused",
             "Seq": number, **fields}
    # Odd blanks, so that a line that was written anew would show.
    return json.dumps(event, separators=(" , ", ":  ")) + "\n"


def write(tmp_path, *lines):
    path = tmp_path / "app.log"
    path.write_bytes("".join(lines).encode())
    return path


def grep(*words, **options):
    return run_tocsin("grep", *words, env={**os.environ, "TOCSIN_CONFIG": ""},
                      **options)


def test_a_pipe_gets_the_bytes_of_what_is_found(tmp_path):
    lines = [line(1), line(2, Level="ERROR"), "no JSON, refused\n",
             line(4, Title="OTHER"), "\n"]
    path = write(tmp_path, *lines)
    for query, found in (("refused", [0, 1, 2]), ("Level:ERROR", [1]),
                         ("Title:UNPARSED_LINE", [2]), ("*", [0, 1, 2, 3])):
        expected = "".join(lines[i] for i in found)
        done = grep(query, path)
        assert (done.returncode, done.stdout) == (0, expected)
        assert grep(query, stdin=path.read_text()).stdout == expected
        assert grep("--count", query, path).stdout == f"{len(found)}\n"
    assert grep("-v", "refused", path).stdout == lines[3]
    assert grep("refused", path, path).stdout == 2 * "".join(lines[:3])


def test_fields_come_between_tabs_and_hold_no_line_end(tmp_path):
    path = write(tmp_path, line(7, Title="a\nb", Additional={"user": "bob"}))
    done = grep("--fields", "Seq,Title,AdditionalFlat.user,RequestKey", "*",
                path)
    assert (done.returncode, done.stdout) == (0, "7\ta\\u000ab\tbob\t\n")


def test_the_exit_status_says_what_was_wrong(tmp_path):
    path = write(tmp_path, line(1))
    done = grep("nothing", path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    done = grep("a OR b AND c", path)
    assert done.returncode == 64
    assert "query, column 1: " in done.stderr
    assert "a OR (b AND c)" in done.stderr
    done = grep("Title:A B", path)
    assert done.returncode == 1
    assert "query, column 9: warning: " in done.stderr
    assert grep("*", tmp_path / "absent").returncode == 64


def test_a_terminal_gets_a_line_that_cannot_move_the_cursor(tmp_path):
    path = write(tmp_path, line(1, Level="ERROR", Title="x\x1b[2Jy"))
    ours, theirs = pty.openpty()
    subprocess.run([TOCSIN, "grep", "*", path], stdout=theirs, check=True,
                   timeout=60, env={**os.environ, "NO_COLOR": "1"})
    os.close(theirs)
    shown = os.read(ours, 4096).decode()
    os.close(ours)
    assert "2026-11-23T09:00:00Z  ERROR  FORUM  x" in shown
    assert "\x1b" not in shown
