/*
 * The asking end of the control socket. Blocks: it is for programs that have nothing else to do.
 */
#include "apps/rpc/rpc_client.h"

#include "apps/rpc/jsonrpc.h"
#include "os/ipc.h"

int rpc_client_follow(const char *path, const char *method, struct json_t *params,
                      uint64_t timeout_ms, int reader, struct json_t **result)
{
    struct buf request;
    struct buf answer;
    buf_init(&request, JSONRPC_LINE_MAX);
    buf_init(&answer, JSONRPC_ANSWER_MAX);
    /* It may hold what a person keeps secret: all of its room at once, so that no copy is left. */
    int rc = buf_reserve(&request, JSONRPC_LINE_MAX);
    rc = rc < 0 ? rc : jsonrpc_request(method, params, &request);
    if (rc == 0) {
        struct span line = span_slice(buf_span(&request), 0, request.len - 1); /* no newline */
        rc = ipc_ask(path, line, timeout_ms, reader, &answer);
        rc = rc == WAVU_ERR_LIMIT ? WAVU_ERR_PROTO : rc;
    }
    if (rc == 0) {
        rc = jsonrpc_result(buf_span(&answer), result);
    }
    buf_wipe(&request);
    buf_clear(&answer);
    return rc;
}

int rpc_client_ask(const char *path, const char *method, struct json_t *params, uint64_t timeout_ms,
                   struct json_t **result)
{
    return rpc_client_follow(path, method, params, timeout_ms, -1, result);
}
