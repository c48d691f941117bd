/*
 * Texts of the errors: a name for machines and logs, a sentence for people.
 */
#include "wavu/err.h"

#include <stddef.h>

struct text {
    const char *name;
    const char *sentence;
};

/* By negated value. */
static const struct text texts[] = {
    [-WAVU_OK] = {"ok", "it worked"},
    [-WAVU_ERR_AGAIN] = {"again", "it is not possible yet and can be tried again soon"},
    [-WAVU_ERR_LIMIT] = {"limit", "a stated limit is used up"},
    [-WAVU_ERR_PROTO] = {"proto", "the other side broke the protocol"},
    [-WAVU_ERR_CRYPTO] = {"crypto", "a signature, tag or proof is wrong"},
    [-WAVU_ERR_PEER_ID] = {"peer_id", "another peer answered than the one that was called"},
    [-WAVU_ERR_UNSUPPORTED] = {"unsupported", "the two sides have no protocol in common"},
    [-WAVU_ERR_CLOSED] = {"closed", "the connection ended in good order"},
    [-WAVU_ERR_RESET] = {"reset", "the connection was broken off"},
    [-WAVU_ERR_TIMEOUT] = {"timeout", "no answer came in time"},
    [-WAVU_ERR_REFUSED] = {"refused", "the other machine refused the connection"},
    [-WAVU_ERR_UNREACHABLE] = {"unreachable", "there is no way to that address"},
    [-WAVU_ERR_DENIED] = {"denied", "it is not permitted"},
    [-WAVU_ERR_NOT_FOUND] = {"not_found", "the thing named does not exist"},
    [-WAVU_ERR_EXISTS] = {"exists", "it exists already and is not replaced"},
    [-WAVU_ERR_IN_USE] = {"in_use", "another process uses it already"},
    [-WAVU_ERR_INVALID] = {"invalid", "the text or argument cannot be understood"},
    [-WAVU_ERR_CORRUPT] = {"corrupt", "the stored data is damaged and was left untouched"},
    [-WAVU_ERR_IO] = {"io", "the operating system failed to read or write"},
    [-WAVU_ERR_NO_SPACE] = {"no_space", "the disk is full"},
    [-WAVU_ERR_MEMORY] = {"memory", "there is not enough memory for it"},
    [-WAVU_ERR_EXHAUSTED] = {"exhausted",
                             "a counter has reached its end and a new connection is needed"},
    [-WAVU_ERR_NO_NODE] = {"no_node", "no running node answers"},
    [-WAVU_ERR_HARDWARE] = {"hardware", "a radio or device is missing"},
    [-WAVU_ERR_SHUTDOWN] = {"shutdown", "this node is shutting down"},
    [-WAVU_ERR_DOWNGRADE] = {"downgrade", "someone on the way suppressed a better protocol"},
};

static const struct text *find(int err)
{
    static const struct text unknown = {"unknown", "an error without a name occurred"};
    const int last = -(int)(sizeof(texts) / sizeof(texts[0])); /* one past it */

    return err <= 0 && err > last ? &texts[-err] : &unknown;
}

const char *wavu_err_name(int err)
{
    return find(err)->name;
}

const char *wavu_err_sentence(int err)
{
    return find(err)->sentence;
}
