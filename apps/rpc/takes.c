/*
 * Parameters and failures of methods.
 */
#include "apps/rpc/takes.h"

#include <jansson.h>

#include "apps/rpc/methods.h"
#include "base/check.h"
#include "wavu/chat.h"

const char *takes_text_at(const json_t *params, const char *key, bool *is_good)
{
    const json_t *value = json_object_get(params, key);
    *is_good = *is_good && (value == NULL || json_is_null(value) || json_is_string(value));
    return json_string_value(value);
}

json_t *takes_refuse(struct jsonrpc_error *error, const char *sentence)
{
    *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS, sentence};
    return NULL;
}

bool takes_is_ready(const struct methods *m, struct jsonrpc_error *error)
{
    if (m->node == NULL) {
        *error = (struct jsonrpc_error){JSONRPC_INTERNAL, "the node is still starting"};
    }
    return m->node != NULL;
}

bool takes_read(const struct takes *takes, const struct methods *m, const json_t *params,
                const char *texts[TAKES_MAX], struct jsonrpc_error *error)
{
    bool is_good = params == NULL || json_is_object(params) || json_array_size(params) == 0;
    for (size_t i = 0; i < takes->count; i++) {
        texts[i] = takes_text_at(params, takes->names[i], &is_good);
        is_good = is_good && (i >= takes->needed || texts[i] != NULL);
    }
    if (!is_good) {
        (void)takes_refuse(error, takes->sentence);
    }
    return is_good && takes_is_ready(m, error);
}

bool takes_read_network(const struct methods *m, const json_t *params, const char **network,
                        struct jsonrpc_error *error)
{
    static const struct takes takes = {.names = {"network"},
                                       .count = 1,
                                       .sentence =
                                           "this method takes {\"network\": name or id, optional}"};
    const char *texts[TAKES_MAX];
    bool is_good = takes_read(&takes, m, params, texts, error);
    *network = texts[0];
    return is_good;
}

static const char *sentence_of(int err)
{
    switch (err) {
    case WAVU_ERR_UNSUPPORTED:
        return "this node has no mesh: it was started with --no-mesh";
    case WAVU_ERR_NOT_FOUND:
        return "this node is in no such network: 'wavu networks' lists its own, 'wavu create NAME' "
               "makes one, and 'wavu join CODE' joins one";
    case WAVU_ERR_INVALID:
        return "several networks fit: say which one, by its name or id (--network N)";
    case WAVU_ERR_DENIED:
        return "this node left, was put out there, or needs a newer wavu: what was said stays to "
               "be read, nothing more can be done; 'wavu networks' tells which";
    case WAVU_ERR_IN_USE:
        return "somebody else signs with this device's key, or its home is an old copy; make it a "
               "new device";
    case WAVU_ERR_LIMIT:
        return "there is no room for more in this network";
    case WAVU_ERR_CORRUPT:
        return "identity.key in the home is damaged; restore it from a backup";
    default:
        return wavu_err_sentence(err);
    }
}

json_t *takes_fail(struct jsonrpc_error *error, int err, const struct takes_meaning *own)
{
    *error = (struct jsonrpc_error){JSONRPC_TOO_LARGE + err, sentence_of(err)};
    for (; own != NULL && own->err != 0; own++) {
        if (own->err == err) {
            error->message = own->sentence;
        }
    }
    return NULL;
}

void takes_put(json_t *object, const char *key, json_t *value)
{
    CHECK(value != NULL && json_object_set_new(object, key, value) == 0);
}

json_t *takes_count(uint64_t value)
{
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *takes_text_or_null(const char *text)
{
    return text[0] != '\0' ? jsonrpc_text(text) : json_null();
}

json_t *takes_mentions(const struct wavu_message *message)
{
    json_t *mentions = json_array();

    for (size_t i = 0; i < message->mention_count; i++) {
        CHECK(json_array_append_new(mentions, json_string(message->mentions[i])) == 0);
    }
    return mentions;
}
