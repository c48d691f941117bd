/*
 * The hash tree over a file's sealed pieces. Source: docs/protocol/file.md.
 */
#include "sync/file_tree.h"

#include <string.h>

#include "base/check.h"

#define FILE_TREE_BYTES_MAX ((size_t)FILE_SHAPE_PIECES_MAX * HASH_SHA256_SIZE)

static const uint8_t leaf_mark = 0;
static const uint8_t node_mark = 1;

void file_tree_init(struct file_tree *t)
{
    for (size_t i = 0; i < FILE_TREE_LEVELS_MAX; i++) {
        buf_init(&t->levels[i], FILE_TREE_BYTES_MAX);
    }
}

void file_tree_clear(struct file_tree *t)
{
    for (size_t i = 0; i < FILE_TREE_LEVELS_MAX; i++) {
        buf_clear(&t->levels[i]);
    }
}

void file_tree_leaf(uint8_t leaf[HASH_SHA256_SIZE], struct span bytes, struct span tag)
{
    const struct span pieces[] = {span_of(&leaf_mark, 1), bytes, tag};

    hash_sha256_pieces(leaf, pieces, 3);
}

static void node_of(uint8_t out[HASH_SHA256_SIZE], const uint8_t *left, const uint8_t *right)
{
    const struct span pieces[] = {span_of(&node_mark, 1), span_of(left, HASH_SHA256_SIZE),
                                  span_of(right, HASH_SHA256_SIZE)};

    hash_sha256_pieces(out, pieces, 3);
}

static size_t count_of(const struct buf *level)
{
    return level->len / HASH_SHA256_SIZE;
}

int file_tree_add(struct file_tree *t, const uint8_t leaf[HASH_SHA256_SIZE])
{
    if (t->levels[1].len > 0) {
        return WAVU_ERR_LIMIT;
    }
    return buf_append(&t->levels[0], span_of(leaf, HASH_SHA256_SIZE));
}

int file_tree_finish(struct file_tree *t)
{
    if (t->levels[0].len == 0) {
        return WAVU_ERR_INVALID;
    }
    for (size_t i = 0; count_of(&t->levels[i]) > 1; i++) {
        const struct buf *level = &t->levels[i];
        struct buf *above = &t->levels[i + 1];

        for (size_t at = 0; at < level->len; at += (size_t)2 * HASH_SHA256_SIZE) {
            uint8_t node[HASH_SHA256_SIZE];

            if (at + HASH_SHA256_SIZE < level->len) {
                node_of(node, level->ptr + at, level->ptr + at + HASH_SHA256_SIZE);
            } else {
                memcpy(node, level->ptr + at, sizeof node);
            }
            CHECK(buf_append(above, span_of(node, sizeof node)) == 0);
        }
    }
    return 0;
}

const uint8_t *file_tree_root(const struct file_tree *t)
{
    size_t top = 0;

    while (count_of(&t->levels[top]) > 1) {
        top++;
    }
    CHECK(count_of(&t->levels[top]) == 1);
    return t->levels[top].ptr;
}

size_t file_tree_path(const struct file_tree *t, uint32_t number,
                      uint8_t path[FILE_TREE_PATH_MAX][HASH_SHA256_SIZE])
{
    size_t len = 0;
    size_t at = number;

    CHECK(number < count_of(&t->levels[0]));
    for (size_t i = 0; count_of(&t->levels[i]) > 1; i++, at /= 2) {
        if ((at ^ 1) < count_of(&t->levels[i])) {
            memcpy(path[len++], t->levels[i].ptr + (at ^ 1) * HASH_SHA256_SIZE, HASH_SHA256_SIZE);
        }
    }
    return len;
}

int file_tree_climb(uint8_t root[HASH_SHA256_SIZE], uint32_t number, uint32_t count,
                    const uint8_t leaf[HASH_SHA256_SIZE], struct span path)
{
    size_t used = 0;
    size_t at = number;

    if (number >= count) {
        return WAVU_ERR_CRYPTO;
    }
    memcpy(root, leaf, HASH_SHA256_SIZE);
    for (size_t level = count; level > 1; level = (level + 1) / 2, at /= 2) {
        if ((at ^ 1) >= level) {
            continue;
        }
        if (path.len - used < HASH_SHA256_SIZE) {
            return WAVU_ERR_CRYPTO;
        }
        const uint8_t *sibling = path.ptr + used;

        used += HASH_SHA256_SIZE;
        if (at % 2 == 0) {
            node_of(root, root, sibling);
        } else {
            node_of(root, sibling, root);
        }
    }
    return used == path.len ? 0 : WAVU_ERR_CRYPTO;
}
