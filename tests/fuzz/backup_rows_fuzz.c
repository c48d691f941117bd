/*
 * The stream of kept entries: whatever pieces come, entries leave that no store would refuse by
 * their length, or the stream is refused; entries that are written come back.
 */
#include "base/check.h"
#include "members/backup_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how long pieces are. */
static void read_all(struct span in, size_t step)
{
    struct backup_rows r;
    struct span whole;
    struct span value;
    int rc = 0;

    backup_rows_init(&r);
    for (size_t at = 0; at < in.len && (rc == 0 || rc == WAVU_ERR_NOT_FOUND); at += step) {
        rc = backup_rows_feed(&r, span_slice(in, at, step < in.len - at ? step : in.len - at));
        while (rc == 0) {
            rc = backup_rows_next(&r, &whole, &value);
            CHECK(rc < 0 || (whole.len <= BACKUP_ROWS_KEY_MAX && value.len <= STORE_VALUE_MAX));
        }
    }
    CHECK(rc == 0 || rc == WAVU_ERR_NOT_FOUND || rc == WAVU_ERR_CORRUPT ||
          rc == WAVU_ERR_UNSUPPORTED);
    backup_rows_clear(&r);
}

/* The input as one entry's key and value. */
static void write_and_read(struct span in)
{
    struct backup_rows to;
    struct backup_rows from;
    struct span piece;
    struct span whole;
    struct span value;
    size_t cut = in.len < BACKUP_ROWS_KEY_MAX ? in.len / 2 : BACKUP_ROWS_KEY_MAX / 2;

    backup_rows_init(&to);
    backup_rows_init(&from);
    if (backup_rows_write(&to, span_slice(in, 0, cut), span_slice(in, cut, in.len - cut)) == 0) {
        while (backup_rows_piece(&to, true, &piece)) {
            CHECK(backup_rows_feed(&from, piece) == 0);
        }
        CHECK(backup_rows_next(&from, &whole, &value) == 0);
        CHECK(span_is_equal(whole, span_slice(in, 0, cut)));
        CHECK(span_is_equal(value, span_slice(in, cut, in.len - cut)));
        CHECK(backup_rows_next(&from, &whole, &value) == WAVU_ERR_NOT_FOUND);
        CHECK(backup_rows_is_whole(&from) && backup_rows_is_whole(&to));
    }
    backup_rows_clear(&to);
    backup_rows_clear(&from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        read_all(span_of(data + 1, size - 1), (size_t)data[0] + 1);
        write_and_read(span_of(data, size));
    }
    return 0;
}
