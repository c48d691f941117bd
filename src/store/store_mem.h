/*
 * The store's twin in memory: for simulations of many nodes, and nodes without a home.
 */
#ifndef STORE_STORE_MEM_H
#define STORE_STORE_MEM_H

#include "store/store_back.h"

struct store_mem;

extern const struct store_back_ops store_mem_ops;

WARN_UNUSED struct store_mem *store_mem_new(void);

#endif
