#!/usr/bin/env python3
"""Write every frame of an interface (or "": of all) to a file until ended by a signal: frames.py INTERFACE FILE.

Says "listening" on standard output once nothing is missed any more. Linux only (AF_PACKET), as root of its namespace.
"""
import signal
import socket
import sys

ALL = 3  # ETH_P_ALL


def main():
    """Listen and write."""
    interface, path = sys.argv[1:3]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL)) as ear, open(path, "wb", buffering=0) as out:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 20)
        if interface:
            ear.bind((interface, 0))
        print("listening", flush=True)
        while True:
            out.write(ear.recv(65536))


if __name__ == "__main__":
    main()
