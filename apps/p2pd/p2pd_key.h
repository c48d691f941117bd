/*
 * Private keys as libp2p's programs keep them in files: protobuf with kind and bytes. Codec.
 * Source: libp2p's peer-ids specification; the 96 bytes are those of go-libp2p before 2019.
 */
#ifndef APPS_P2PD_P2PD_KEY_H
#define APPS_P2PD_P2PD_KEY_H

#include "base/span.h"
#include "wavu/node.h"

#define P2PD_KEY_FILE_MAX 8192 /* bytes of a key file; RSA of 4096 bits has 2.4 KiB */
#define P2PD_KEY_PUBLIC_SIZE 32

enum p2pd_key_kind { P2PD_KEY_RSA, P2PD_KEY_ED25519, P2PD_KEY_SECP256K1, P2PD_KEY_ECDSA };

/* An Ed25519 key. Wiped by who has it. */
struct p2pd_key {
    uint8_t seed[WAVU_SEED_SIZE];
    uint8_t public_key[P2PD_KEY_PUBLIC_SIZE]; /* as the file says; the id made of it must fit */
};

/** Read a file's bytes: Ed25519 of 64 bytes (seed, public key) or 96 (the public key twice).
 * WAVU_ERR_UNSUPPORTED with `*kind` set for another kind of key, _INVALID for what is no key. */
WARN_UNUSED int p2pd_key_decode(struct p2pd_key *out, enum p2pd_key_kind *kind, struct span file);

/** The peer id that belongs to the public key, as text. */
void p2pd_key_peer(const struct p2pd_key *key, char out[WAVU_PEER_TEXT_MAX]);

#endif
