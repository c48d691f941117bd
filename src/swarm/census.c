/*
 * Components by a walk over mutual links.
 */
#include "swarm/census.h"

#include "base/mem.h"

static bool is_counted(const struct world *w, uint32_t i)
{
    return w->nodes[i].is_up && w->nodes[i].hostile == 0;
}

/* The nodes that can be reached from `i`, marked in `seen`. */
static uint32_t walk(const struct world *w, uint32_t i, uint8_t *seen, uint32_t *stack)
{
    uint32_t depth = 0;
    uint32_t count = 0;
    stack[depth++] = i;
    seen[i] = 1;
    while (depth > 0) {
        uint32_t at = stack[--depth];
        const struct world_node *n = &w->nodes[at];
        const struct overlay_id *id = NULL;
        size_t cursor = 0;
        count++;
        while ((id = views_next_active(&n->mesh.views, &cursor)) != NULL) {
            uint32_t next = world_number(id);
            if (next < w->config.nodes && !seen[next] && is_counted(w, next) &&
                views_is_active(&w->nodes[next].mesh.views, &n->id)) {
                seen[next] = 1;
                stack[depth++] = next;
            }
        }
    }
    return count;
}

void census_take(const struct world *w, struct census *out)
{
    uint8_t *seen = mem_new_array(w->config.nodes, 1);
    uint32_t *stack = mem_new_array(w->config.nodes, sizeof stack[0]);
    *out = (struct census){.degree_min = UINT32_MAX};
    for (uint32_t i = 0; i < w->config.nodes; i++) {
        if (!is_counted(w, i)) {
            continue;
        }
        uint32_t degree = (uint32_t)views_active_count(&w->nodes[i].mesh.views);
        out->alive++;
        out->degree_min = degree < out->degree_min ? degree : out->degree_min;
        out->degree_max = degree > out->degree_max ? degree : out->degree_max;
        out->degree_sum += degree;
        if (!seen[i]) {
            uint32_t size = walk(w, i, seen, stack);
            out->components++;
            out->largest = size > out->largest ? size : out->largest;
        }
    }
    out->degree_min = out->alive == 0 ? 0 : out->degree_min;
    mem_free(stack);
    mem_free(seen);
}

bool census_is_agreed(const struct world *w)
{
    uint64_t hash = 0;
    bool is_first = true;
    for (uint32_t i = 0; i < w->config.nodes; i++) {
        if (is_counted(w, i)) {
            uint64_t other = state_hash(&w->nodes[i].mesh.state);
            if (!is_first && other != hash) {
                return false;
            }
            hash = other;
            is_first = false;
        }
    }
    return true;
}

void census_mark(const struct world *w, struct census_mark *marks)
{
    for (uint32_t i = 0; i < w->config.nodes; i++) {
        const struct world_node *n = &w->nodes[i];
        const struct state_owner *own =
            is_counted(w, i) ? state_table_get(&n->mesh.state.table, &n->id) : NULL;
        marks[i] = own == NULL ? (struct census_mark){.version = 0}
                               : (struct census_mark){own->generation, own->version};
    }
}

static bool has(const struct world_node *n, const struct overlay_id *id,
                const struct census_mark *mark)
{
    const struct state_owner *o = state_table_get(&n->mesh.state.table, id);
    return o != NULL && (o->generation > mark->generation ||
                         (o->generation == mark->generation && o->version >= mark->version));
}

bool census_is_known(const struct world *w, const struct census_mark *marks)
{
    for (uint32_t i = 0; i < w->config.nodes; i++) {
        for (uint32_t k = 0; is_counted(w, i) && k < w->config.nodes; k++) {
            if (is_counted(w, k) && marks[k].version > 0 &&
                !has(&w->nodes[i], &w->nodes[k].id, &marks[k])) {
                return false;
            }
        }
    }
    return true;
}

uint32_t census_across(const struct world *w, const struct scenario_fault *fault)
{
    uint32_t ends = 0;
    for (uint32_t i = 0; i < w->config.nodes; i++) {
        const struct overlay_id *id = NULL;
        size_t cursor = 0;
        bool is_hit = scenario_hits(fault, w->config.seed, i);
        while (w->nodes[i].is_up &&
               (id = views_next_active(&w->nodes[i].mesh.views, &cursor)) != NULL) {
            ends += scenario_hits(fault, w->config.seed, world_number(id)) != is_hit;
        }
    }
    return ends / 2;
}

void census_check(const struct world *w)
{
    for (uint32_t i = 0; i < w->config.nodes; i++) {
        if (w->nodes[i].is_up) {
            mesh_check(&w->nodes[i].mesh);
        }
    }
}
