# SPDX-License-Identifier: BSD-2-Clause
"""Bad input: one clear line with the offending value, an exit status of its own, never a silent success."""
import os
import shutil
import struct
import subprocess

from lab import cases
from lab.monitor import EXIT, Hsmon

NOBODY = 65534


def refused(args, status, *words, netns=None, user=None, stdin=b""):
    """It must end with that status and say one line, with those words in it, and nothing on stdout."""
    hsmon = Hsmon(args, netns=netns, user=user, stdin=stdin)
    ended = hsmon.wait(15)
    assert ended == EXIT[status], f"exit status {ended}, expected {EXIT[status]}: {hsmon.told()}"
    check_line(hsmon, words)
    assert not hsmon.out.lines, f"something on stdout: {hsmon.told()}"


def check_line(hsmon, words):
    lines = hsmon.err.lines
    assert len(lines) == 1, f"{len(lines)} lines on stderr: {hsmon.told()}"
    line = lines[0].decode()
    assert line.startswith("hsmon: "), line
    for word in words:
        assert word in line, f"{word!r} is not in {line!r}"


@cases(port_70000=(["-p", "70000"], "70000", "65535"), port_0=(["-p", "0"], "0", "65535"),
       port_text=(["-p", "https"], "https"), port_range_backwards=(["-p", "9100-9000"], "9100-9000"),
       port_list_with_a_hole=(["-p", "443,,8443"], "''", "65535"), port_negative=(["-p", "-1"], "-1"),
       port_huge=(["-p", "443,99999999999999999999"], "99999999999999999999", "65535"),
       count_0=(["-c", "0"], "0"), count_text=(["-c", "many"], "many"), count_with_rest=(["-c", "5x"], "5x"),
       duration_negative=(["-d", "-5"], "-5"), duration_text=(["-d", "soon"], "soon"),
       output=(["-o", "xml"], "xml", "json"), option=(["--nonsense"], "nonsense"),
       missing_value=(["-p"], "-p"), operand=(["surplus"], "surplus"))
def test_usage(_lab, args, *words):
    refused(args, "USAGE", *words)


def test_unknown_interface(lab):
    refused(["-i", "nosuch0"], "INTERFACE", "nosuch0", netns=lab.netns())


def test_interface_name_too_long(lab):
    name = "x" * 40
    hsmon = Hsmon(["-i", name], netns=lab.netns())
    assert hsmon.wait() in (EXIT["INTERFACE"], EXIT["USAGE"]), hsmon.told()
    check_line(hsmon, [name])


def for_nobody(lab):
    """A copy of hsmon that everybody can run, wherever it was built."""
    lab.folder.chmod(0o755)
    copy = lab.folder / "hsmon"
    shutil.copy(os.environ["HSMON"], copy)
    copy.chmod(0o755)
    os.environ["HSMON"] = str(copy)


def test_not_root(lab):
    for_nobody(lab)
    refused(["-p", "443"], "PRIVILEGE", "root", netns=lab.netns(), user=NOBODY)


def test_help_and_version_need_no_root(lab):
    for_nobody(lab)
    for option in ("-h", "--help", "--version"):
        hsmon = Hsmon([option], user=NOBODY)
        assert hsmon.wait() == 0, hsmon.told()
        assert hsmon.out.lines and not hsmon.err.lines, hsmon.told()
    assert b"hsmon" in hsmon.out.lines[0]


def test_file_that_is_not_there(_lab):
    refused(["-r", "/nonexistent/file.pcap"], "INPUT", "/nonexistent/file.pcap", "No such file")


def test_file_that_cannot_be_read(lab):
    for_nobody(lab)
    path = lab.folder / "secret.pcap"
    path.write_bytes(capture())
    path.chmod(0o600)
    refused(["-r", path], "INPUT", str(path), "Permission denied", user=NOBODY)


def test_file_that_is_a_folder(lab):
    hsmon = Hsmon(["-r", lab.folder])
    assert hsmon.wait() in (EXIT["INPUT"], EXIT["FORMAT"]), hsmon.told()
    check_line(hsmon, [str(lab.folder)])


def capture(packets=3):
    """A pcap file with packets of nothing in particular."""
    header = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
    frame = bytes(12) + b"\x08\x00" + bytes(46)
    return header + b"".join(struct.pack("<IIII", 1700000000 + i, 0, len(frame), len(frame)) + frame for i in range(packets))


@cases(text=(b"this is no capture\n" * 20,), empty=(b"",), zeros=(bytes(4096),), short_header=(capture()[:17],))
def test_no_capture(lab, content):
    path = lab.folder / "file.pcap"
    path.write_bytes(content)
    refused(["-r", path], "FORMAT", str(path))
    refused(["-r", "-"], "FORMAT", stdin=content)


@cases(in_a_packet=(-10,), in_a_packet_header=(-70,))
def test_truncated(lab, cut):
    """What is whole is read, what is missing is said."""
    path = lab.folder / "cut.pcap"
    path.write_bytes(capture()[:cut])
    hsmon = Hsmon(["-r", path])
    assert hsmon.wait() == EXIT["FORMAT"], hsmon.told()
    about = [line for line in hsmon.err.lines if str(path).encode() in line]
    assert len(about) == 1, hsmon.told()


def test_sound_capture_without_handshakes(lab):
    path = lab.folder / "sound.pcap"
    path.write_bytes(capture())
    hsmon = Hsmon.read_file(path)
    assert not hsmon.handshakes()


def test_output_that_is_full(lab):
    """Disk full: said, and an exit status that is not 0."""
    path = lab.folder / "sound.pcap"
    path.write_bytes(capture())
    from lab.process import run
    done = run(["sh", "-c", f"exec {os.environ['HSMON']} -o json -r {path} >/dev/full"])
    assert done.popen.returncode == EXIT["OUTPUT"], done.told()
    about = [line for line in done.err.lines if b"No space left" in line]
    assert len(about) == 1, done.told()


@cases(text=(), json=("-o", "json"))
def test_reader_of_the_output_that_goes(lab, *args):
    """hsmon -r FILE | head -1: told, not killed by a signal."""
    path = lab.folder / "sound.pcap"
    path.write_bytes(capture())
    out, gone = os.pipe()
    os.close(out)
    done = shell(f"{os.environ['HSMON']} {' '.join(args)} -r {path} >&{gone}", gone)
    if args:
        assert done.returncode == EXIT["OUTPUT"], done
        assert b"stdout" in done.stderr, done
    else:
        assert done.returncode == 0, "nothing was to be written"


def shell(command, *inherited):
    return subprocess.run(["sh", "-c", command], stdin=subprocess.DEVNULL, capture_output=True, pass_fds=inherited, timeout=20,
                          check=False)


@cases(standard_output=(">&-", "OUTPUT", b"stdout"), standard_input=("<&-", "INPUT", b"standard input"))
def test_closed(lab, how, status, said):
    """What is closed is not taken for whatever is opened next."""
    path = lab.folder / "sound.pcap"
    path.write_bytes(capture())
    done = shell(f"{os.environ['HSMON']} -o json -r {'-' if how[0] == '<' else path} {how}")
    assert done.returncode == EXIT[status], done
    assert said in done.stderr, done


@cases(help=("-h",), version=("--version",))
def test_help_that_cannot_be_written(_lab, option):
    done = shell(f"{os.environ['HSMON']} {option} >/dev/full")
    assert done.returncode == EXIT["OUTPUT"] and b"No space left" in done.stderr, done


def test_inherited_files(lab):
    """However many files the parent left open: the capture is read to its end."""
    path = lab.folder / "sound.pcap"
    path.write_bytes(capture())
    others = [os.dup(0) for _ in range(20)]
    done = shell(f"{os.environ['HSMON']} -r {path}", *others)
    assert done.returncode == 0, done


def test_name_that_a_terminal_would_obey(_lab):
    """Escaped, and still one line."""
    for option in (["-r", "/nonexistent/\x1b[2J\n"], ["-p", "\x1b[2J\n"], ["surplus\x1b[2J\n"]):
        done = subprocess.run([os.environ["HSMON"], *option], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert done.returncode and done.stderr.count(b"\n") == 1 and b"\x1b" not in done.stderr, done
        assert b"\\x1B[2J\\x0A" in done.stderr, done
