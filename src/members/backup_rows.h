/*
 * Entries of a store as one stream, cut into the records of a backup: they come in and leave as
 * bytes, and out of bytes come entries again.
 *
 *     format 4 (STORE_FORMAT) | { length 2 | whole key | length 4 | value } ...
 *
 * Source: docs/protocol/backup.md, "Kept entries".
 */
#ifndef MEMBERS_BACKUP_ROWS_H
#define MEMBERS_BACKUP_ROWS_H

#include "base/buf.h"
#include "members/backup.h"
#include "store/store.h"

#define BACKUP_ROWS_KEY_MAX (2 + STORE_NAME_MAX + STORE_KEY_MAX) /* a whole key */
/* The longest entry, and behind it or before it a piece. */
#define BACKUP_ROWS_MAX (2 + BACKUP_ROWS_KEY_MAX + 4 + STORE_VALUE_MAX + BACKUP_VALUE_MAX)

struct backup_rows {
    struct buf bytes; /* what people said: wiped */
    size_t at;        /* of them, used up */
    bool has_format;
};

/** An empty stream, for writing or for reading. */
void backup_rows_init(struct backup_rows *r);
void backup_rows_clear(struct backup_rows *r);

/** Write an entry. WAVU_ERR_LIMIT: longer than any of a store. Then take all pieces. */
WARN_UNUSED int backup_rows_write(struct backup_rows *r, struct span whole, struct span value);

/** The next piece for a record, borrowed until the next call; false: less than one is left, unless
 * `is_end`: then all that is left. */
WARN_UNUSED bool backup_rows_piece(struct backup_rows *r, bool is_end, struct span *piece);

/** The next record's piece. WAVU_ERR_CORRUPT: longer than any. Then read all entries. */
WARN_UNUSED int backup_rows_feed(struct backup_rows *r, struct span piece);

/** The next entry, borrowed until the next call. WAVU_ERR_NOT_FOUND: it is not whole yet;
 * _UNSUPPORTED: of a store of another format; _CORRUPT. */
WARN_UNUSED int backup_rows_next(struct backup_rows *r, struct span *whole, struct span *value);

/** Was all of it entries? */
bool backup_rows_is_whole(const struct backup_rows *r);

#endif
