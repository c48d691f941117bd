/*
 * Sticks: what waits for members, as files that somebody carries where no network is.
 *
 * A program writes files with wavu_stick_write, then wavu_stick_next until there are no more; and
 * reads one after the other with wavu_stick_put, then wavu_stick_take until that is done. The
 * library touches no path: bytes go to and from whoever calls. What is in a file is sealed and
 * names nobody (docs/protocol/stick.md). Everything happens on the node's thread. It needs a
 * network (wavu/members.h).
 */
#ifndef WAVU_STICK_H
#define WAVU_STICK_H

#include "wavu/members.h"

WAVU_BEGIN

#define WAVU_STICK_FILE_MAX (1024u * 1024u) /* bytes of a file */
#define WAVU_STICK_NAME_MAX 24              /* "0123456789abcdef.wavu", with NUL */

/* A file to be written. Borrowed until the next call. */
struct wavu_stick_file {
    char name[WAVU_STICK_NAME_MAX]; /* tells nothing */
    const void *bytes;
    size_t len;
    size_t messages; /* in it; receipts and keys are some, too */
};

/** Begin to write what is for `member` (its id; NULL: for all) of `network` (NULL: the only one).
 * WAVU_ERR_NOT_FOUND (no such network, or member), _INVALID (several networks: say which), _DENIED
 * (this node left, or was put out there), _AGAIN: it could not be opened. */
WAVU_API WARN_UNUSED int wavu_stick_write(struct wavu_node *node, const char *network,
                                          const char *member);

/** The next file. WAVU_ERR_AGAIN: some is not on the disk yet, in a moment; _NOT_FOUND: that was
 * all: `file->messages` are those that could not be sealed, since their readers' keys are not known
 * here yet; _TIMEOUT: nobody asked for ten minutes, begin anew. */
WAVU_API WARN_UNUSED int wavu_stick_next(struct wavu_node *node, struct wavu_stick_file *file);

/** Bytes of a file to be read, from `at` on, in order; at 0 another file begins. WAVU_ERR_INVALID:
 * bytes are missing before these; _LIMIT: it is too large. */
WAVU_API WARN_UNUSED int wavu_stick_put(struct wavu_node *node, size_t at, const void *bytes,
                                        size_t len);

/* What became of what was in a file. */
struct wavu_stick_taken {
    uint32_t read;    /* for us, and new */
    uint32_t held;    /* for other members, until they are met */
    uint32_t known;   /* here before, or read */
    uint32_t old;     /* their time is over */
    uint32_t later;   /* for us, but not taken now: the file is to be kept, and read again */
    uint32_t full;    /* for others, of whom no more is held: likewise */
    uint32_t nobodys; /* for no member, or nothing that can be read */
};

/** Take what is in the file, in `network` (NULL: in whichever it is for). 0: all of it was, and is
 * on the disk. WAVU_ERR_AGAIN: call again, in a moment; _PROTO: it is no whole file; _UNSUPPORTED:
 * of a newer wavu; _NOT_FOUND, _INVALID, _DENIED as above. */
WAVU_API WARN_UNUSED int wavu_stick_take(struct wavu_node *node, const char *network,
                                         struct wavu_stick_taken *taken);

WAVU_END

#endif
