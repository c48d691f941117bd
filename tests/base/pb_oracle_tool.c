/*
 * The protobuf cursor as a program, for tests/base/oracle/pb_oracle.py to hold against protoc's
 * code.
 *
 * In, a line each:  r HEX    read a message
 *                   w DUMP   write a message
 * Out, a line each: "ok HEX DUMP" (what was read, in minimal form, and the fields), "ok HEX" (what
 * was written), or "bad".
 *
 * DUMP is fields with spaces between: v1=7 (varint) o2=1 (bool) q3=7 (fixed64) d4=7 (fixed32)
 * b5=6162 (bytes) t6=ab (text), and "m20 FIELDS e" for a message. Fields 20 and 21 hold messages;
 * all other numbers are whatever their wire type says.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/pb.h"
#include "wavu/err.h"

#define LINE_MAX_SIZE (1u << 20)
#define DEPTH_MAX 100 /* protoc's own limit */
#define CHILD 20
#define CHILDREN 21

static char line[LINE_MAX_SIZE];
static uint8_t message[LINE_MAX_SIZE];
static uint8_t minimal[LINE_MAX_SIZE];
static char dump[4 * LINE_MAX_SIZE];

/* ---- reading ---- */

static void dump_number(struct wr *out, char kind, const struct pb_field *f)
{
    wr_u8(out, (uint8_t)kind);
    wr_decimal(out, f->number);
    wr_u8(out, '=');
    wr_decimal(out, f->value);
}

static int read_message(struct span in, struct wr *w, struct wr *out, unsigned int depth);

/* A bytes field, or a message in it. */
static int read_bytes(const struct pb_field *f, struct wr *w, struct wr *out, unsigned int depth)
{
    bool is_message = f->number == CHILD || f->number == CHILDREN;
    wr_text(out, is_message ? "m" : "b");
    wr_decimal(out, f->number);
    size_t before = w->len;
    if (!is_message) {
        wr_u8(out, '=');
        wr_hex(out, f->bytes);
        pb_write_bytes(w, f->number, f->bytes);
        CHECK(w->len - before == pb_bytes_size(f->number, f->bytes.len));
        return 0;
    }
    struct wr inner;
    uint8_t *bytes = mem_new_raw(f->bytes.len + 1);
    wr_init(&inner, span_mut_of(bytes, f->bytes.len));
    int rc = depth == DEPTH_MAX ? WAVU_ERR_LIMIT : read_message(f->bytes, &inner, out, depth + 1);
    if (rc == 0) {
        pb_write_head(w, f->number, inner.len);
        wr_bytes(w, wr_span(&inner));
        CHECK(w->len - before == pb_bytes_size(f->number, inner.len));
        wr_text(out, " e");
    }
    mem_free(bytes);
    return rc;
}

/* Write what `in` holds to `w` in minimal form and to `out` as DUMP. */
static int read_message(struct span in, struct wr *w, struct wr *out, unsigned int depth)
{
    struct pb p;
    struct pb_field f;
    int rc = 0;
    pb_init(&p, in);
    while (rc == 0 && pb_next(&p, &f)) {
        wr_u8(out, ' ');
        switch (f.wire) {
        case PB_VARINT:
            dump_number(out, 'v', &f);
            pb_write_varint(w, f.number, f.value);
            break;
        case PB_FIXED64:
            dump_number(out, 'q', &f);
            pb_write_fixed64(w, f.number, f.value);
            break;
        case PB_FIXED32:
            dump_number(out, 'd', &f);
            pb_write_fixed32(w, f.number, (uint32_t)f.value);
            break;
        case PB_BYTES:
            rc = read_bytes(&f, w, out, depth);
            break;
        }
    }
    if (rc == 0)
        rc = pb_finish(&p);
    CHECK(wr_finish(w) == 0); /* the minimal form is never longer */
    return rc;
}

/* ---- writing ---- */

/* Read hexadecimal digits at `*at` up to something else into `out`; returns the bytes. */
static size_t parse_hex(const char **at, uint8_t *out)
{
    size_t len = 0;
    while (isxdigit((unsigned char)**at)) {
        const char pair[3] = {(*at)[0], (*at)[1], '\0'};
        out[len++] = (uint8_t)strtoul(pair, NULL, 16);
        *at += 2;
    }
    return len;
}

/* Write one field that is no message: `kind`, its number, and its value at `*at`. */
static void write_field(struct wr *w, char kind, uint32_t number, const char **at)
{
    char *end = NULL;
    if (kind == 'b') {
        size_t len = parse_hex(at, message);
        pb_write_bytes(w, number, span_of(message, len));
        return;
    }
    if (kind == 't') {
        size_t len = strcspn(*at, " ");
        char *text = mem_new(len + 1);
        memcpy(text, *at, len);
        pb_write_text(w, number, text);
        mem_free(text);
        *at += len;
        return;
    }
    uint64_t value = strtoumax(*at, &end, 10);
    *at = end;
    if (kind == 'v')
        pb_write_varint(w, number, value);
    else if (kind == 'o')
        pb_write_bool(w, number, value != 0);
    else if (kind == 'q')
        pb_write_fixed64(w, number, value);
    else if (kind == 'd')
        pb_write_fixed32(w, number, (uint32_t)value);
    else
        CHECK(false); /* the test speaks another language */
}

/* Write the fields at `*at` up to the end of the line or an "e". */
static void write_message(struct wr *w, const char **at, unsigned int depth)
{
    CHECK(depth <= DEPTH_MAX);
    while (**at == ' ')
        ++*at;
    while (**at != '\0' && **at != 'e') {
        char *end = NULL;
        char kind = *(*at)++;
        uint32_t number = (uint32_t)strtoul(*at, &end, 10);
        *at = end + (*end == '=');
        if (kind == 'm') {
            struct wr inner;
            size_t size = 2 * strlen(*at); /* at worst "q1=1 " is 9 bytes */
            uint8_t *bytes = mem_new_raw(size + 1);
            wr_init(&inner, span_mut_of(bytes, size));
            write_message(&inner, at, depth + 1);
            CHECK(wr_finish(&inner) == 0);
            pb_write_bytes(w, number, wr_span(&inner));
            mem_free(bytes);
            *at += **at == 'e';
        } else {
            write_field(w, kind, number, at);
        }
        while (**at == ' ')
            ++*at;
    }
}

static void answer(struct wr *w, struct wr *out)
{
    for (size_t i = 0; i < w->len; i++)
        printf("%02x", (unsigned int)minimal[i]);
    if (out != NULL) {
        CHECK(wr_finish_text(out) == 0);
        fputs(dump, stdout);
    }
    putchar('\n');
    fflush(stdout);
}

int main(void)
{
    while (fgets(line, (int)sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *at = line + 1 + (line[1] == ' ');
        struct wr w;
        struct wr out;
        wr_init(&w, span_mut_of(minimal, sizeof minimal));
        wr_init(&out, span_mut_of(dump, sizeof dump));
        if (line[0] == 'w') {
            write_message(&w, &at, 0);
            CHECK(*at == '\0' && wr_finish(&w) == 0);
            fputs("ok ", stdout);
            answer(&w, NULL);
            continue;
        }
        size_t len = parse_hex(&at, message);
        uint8_t *exact = mem_new_raw(len + 1); /* of its size, so that ASan sees a read beyond */
        memcpy(exact + 1, message, len);
        wr_init(&w, span_mut_of(minimal, len));
        if (read_message(span_of(exact + 1, len), &w, &out, 0) == 0) {
            fputs("ok ", stdout);
            answer(&w, &out);
        } else {
            puts("bad");
            fflush(stdout);
        }
        mem_free(exact);
    }
    return 0;
}
