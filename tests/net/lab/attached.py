#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What BPF programs hang on the interfaces of a namespace, asked of the kernel: older bpftool does not list TCX.

As a program: prints a JSON object, interface: [[hook, program id or name], ...], of the namespace it runs in."""
import ctypes
import json
import os
import platform
import socket
import struct
import subprocess
import sys

BPF_PROG_QUERY = 16
TCX = {"tcx/ingress": 46, "tcx/egress": 47}
NR_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "ppc64le": 361, "s390x": 351}


def tcx_programs(ifindex, attach_type):
    libc = ctypes.CDLL(None, use_errno=True)
    ids = (ctypes.c_uint32 * 64)()
    # target_ifindex, attach_type, query_flags, attach_flags, prog_ids, prog_cnt, pad, then pointers that are not asked for
    attr = struct.pack("=IIIIQII4Q", ifindex, attach_type, 0, 0, ctypes.addressof(ids), len(ids), 0, 0, 0, 0, 0)
    buffer = ctypes.create_string_buffer(attr, len(attr))
    if libc.syscall(NR_BPF[platform.machine()], BPF_PROG_QUERY, buffer, len(attr)) != 0:
        return []       # before 6.6 there is no TCX
    return list(ids[:struct.unpack_from("=I", buffer.raw, 24)[0]])


def clsact_programs(name, hook):
    done = subprocess.run(["tc", "-j", "filter", "show", "dev", name, hook], capture_output=True, text=True, check=False)
    rows = json.loads(done.stdout) if done.stdout.strip() else []
    return [r["options"].get("bpf_name", "?") for r in rows if r.get("kind") == "bpf" and "options" in r]


def clsact_present(name):
    done = subprocess.run(["tc", "-j", "qdisc", "show", "dev", name], capture_output=True, text=True, check=False)
    return any(q.get("kind") == "clsact" for q in json.loads(done.stdout or "[]"))


def programs():
    found = {}
    for ifindex, name in socket.if_nameindex():
        here = [[hook, i] for hook, number in TCX.items() for i in tcx_programs(ifindex, number)]
        for hook in ("ingress", "egress"):
            here += [[f"clsact/{hook}", p] for p in clsact_programs(name, hook)]
        if clsact_present(name):
            here.append(["qdisc", "clsact"])
        found[name] = here
    return found


def in_netns(netns):
    """programs() of another namespace."""
    done = subprocess.run(["nsenter", f"--net=/run/netns/{netns}", sys.executable, os.path.abspath(__file__)],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    json.dump(programs(), sys.stdout)
