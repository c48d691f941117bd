#!/usr/bin/env python3
"""Vectors of the libp2p daemon's control protocol: protoc's bytes of docs/protocol/p2pd.proto. Prints the text of
tests/vectors/p2pd.txt; makes the corpus of p2pd_msg_fuzz when a folder is named."""
import pathlib
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/protocol"
ID = r"\000\044\010\001\022\040" + r"\007" * 32
MESSAGES = [
    ("identify", "Request", "type: IDENTIFY"),
    ("connect", "Request", f'type: CONNECT connect {{ peer: "{ID}" addresses: "\\004\\177\\000\\000\\001\\006\\000\\012" '
                           f'addresses: "\\004\\300\\000\\002\\001\\006\\000\\013" timeout: 7 }}'),
    ("stream_open", "Request", f'type: STREAM_OPEN stream_open {{ peer: "{ID}" protocols: "/a/2" protocols: "/a/1" timeout: 300 }}'),
    ("stream_handler", "Request", r'type: STREAM_HANDLER stream_handler { address: "\220\003\006/tmp/s" protocols: "/a/1" }'),
    ("find_providers", "Request", r'type: DHT dht { type: FIND_PROVIDERS cid: "\001\125\022" count: 20 timeout: 1 }'),
    ("put_value", "Request", r'type: DHT dht { type: PUT_VALUE key: "/v/k" value: "\000\377" }'),
    ("list_peers", "Request", "type: LIST_PEERS"),
    ("tag_peer", "Request", f'type: CONNMANAGER conn_manager {{ type: TAG_PEER peer: "{ID}" tag: "friend" weight: -5 }}'),
    ("trim", "Request", "type: CONNMANAGER conn_manager { type: TRIM }"),
    ("disconnect", "Request", f'type: DISCONNECT disconnect {{ peer: "{ID}" }}'),
    ("publish", "Request", 'type: PUBSUB pubsub { type: PUBLISH topic: "news" data: "hello" }'),
    ("get_topics", "Request", "type: PUBSUB pubsub { type: GET_TOPICS }"),
    ("get_protocols", "Request", f'type: PEERSTORE peerstore {{ type: GET_PROTOCOLS id: "{ID}" }}'),
    ("no_body", "Request", "type: CONNECT"),
    ("answer_ok", "Response", "type: OK"),
    ("answer_error", "Response", 'type: ERROR error { message: "no such thing" }'),
    ("answer_identify", "Response", f'type: OK identify {{ id: "{ID}" addresses: "\\004\\177\\000\\000\\001\\006\\000\\012" addresses: "x" }}'),
    ("answer_peers", "Response", f'type: OK peers {{ id: "{ID}" addresses: "x" }} peers {{ id: "\\001" }}'),
    ("answer_stream", "Response", f'type: OK stream_info {{ peer: "{ID}" address: "x" protocol: "/a/1" }}'),
    ("stream_info", "StreamInfo", f'peer: "{ID}" address: "x" protocol: "/a/1"'),
    ("answer_peerstore", "Response", f'type: OK peerstore {{ peer {{ id: "{ID}" addresses: "x" }} protocols: "/a/1" protocols: "/b" }}'),
]


def encode(kind, text):
    command = ["protoc", f"-I{PAGE}", f"--encode=wavu.p2pd.{kind}", "p2pd.proto"]
    return subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True).stdout


def main():
    print("# The libp2p daemon's control protocol. Made by tests/support/vectors_p2pd.py: protoc's bytes.")
    for name, kind, text in MESSAGES:
        made = encode(kind, text)
        print(f"\nname = {name}\nbytes = {made.hex()}")
        if len(sys.argv) > 1 and kind == "Request":
            (pathlib.Path(sys.argv[1]) / name).write_bytes(made)


if __name__ == "__main__":
    main()
