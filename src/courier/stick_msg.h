/*
 * A file on a stick: envelopes one behind the other, whole or not there at all.
 *
 * Source: docs/protocol/stick.md.
 */
#ifndef COURIER_STICK_MSG_H
#define COURIER_STICK_MSG_H

#include "base/buf.h"
#include "base/span.h"
#include "courier/envelope.h"

#define STICK_MSG_FILE_MAX (1024u * 1024u) /* bytes; ten of the largest envelopes */
#define STICK_MSG_HEAD_SIZE 12             /* "wavu stick", format as 2 bytes */
#define STICK_MSG_CHECK_SIZE 32            /* SHA-256 of all before it */

/** Begin a file in `out`, which is empty and may hold STICK_MSG_FILE_MAX bytes. */
void stick_msg_begin(struct buf *out);

/** Append an envelope, encoded. WAVU_ERR_LIMIT when it belongs into the next file; nothing is
 * written then. */
WARN_UNUSED int stick_msg_add(struct buf *out, struct span envelope);

/** End it. */
void stick_msg_end(struct buf *out);

/** 0 when `file` is whole. WAVU_ERR_PROTO: it is none, or was cut or changed; WAVU_ERR_UNSUPPORTED:
 * of a newer wavu. */
WARN_UNUSED int stick_msg_check(struct span file);

/** The next envelope of a file that passed stick_msg_check, from `*at` on, 0 at first. False behind
 * the last. Whether it is one its reader sees. */
WARN_UNUSED bool stick_msg_next(struct span file, size_t *at, struct span *envelope);

#endif
