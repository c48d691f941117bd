/*
 * What peers write, on its way to a terminal. First byte: how it is shown, and in which buffer.
 * Whatever comes in, what goes out is UTF-8 without anything that steers a terminal, turns text
 * around or piles up, fits, and is the same when it is cleaned again.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "apps/rpc/jsonrpc.h"
#include "apps/talk/talk_line.h"
#include "apps/talk/talk_message.h"
#include "apps/term/clean.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define SIZE 4096

static void check_text(const char *text, size_t len, enum clean_kind kind)
{
    const struct span all = span_of(text, len);

    for (size_t at = 0; at < len;) {
        uint32_t point = 0;
        const size_t part = utf8_next(&point, all, at);
        CHECK(part > 0);
        CHECK(point >= ' ' || (kind == CLEAN_TEXT && point == '\n'));
        CHECK(point < 0x7f || point > 0x9f);
        CHECK(point != 0x200e && point != 0x200f && point != 0x061c);
        CHECK(point < 0x2028 || point > 0x202e);
        CHECK(point < 0x2066 || point > 0x206f);
        at += part;
    }
}

static void check_clean(const char *text, size_t len, enum clean_kind kind, size_t size)
{
    static char out[SIZE];
    static char again[SIZE];
    const size_t used = clean_text(out, size, text, len, kind);

    CHECK(used < size && out[used] == '\0');
    check_text(out, used, kind);
    const size_t same = clean_text(again, size, out, used, kind);
    CHECK(same == used && memcmp(again, out, used) == 0);
}

static void check_message(const uint8_t *data, size_t len)
{
    json_t *one = json_loadb((const char *)data, len, 0, NULL);
    struct talk_line line;

    if (one == NULL) {
        return;
    }
    struct talk_message *m = talk_message_new(one);
    CHECK(talk_message_is_same(m, m) && talk_message_size(m) > 0);
    talk_line_make(&line, m, m, NULL);
    CHECK(strlen(line.text) == line.text_len);
    check_text(line.text, line.text_len, CLEAN_TEXT);
    check_text(line.name, strlen(line.name), CLEAN_LINE);
    check_text(line.about, strlen(line.about), CLEAN_LINE);
    check_text(line.marks, strlen(line.marks), CLEAN_LINE);
    check_text(line.reactions, strlen(line.reactions), CLEAN_LINE);
    talk_line_clear(&line);
    talk_message_free(m);
    json_decref(one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0) {
        return 0;
    }
    jsonrpc_start();
    const uint8_t how = data[0];

    if ((how & 1) != 0) {
        check_message(data + 1, len - 1);
    } else {
        check_clean((const char *)data + 1, len - 1, (enum clean_kind)((how >> 3) % 3),
                    (how & 4) != 0 ? SIZE : 1 + (size_t)(how >> 3));
    }
    return 0;
}
