/*
 * A text from anybody on a screen. First byte: the width and whether ASCII alone is drawn. Whatever
 * the text is: what is drawn is UTF-8 without controls, all bytes are gone through once, lines hold
 * what was to be drawn and are no wider than they may be.
 */
#include <stdint.h>
#include <string.h>

#include "apps/tui/flow.h"
#include "apps/tui/glyph.h"
#include "base/check.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_drawn(const struct glyph *g, bool is_ascii)
{
    CHECK(g->len == strlen(g->text) && g->columns <= GLYPH_COLUMNS_MAX);
    CHECK(utf8_is_plain(span_of(g->text, g->len)));
    CHECK((g->kind == GLYPH_TEXT || g->kind == GLYPH_SPACE) == (g->columns > 0));
    for (size_t i = 0; is_ascii && i < g->len; i++) {
        CHECK(g->text[i] >= ' ' && g->text[i] <= '~');
    }
    CHECK(!is_ascii || g->len == g->columns);
}

/* Bytes of `text` that leave a mark on a screen from `from` to `to`. */
static size_t shown(struct span text, size_t from, size_t to, bool is_ascii)
{
    struct glyph g;
    size_t columns = 0;
    while (from < to) {
        size_t taken = glyph_next(&g, text, from, is_ascii);
        CHECK(taken >= 1 && taken <= text.len - from);
        check_drawn(&g, is_ascii);
        columns += g.kind == GLYPH_TEXT ? g.columns : 0;
        from += taken;
    }
    CHECK(from == to || text.len == 0);
    return columns;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct flow f;
    struct flow_line line;
    size_t in_lines = 0;
    size_t behind = 0;
    if (len == 0) {
        return 0;
    }
    const bool is_ascii = (data[0] & 1) != 0;
    const size_t width = data[0] >> 1;
    const struct span text = span_of(data + 1, len - 1);
    const size_t all = shown(text, 0, text.len, is_ascii);
    flow_start(&f, text, width, is_ascii);
    while (flow_next(&f, &line)) {
        CHECK(line.from >= behind && line.to >= line.from && line.to <= text.len);
        CHECK(line.columns <= f.width || line.columns <= GLYPH_COLUMNS_MAX);
        in_lines += shown(text, line.from, line.to, is_ascii);
        behind = line.to;
    }
    CHECK(in_lines == all);
    for (size_t at = text.len; at > 0;) {
        size_t before = glyph_before(text, at);
        CHECK(before < at);
        at = before;
        if (text.len > 600) { /* each looks back: for short texts only */
            break;
        }
    }
    return 0;
}
