/*
 * JSON-RPC 2.0 as lines: one request, or one batch, a line; one answer a line.
 *
 * Source: the JSON-RPC 2.0 specification; docs/protocol/control.md says which methods there are.
 * Nothing here reads or writes a socket.
 */
#ifndef RPC_JSONRPC_H
#define RPC_JSONRPC_H

#include "base/buf.h"
#include "base/span.h"
#include "wavu/err.h"

/* A line from a client without its newline. No method takes more than a few words; a batch of
 * JSONRPC_BATCH_MAX requests of 2 KiB each fits. */
#define JSONRPC_LINE_MAX 65536
#define JSONRPC_BATCH_MAX 32 /* requests in one batch */
/* An answer, which os/ipc lets wait for one client. The longest one known, node.peers, has 8192
 * peers of at most 2 KiB: 832 bytes of address, 1 KiB of agent, names of fields. */
#define JSONRPC_ANSWER_MAX (16 * 1024 * 1024)

/* Codes of the specification, and ours at the end. */
enum jsonrpc_code {
    JSONRPC_PARSE = -32700,
    JSONRPC_INVALID_REQUEST = -32600,
    JSONRPC_METHOD_NOT_FOUND = -32601,
    JSONRPC_INVALID_PARAMS = -32602,
    JSONRPC_INTERNAL = -32603,
    JSONRPC_TOO_LARGE = -32000, /* the line, the batch or the answer passes a limit */
    JSONRPC_LAST = -32099,      /* JSONRPC_TOO_LARGE + an enum wavu_err: the method failed so */
    JSONRPC_LATER = 1           /* never sent: see jsonrpc_try */
};

struct json_t; /* jansson's value */

struct jsonrpc_error {
    int code;            /* enum jsonrpc_code; 0: none */
    const char *message; /* static; one sentence */
};

struct jsonrpc_method {
    const char *name;
    /* Return the result, owned by the caller, or NULL with `error` filled in. `params` is an
     * object, an array, or NULL when the request has none; borrowed. A result with the code
     * JSONRPC_LATER is how things stand, for one who would rather wait until they change: such a
     * method is called again, so it changes nothing. */
    struct json_t *(*call)(void *context, const struct json_t *params, struct jsonrpc_error *error);
};

struct jsonrpc_service {
    const struct jsonrpc_method *methods;
    size_t method_count;
    void *context; /* handed to each call */
    /* Or NULL. Called before each method: a sentence (static) refuses it, NULL lets it be. */
    const char *(*asked)(void *context, const char *method);
    /* Or NULL, both: a number that grows with what is to be kept on the disk; and whether all up to
     * such a number is there: 0, WAVU_ERR_AGAIN (not yet), or why it cannot be. */
    uint64_t (*written)(void *context);
    int (*kept)(void *context, uint64_t written);
};

/** Let jansson allocate through base/mem. Once, before anything else here. */
void jsonrpc_start(void);

/**
 * Answer one line: append the response and a newline to `out`, or nothing when the line holds
 * notifications only. Whatever the line holds, something that the specification allows comes out.
 * WAVU_ERR_LIMIT when not even an error fits into `out`.
 */
WARN_UNUSED int jsonrpc_answer(const struct jsonrpc_service *service, struct span line,
                               struct buf *out);

/**
 * As jsonrpc_answer, but when the line is one request whose method said JSONRPC_LATER, nothing is
 * appended, and WAVU_ERR_AGAIN: try again with the same line when something has changed.
 */
WARN_UNUSED int jsonrpc_try(const struct jsonrpc_service *service, struct span line,
                            struct buf *out);

/** Turn the results in `answer`, a line of jsonrpc_answer, into errors: what they tell of was done
 * (jsonrpc_is_done), but the disk does not take it for `err`. WAVU_ERR_LIMIT when that does not
 * fit.
 */
WARN_UNUSED int jsonrpc_not_kept(struct buf *answer, int err);

/** Append the answer to a line that passed JSONRPC_LINE_MAX. WAVU_ERR_LIMIT when it does not fit.
 */
WARN_UNUSED int jsonrpc_refuse_long(struct buf *out);

/** Append a request for `method` with `params` (borrowed; NULL: none), with id 1, and a newline. */
WARN_UNUSED int jsonrpc_request(const char *method, struct json_t *params, struct buf *out);

/** The same with the id `number`, for several under way at a time. */
WARN_UNUSED int jsonrpc_request_numbered(uint64_t number, const char *method, struct json_t *params,
                                         struct buf *out);

/**
 * Read the answer to a request made by jsonrpc_request. On 0 `*result` is the caller's
 * (json_decref). WAVU_ERR_PROTO when the line is no such answer, WAVU_ERR_UNSUPPORTED when the
 * other side does not know the method, WAVU_ERR_IO when it reports another failure, or the failure
 * that it names: then `*result` is its sentence, a string and the caller's, too, if there is one.
 */
WARN_UNUSED int jsonrpc_result(struct span line, struct json_t **result);

/** The same of jsonrpc_request_numbered: `*number` is what the answer bears, 0 when it bears none.
 */
WARN_UNUSED int jsonrpc_result_numbered(struct span line, uint64_t *number, struct json_t **result);

/** Of an answer that is an error: does it say that what was asked for was done all the same? */
bool jsonrpc_is_done(struct span line);

/**
 * Append `value` as compact text in ASCII, with a newline; nothing when it does not fit
 * (WAVU_ERR_LIMIT).
 */
WARN_UNUSED int jsonrpc_write(const struct json_t *value, struct buf *out);

/**
 * A string value of `text`, which may hold anything: bytes that are no UTF-8 become U+FFFD. Texts
 * from peers must come this way, because jansson refuses what is no UTF-8. Owned by the caller.
 */
WARN_UNUSED struct json_t *jsonrpc_text(const char *text);

/** The same for texts of up to `max` bytes; what is longer is cut, as it is by jsonrpc_text. */
WARN_UNUSED struct json_t *jsonrpc_long_text(const char *text, size_t max);

#endif
