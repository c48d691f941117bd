/*
 * The line that is typed, by operations from the input. Whatever is pressed: the text is UTF-8 of
 * bounded length, the cursor stands at the edge of a character, what is drawn lies in its rows and
 * has the cursor, and what was allocated is given back.
 */
#include <stdint.h>
#include <string.h>

#include "apps/tui/glyph.h"
#include "apps/tui/input.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void offer(void *context, const char *text, size_t cursor, struct input_words *out)
{
    const size_t *count = context;
    out->from = cursor > 0 ? glyph_before(span_of(text, cursor), cursor) : 0;
    for (; out->count < *count; out->count++) {
        memset(out->word[out->count], 'a' + (int)(out->count % 26), out->count + 1);
    }
}

static void check(const struct input *in, size_t width, size_t rows)
{
    struct input_lay lay;
    const char *text = input_text(in);
    size_t len = input_len(in);
    CHECK(len <= INPUT_TEXT_MAX && strlen(text) == len && input_cursor(in) <= len);
    CHECK(((unsigned char)text[input_cursor(in)] & 0xc0) != 0x80);
    for (size_t at = 0; at < len;) {
        uint32_t point = 0;
        size_t taken = utf8_next(&point, span_of(text, len), at);
        CHECK(taken > 0 && (point >= ' ' || point == '\n'));
        at += taken;
    }
    input_lay(in, width, rows, false, &lay);
    CHECK(lay.rows >= 1 && lay.rows <= INPUT_ROWS_MAX && lay.cursor_row < lay.rows);
    for (size_t i = 0; i < lay.rows; i++) {
        CHECK(lay.row[i].from <= lay.row[i].to && lay.row[i].to <= len);
    }
    size_t from = lay.row[lay.cursor_row].from;
    CHECK(input_cursor(in) >= from && input_cursor(in) <= lay.row[lay.cursor_row].to);
}

/* One operation of two bytes. */
static void step(struct input *in, uint8_t operation, uint8_t value)
{
    static const uint32_t points[] = {0x301, 0x200d, 0x1f469, 0x1f1f0, 0x6c34, 0x5d0, 0x1b, 0xfffd};
    if (operation < 128) {
        (void)input_press(in, (enum input_key)(operation % (INPUT_PASTE_END + 1)));
    } else if (operation < 200) {
        (void)input_type(in, value);
    } else if (operation < 240) {
        (void)input_type(in, points[value % 8]);
    } else if (operation < 250) {
        input_sent(in, value % 8 == 0);
    } else {
        input_set(in, value % 2 == 0 ? "two\nlines" : "\u6c34 e\u0301");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t live = mem_live_count();
    if (len < 2) {
        return 0;
    }
    size_t words = data[0] % (INPUT_WORDS_MAX + 1);
    struct input *in = input_new((struct input_completer){offer, &words});
    for (size_t i = 2; i + 1 < len && i < 1024; i += 2) {
        step(in, data[i], data[i + 1]);
        check(in, data[1] % 32, data[0] % 12);
    }
    input_free(in);
    CHECK(mem_live_count() == live);
    return 0;
}
