/*
 * Shares of who asks for files. Of memory each member may have as much as is left over: one alone
 * has half of all, two a third each, and whoever comes next finds room.
 */
#include "sync/file_share.h"

#include <string.h>

#include "base/check.h"
#include "base/span.h"

static bool is_of(const struct file_share_stream *s, const uint8_t member[32])
{
    return s->is_used && span_is_equal(span_of(s->member, 32), span_of(member, 32));
}

static size_t count_of(const struct file_share *s, const uint8_t member[32])
{
    size_t count = 0;

    for (size_t i = 0; i < FILE_SHARE_STREAMS_MAX; i++) {
        count += is_of(&s->streams[i], member) ? 1 : 0;
    }
    return count;
}

size_t file_share_add(struct file_share *s, const uint8_t member[32], uint64_t now)
{
    size_t at = 0;

    while (at < FILE_SHARE_STREAMS_MAX && s->streams[at].is_used) {
        at++;
    }
    if (at == FILE_SHARE_STREAMS_MAX) {
        return FILE_SHARE_NONE;
    }
    s->streams[at] = (struct file_share_stream){.moved = now, .is_used = true};
    memcpy(s->streams[at].member, member, sizeof s->streams[at].member);
    s->count++;
    return at;
}

size_t file_share_victim(const struct file_share *s, const uint8_t member[32])
{
    size_t most = count_of(s, member) + 1;
    size_t victim = FILE_SHARE_NONE;

    for (size_t i = 0; i < FILE_SHARE_STREAMS_MAX; i++) {
        const struct file_share_stream *one = &s->streams[i];
        const size_t count = one->is_used ? count_of(s, one->member) : 0;

        if (count > most ||
            (victim != FILE_SHARE_NONE && count == most && one->moved < s->streams[victim].moved)) {
            most = count;
            victim = i;
        }
    }
    return victim;
}

void file_share_remove(struct file_share *s, size_t at)
{
    CHECK(s->streams[at].is_used && s->streams[at].bytes == 0);
    s->streams[at].is_used = false;
    s->count--;
}

bool file_share_may(const struct file_share *s, size_t at)
{
    size_t held = 0;

    for (size_t i = 0; i < FILE_SHARE_STREAMS_MAX; i++) {
        held += is_of(&s->streams[i], s->streams[at].member) ? s->streams[i].bytes : 0;
    }
    return s->bytes < FILE_SHARE_BYTES_MAX && held < FILE_SHARE_BYTES_MAX - s->bytes;
}

void file_share_take(struct file_share *s, size_t at, size_t bytes)
{
    CHECK(s->streams[at].is_used);
    s->streams[at].bytes += bytes;
    s->bytes += bytes;
}

void file_share_give(struct file_share *s, size_t at, size_t bytes)
{
    CHECK(s->streams[at].bytes >= bytes && s->bytes >= bytes);
    s->streams[at].bytes -= bytes;
    s->bytes -= bytes;
}
