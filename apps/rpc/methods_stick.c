/*
 * Sticks over the control socket: the program that asked has the files, the node what is in them.
 * Bytes go as base64 without padding, in pieces that fit a line.
 */
#include "apps/rpc/methods_stick.h"

#include <jansson.h>

#include "apps/rpc/cause.h"
#include "apps/rpc/methods.h"
#include "apps/rpc/takes.h"
#include "base/mem.h"
#include "base/multibase.h"
#include "wavu/stick.h"

#define BLOCK 384 /* bytes that multibase takes at once: */
#define BLOCK_TEXT 512

_Static_assert(BLOCK <= MULTIBASE_INPUT_MAX && BLOCK_TEXT <= MULTIBASE_INPUT_MAX &&
                   BLOCK / 3 * 4 == BLOCK_TEXT && METHODS_STICK_PART % BLOCK == 0,
               "blocks follow one another without padding");

/* ---- Bytes as text ---- */

json_t *methods_stick_text(struct span bytes)
{
    const size_t size = (bytes.len + 2) / 3 * 4;
    uint8_t *text = mem_new_raw(size + 1);
    struct wr w;
    wr_init(&w, span_mut_of(text, size));
    for (size_t at = 0; at < bytes.len; at += BLOCK) {
        multibase_encode(&w, MULTIBASE_BASE64, span_slice(bytes, at, BLOCK));
    }
    json_t *json = wr_finish(&w) == 0 ? json_stringn((const char *)text, w.len) : NULL;
    mem_free(text);
    return json;
}

bool methods_stick_bytes(const json_t *text, uint8_t *out, size_t max, size_t *len)
{
    const struct span whole = span_of(json_string_value(text), json_string_length(text));
    struct wr w;
    bool is_good = json_is_string(text);
    wr_init(&w, span_mut_of(out, max));
    for (size_t at = 0; is_good && at < whole.len; at += BLOCK_TEXT) {
        is_good = multibase_decode(&w, MULTIBASE_BASE64, span_slice(whole, at, BLOCK_TEXT)) == 0;
    }
    *len = w.len;
    return is_good && wr_finish(&w) == 0;
}

/* ---- Answers ---- */

/* Beside what is the network's fault (cause.h). */
static const struct takes_meaning meanings[] = {
    {WAVU_ERR_UNSUPPORTED, "the file was written by a newer wavu: install that to read it"},
    {WAVU_ERR_NOT_FOUND, "nobody in that network is that member; 'wavu members' lists them"},
    {WAVU_ERR_INVALID, "somebody else reads a stick into this node, too; wait until that is over"},
    {WAVU_ERR_PROTO, "the file is damaged, or was not written to its end"},
    {WAVU_ERR_LIMIT, "the file is too large to be one of a stick"},
    {WAVU_ERR_DENIED, "this node was put out there: nothing is carried from it or to it any more"},
    {WAVU_ERR_AGAIN, "the network could not be opened; the node's log says why"},
    {0, NULL}};

static json_t *waiting(void)
{
    json_t *result = json_object();
    takes_put(result, "state", json_string("waiting"));
    return result;
}

/* ---- Methods ---- */

json_t *methods_stick_write(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    bool is_good = true;
    const char *network = takes_text_at(params, "network", &is_good);
    const char *member = takes_text_at(params, "member", &is_good);
    if (!is_good) {
        return takes_refuse(error,
                            "this method takes nothing, or {\"network\": N, \"member\": an id}");
    }
    if (!takes_is_ready(m, error)) {
        return NULL;
    }
    const int rc = wavu_stick_write(m->node, network, member);
    return rc < 0 ? cause_fail(m, error, rc, (struct cause_named){network, NULL}, meanings)
                  : json_object();
}

json_t *methods_stick_next(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    struct wavu_stick_file file;
    (void)params;
    if (!takes_is_ready(m, error)) {
        return NULL;
    }
    const int rc = wavu_stick_next(m->node, &file);
    if (rc == WAVU_ERR_AGAIN) {
        return waiting();
    }
    if (rc < 0 && rc != WAVU_ERR_NOT_FOUND) {
        return takes_fail(error, rc, meanings);
    }
    json_t *result = json_object();
    takes_put(result, "state", json_string(rc == 0 ? "file" : "end"));
    if (rc == 0) {
        takes_put(result, "name", json_string(file.name));
        takes_put(result, "data", methods_stick_text(span_of(file.bytes, file.len)));
        takes_put(result, "messages", json_integer((json_int_t)file.messages));
    } else {
        takes_put(result, "unsealed", json_integer((json_int_t)file.messages));
    }
    return result;
}

json_t *methods_stick_put(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    const json_t *at = json_object_get(params, "at");
    uint8_t *bytes = mem_new_raw(METHODS_STICK_PART);
    size_t len = 0;
    json_t *result = NULL;
    if (!json_is_integer(at) || json_integer_value(at) < 0 ||
        !methods_stick_bytes(json_object_get(params, "data"), bytes, METHODS_STICK_PART, &len)) {
        (void)takes_refuse(error,
                           "this method takes {\"at\": a number, \"data\": base64 of at most "
                           "36864 bytes}");
    } else if (takes_is_ready(m, error)) {
        const int rc = wavu_stick_put(m->node, (size_t)json_integer_value(at), bytes, len);
        result = rc < 0 ? takes_fail(error, rc, meanings) : json_object();
    }
    mem_free(bytes);
    return result;
}

json_t *methods_stick_take(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    struct wavu_stick_taken taken;
    bool is_good = true;
    const char *network = takes_text_at(params, "network", &is_good);
    if (!is_good) {
        return takes_refuse(error, "this method takes nothing, or {\"network\": N}");
    }
    if (!takes_is_ready(m, error)) {
        return NULL;
    }
    const int rc = wavu_stick_take(m->node, network, &taken);
    if (rc == WAVU_ERR_AGAIN) {
        return waiting();
    }
    if (rc < 0) {
        return cause_fail(m, error, rc, (struct cause_named){network, NULL}, meanings);
    }
    json_t *result = json_object();
    takes_put(result, "state", json_string("taken"));
    takes_put(result, "read", json_integer(taken.read));
    takes_put(result, "held", json_integer(taken.held));
    takes_put(result, "known", json_integer(taken.known));
    takes_put(result, "old", json_integer(taken.old));
    takes_put(result, "later", json_integer(taken.later));
    takes_put(result, "full", json_integer(taken.full));
    takes_put(result, "nobodys", json_integer(taken.nobodys));
    return result;
}
