/*
 * Codec of what a message says of a file: which one it is, the key that opens it, and what people
 * are shown. Content.file of a message comes in or leaves.
 *
 * Source: docs/protocol/file.md, File of file.proto.
 */
#ifndef SYNC_FILE_ABOUT_H
#define SYNC_FILE_ABOUT_H

#include "base/wr.h"
#include "sync/file_name.h"
#include "sync/file_shape.h"

#define FILE_ABOUT_MEDIA_MAX 127      /* bytes: what IANA lets a type have (RFC 6838 4.2) */
#define FILE_ABOUT_THUMBNAIL_MAX 4096 /* of a message's 64 KiB */
/* Two fields of 32 bytes, the size, the AEAD, the texts, the thumbnail, and the heads of all. */
#define FILE_ABOUT_SIZE_MAX                                                                        \
    (2 * 34 + 11 + 3 + FILE_NAME_SIZE_MAX + FILE_ABOUT_MEDIA_MAX + FILE_ABOUT_THUMBNAIL_MAX + 9)

/* Spans are borrowed. */
struct file_about {
    uint8_t id[FILE_SHAPE_ID_SIZE];
    uint8_t key[FILE_SHAPE_KEY_SIZE]; /* a secret */
    uint64_t size;
    enum aead_kind aead;
    struct span name;  /* what the giver calls it: 1 to FILE_NAME_SIZE_MAX bytes of plain UTF-8 */
    struct span media; /* type; or empty */
    struct span thumbnail; /* or empty */
};

/** WAVU_ERR_PROTO; WAVU_ERR_UNSUPPORTED: sealed with an AEAD of later. A name that is no name of a
 * file (file_name_is_good) is taken: file_name_make makes one of it. */
WARN_UNUSED int file_about_decode(struct file_about *about, struct span bytes);

/** Append it. What decode refuses must not be given. */
void file_about_encode(struct wr *w, const struct file_about *about);

#endif
