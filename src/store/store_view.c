/*
 * Four layers, youngest first: filling, flying, what is written behind, the database. Each is
 * walked by itself, past what a younger layer has deleted as a range; then the nearest counts.
 */
#include "store/store_view.h"

#include "base/check.h"

#define LAYERS 3 /* in memory */

struct walk {
    const struct store_view *view;
    const struct store_batch *layers[LAYERS];
    enum store_way way;
    struct span prefix;
};

int store_view_get(const struct store_view *v, struct span key, struct buf *value)
{
    const struct store_op *op = store_batch_find(v->filling, key);
    op = op != NULL ? op : store_batch_find(v->flying, key);
    int rc = op != NULL ? 0 : v->ops->open(v->back);
    if (rc < 0) {
        return rc;
    }
    op = op != NULL ? op : store_batch_find(v->ops->late(v->back), key);
    if (op == NULL) {
        return v->ops->get(v->back, key, value);
    }
    return op->is_delete ? WAVU_ERR_NOT_FOUND : buf_append(value, op->value);
}

/* The range that one of the `count` youngest layers has deleted and `key` is in, or NULL. */
static const struct store_range *range_over(const struct walk *w, size_t count, struct span key)
{
    const struct store_range *range = NULL;
    for (size_t i = 0; range == NULL && i < count; i++) {
        range = store_batch_range_of(w->layers[i], key);
    }
    return range;
}

/* Go on behind a deleted range. */
static void pass_range(const struct walk *w, struct store_whole *at,
                       const struct store_range *range)
{
    *at = w->way == STORE_FORWARD ? range->to : range->from;
}

/* The nearest write of a layer that no younger one has deleted as a range, or NULL. */
static const struct store_op *walk_layer(const struct walk *w, size_t layer,
                                         const struct store_whole *start)
{
    const struct store_batch *batch = w->layers[layer];
    struct store_whole at = *start;
    for (;;) {
        const struct store_op *op = w->way == STORE_FORWARD
                                        ? store_batch_next(batch, store_whole_span(&at))
                                        : store_batch_prev(batch, store_whole_span(&at));
        if (op == NULL || !span_has_prefix(op->key, w->prefix)) {
            return NULL;
        }
        const struct store_range *range = range_over(w, layer, op->key);
        if (range == NULL) {
            return op;
        }
        pass_range(w, &at, range);
    }
}

/* The nearest entry behind the store that no layer has deleted as a range. */
static int walk_back(const struct walk *w, const struct store_whole *start, struct buf *key,
                     struct buf *value)
{
    const struct store_view *v = w->view;
    struct store_whole at = *start;
    for (;;) {
        key->len = 0;
        if (value != NULL) {
            value->len = 0;
        }
        int rc = w->way == STORE_FORWARD
                     ? v->ops->next(v->back, w->prefix, store_whole_span(&at), key, value)
                     : v->ops->prev(v->back, w->prefix, store_whole_span(&at), key, value);
        if (rc < 0 && rc != WAVU_ERR_LIMIT) {
            return rc;
        }
        const struct store_range *range = range_over(w, LAYERS, buf_span(key));
        if (range == NULL) {
            return rc;
        }
        pass_range(w, &at, range);
    }
}

/* Does `a` come before `b` on this way? */
static bool is_nearer(const struct walk *w, struct span a, struct span b)
{
    int order = span_compare(a, b);
    return w->way == STORE_FORWARD ? order < 0 : order > 0;
}

/* The nearest write that is not yet behind the store, the youngest of its key; or NULL. */
static const struct store_op *walk_layers(const struct walk *w, const struct store_whole *at)
{
    const struct store_op *nearest = NULL;
    for (size_t i = 0; i < LAYERS; i++) {
        const struct store_op *op = walk_layer(w, i, at);
        if (op != NULL && (nearest == NULL || is_nearer(w, op->key, nearest->key))) {
            nearest = op;
        }
    }
    return nearest;
}

int store_view_walk(const struct store_view *v, enum store_way way, struct span prefix,
                    struct store_whole *at, struct buf *key, struct buf *value)
{
    int rc = v->ops->open(v->back);
    if (rc < 0) {
        return rc;
    }
    const struct walk w = {.view = v,
                           .layers = {v->filling, v->flying, v->ops->late(v->back)},
                           .way = way,
                           .prefix = prefix};
    for (;;) {
        const struct store_op *op = walk_layers(&w, at);
        rc = walk_back(&w, at, key, value);
        bool is_there = rc == 0 || rc == WAVU_ERR_LIMIT; /* its key is known either way */
        if (op == NULL || (rc < 0 && !is_there && rc != WAVU_ERR_NOT_FOUND)) {
            return rc;
        }
        if (is_there && is_nearer(&w, buf_span(key), op->key)) {
            return rc;
        }
        if (!op->is_delete) {
            key->len = 0;
            rc = buf_append(key, op->key);
            if (rc < 0 || value == NULL) {
                return rc;
            }
            value->len = 0;
            return buf_append(value, op->value);
        }
        if (way == STORE_FORWARD) {
            store_whole_set_behind(at, op->key);
        } else {
            store_whole_set(at, op->key);
        }
    }
}
