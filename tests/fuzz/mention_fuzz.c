/*
 * Names in a text: each is a part of it behind an @, they come in order, and the search ends.
 */
#include "apps/talk/mention.h"

#include "base/check.h"
#include "wavu/members.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct span text = span_of(data, len);
    struct span name;
    size_t before = 0;
    size_t at = 0;
    while (mention_next(text, &at, &name)) {
        CHECK(name.len > 0 && name.len < WAVU_SHOWN_MAX);
        CHECK(name.ptr > text.ptr + before && name.ptr + name.len == text.ptr + at);
        const bool is_quoted = name.ptr[-1] == '"' && name.ptr - text.ptr >= 2;
        CHECK(name.ptr[-1] == '@' || (is_quoted && name.ptr[-2] == '@'));
        const struct span bare = mention_bare(name);
        CHECK(bare.ptr == name.ptr && bare.len <= name.len);
        before = at;
    }
    CHECK(at == len);
    return 0;
}
