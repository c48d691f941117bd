/*
 * multistream-select: who proposes, who answers, and where the next layer begins.
 *
 * Arrives: the first bytes of a stream or link. Leaves: tokens through multistream_pull; one event
 * a token to the owner, who hands every byte behind the last one to the next layer.
 *
 *   responder   WAIT_HEADER -> WAIT_PROPOSAL <-> ASKING -> DONE
 *   initiator   WAIT_HEADER -> WAIT_ANSWER (again while refused) -> DONE
 *   either      -> DEAD on garbage, and when nothing is left to propose
 *
 * Two initiators do not hang: each sees the other's proposal where only an echo or "na" may stand.
 */
#include "mux/multistream.h"

#include "base/check.h"
#include "base/varint.h"
#include "base/wr.h"
#include "wavu/err.h"

#define HEADER_TEXT "/multistream/1.0.0"
#define TOKEN_PREFIX_MAX 2 /* varint of MULTISTREAM_TOKEN_MAX */

_Static_assert(MULTISTREAM_TOKEN_MAX < 1 << (7 * TOKEN_PREFIX_MAX), "a length fits its prefix");

/* Output never pulled: a header, then for each try of the peer (or of ours) one token. */
#define OUT_MAX ((MULTISTREAM_TRIES_MAX + 2) * (MULTISTREAM_TOKEN_MAX + TOKEN_PREFIX_MAX))

/* ---- Out ---- */

/* Queue one token. What we say is bounded by OUT_MAX; texts of ours are short. */
static void multistream_say(struct multistream *m, struct span text)
{
    CHECK(text.len < MULTISTREAM_TOKEN_MAX);
    uint8_t prefix[VARINT_SIZE_MAX];
    uint8_t newline = '\n';
    size_t prefix_len = varint_encode(text.len + 1, prefix);
    CHECK(buf_append(&m->out, span_of(prefix, prefix_len)) == 0);
    CHECK(buf_append(&m->out, text) == 0);
    CHECK(buf_append(&m->out, span_of(&newline, 1)) == 0);
}

static void multistream_init(struct multistream *m, bool is_initiator)
{
    *m = (struct multistream){.state = MULTISTREAM_WAIT_HEADER, .is_initiator = is_initiator};
    buf_init(&m->token, MULTISTREAM_TOKEN_MAX + TOKEN_PREFIX_MAX);
    buf_init(&m->out, OUT_MAX);
    multistream_say(m, span_from_text(HEADER_TEXT));
}

void multistream_init_initiator(struct multistream *m, const char *const *proposals)
{
    CHECK(proposals[0] != NULL);
    multistream_init(m, true);
    m->proposals = proposals;
    multistream_say(m, span_from_text(proposals[0]));
}

bool multistream_carry(struct multistream *m, uint8_t count)
{
    CHECK(m->is_initiator && m->carried == 0);
    if (m->proposal == 0 && m->state < MULTISTREAM_DONE) {
        m->carried = count;
    }
    return m->proposal == 0 && m->state != MULTISTREAM_DEAD;
}

void multistream_init_responder(struct multistream *m)
{
    multistream_init(m, false);
}

void multistream_clear(struct multistream *m)
{
    buf_clear(&m->token);
    buf_clear(&m->out);
}

size_t multistream_pull(struct multistream *m, struct span_mut out)
{
    struct wr w;
    wr_init(&w, out);
    wr_bytes(&w, span_slice(buf_span(&m->out), 0, out.len));
    buf_drop_front(&m->out, w.len);
    return w.len;
}

bool multistream_has_output(const struct multistream *m)
{
    return m->out.len > 0;
}

/* ---- In ---- */

/* The length that a token's prefix states: WAVU_ERR_AGAIN while it is incomplete. */
static int multistream_prefix(struct span in, size_t *prefix_len, size_t *len)
{
    uint64_t value = 0;
    int rc = varint_decode(span_slice(in, 0, TOKEN_PREFIX_MAX), &value, prefix_len);
    if (rc == WAVU_ERR_AGAIN && in.len >= TOKEN_PREFIX_MAX) {
        return WAVU_ERR_LIMIT; /* goes on: longer than any token, or padded */
    }
    if (rc == 0 && value > MULTISTREAM_TOKEN_MAX) {
        return WAVU_ERR_LIMIT;
    }
    *len = (size_t)value;
    return rc;
}

/*
 * Find one whole token at the front of `in`, first completing what an earlier feed left. `*text` is
 * borrowed from `in` or from m->token. WAVU_ERR_AGAIN when more is needed: all of `in` was kept.
 */
static int multistream_token(struct multistream *m, struct span in, size_t *used, struct span *text)
{
    size_t prefix_len = 0;
    size_t len = 0;
    int rc = multistream_prefix(in, &prefix_len, &len);
    if (m->token.len == 0 && rc == 0 && in.len - prefix_len >= len) {
        *text = span_slice(in, prefix_len, len); /* whole in one piece: no copy */
        *used = prefix_len + len;
        return 0;
    }
    *used = 0;
    rc = multistream_prefix(buf_span(&m->token), &prefix_len, &len);
    while (rc == WAVU_ERR_AGAIN && *used < in.len) {
        CHECK(buf_append(&m->token, span_slice(in, *used, 1)) == 0);
        *used += 1;
        rc = multistream_prefix(buf_span(&m->token), &prefix_len, &len);
    }
    if (rc < 0) {
        return rc;
    }
    struct span more = span_slice(in, *used, prefix_len + len - m->token.len);
    CHECK(buf_append(&m->token, more) == 0);
    *used += more.len;
    *text = span_slice(buf_span(&m->token), prefix_len, len);
    return text->len == len ? 0 : WAVU_ERR_AGAIN;
}

static int multistream_on_answer(struct multistream *m, struct span text,
                                 struct multistream_event *event)
{
    if (!m->is_refused && span_is_equal(text, span_from_text(m->proposals[m->proposal]))) {
        m->state = MULTISTREAM_DONE;
        *event = (struct multistream_event){.kind = MULTISTREAM_AGREED, .index = m->proposal};
        return 0;
    }
    if (!span_is_equal(text, span_from_text("na"))) {
        return WAVU_ERR_PROTO;
    }
    if (m->carried > 0) {
        m->carried -= m->is_refused;
        m->is_refused = true;
        if (m->carried > 0) {
            return 0;
        }
    }
    m->is_refused = false;
    m->proposal++;
    if (m->proposals[m->proposal] == NULL) {
        m->state = MULTISTREAM_DEAD;
        event->kind = MULTISTREAM_NO_MORE;
        return 0;
    }
    multistream_say(m, span_from_text(m->proposals[m->proposal]));
    *event = (struct multistream_event){.kind = MULTISTREAM_REFUSED, .index = m->proposal};
    return 0;
}

static int multistream_on_proposal(struct multistream *m, struct span text,
                                   struct multistream_event *event)
{
    if (m->tries == MULTISTREAM_TRIES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    m->tries++;
    if (span_is_equal(text, span_from_text("ls"))) {
        multistream_say(m, span_from_text("na"));
        return 0;
    }
    m->state = MULTISTREAM_ASKING;
    *event = (struct multistream_event){.kind = MULTISTREAM_PROPOSED, .name = text};
    return 0;
}

/* One whole message: text and newline, neither missing. */
static int multistream_on_token(struct multistream *m, struct span text,
                                struct multistream_event *event)
{
    if (text.len < 2 || text.ptr[text.len - 1] != '\n') {
        return WAVU_ERR_PROTO;
    }
    text.len--;
    switch (m->state) {
    case MULTISTREAM_WAIT_HEADER:
        m->state = m->is_initiator ? MULTISTREAM_WAIT_ANSWER : MULTISTREAM_WAIT_PROPOSAL;
        return span_is_equal(text, span_from_text(HEADER_TEXT)) ? 0 : WAVU_ERR_PROTO;
    case MULTISTREAM_WAIT_PROPOSAL:
        return multistream_on_proposal(m, text, event);
    case MULTISTREAM_WAIT_ANSWER:
        return multistream_on_answer(m, text, event);
    case MULTISTREAM_ASKING:
    case MULTISTREAM_DONE:
    case MULTISTREAM_DEAD:
        break;
    }
    return WAVU_ERR_PROTO;
}

int multistream_feed(struct multistream *m, struct span in, size_t *used,
                     struct multistream_event *event)
{
    CHECK(m->state != MULTISTREAM_ASKING); /* the owner must answer before it reads on */
    *used = 0;
    *event = (struct multistream_event){.kind = MULTISTREAM_NOTHING};
    if (m->state == MULTISTREAM_DEAD) {
        return WAVU_ERR_PROTO;
    }
    if (m->is_token_whole) { /* its text was lent out with the last event */
        buf_clear(&m->token);
        m->is_token_whole = false;
    }
    while (*used < in.len && m->state != MULTISTREAM_DONE && event->kind == MULTISTREAM_NOTHING) {
        struct span text = span_empty();
        size_t token_used = 0;
        int rc = multistream_token(m, span_slice(in, *used, in.len), &token_used, &text);
        *used += token_used;
        if (rc == WAVU_ERR_AGAIN) {
            return 0;
        }
        if (rc == 0) {
            rc = multistream_on_token(m, text, event);
        }
        if (rc < 0) {
            m->state = MULTISTREAM_DEAD;
            return rc;
        }
        if (event->kind == MULTISTREAM_PROPOSED) {
            m->is_token_whole = m->token.len > 0;
        } else {
            buf_clear(&m->token);
        }
    }
    return 0;
}

void multistream_accept(struct multistream *m, struct span name)
{
    CHECK(m->state == MULTISTREAM_ASKING);
    multistream_say(m, name);
    m->state = MULTISTREAM_DONE;
}

void multistream_refuse(struct multistream *m)
{
    CHECK(m->state == MULTISTREAM_ASKING);
    multistream_say(m, span_from_text("na"));
    m->state = MULTISTREAM_WAIT_PROPOSAL;
}
