/*
 * Changes, wraps and epochs (docs/protocol/epoch.md): devices make changes and take each other's in
 * any order, one is robbed once, or removed, or joins late; the thief has the whole state of that
 * moment and every wrap ever sent. At each entry written it is asked whether the thief reads it.
 *
 * Symbols: a change's seed is a fact that is known or not; merge, pair and chain secrets follow from
 * it and do not lead back. A wrap opens for who has the recipient's leaf secret and the pair secret
 * of its base; both sides of a pair erase it when they used it. The thief has the key of an ask, too,
 * that was open when it came, and says that ask again to whomever at any time: worse than it is,
 * since members take an ask from its device's own channel only. Forgetting of merge secrets is left
 * out: the thief has all that the device ever had, which is the worst case. Who lies, and what is
 * forgotten, is in epoch_member.pml.
 *
 * holds: epochs of up to four changes
 * holds(long): epochs of up to five changes -DCHANGES=5
 * fails: wraps rest on the leaf alone -DWEAK_BASE
 * fails: the newest change is the base, also a derived one, whose seed comes from merge secrets -DWEAK_DERIVED
 * fails: seeds are kept -DWEAK_SEED
 * fails: one secret of an epoch of several heads is enough -DWEAK_MERGE
 * fails: after a removal one writes on under what there is -DWEAK_REMOVE
 * fails: a newcomer is given the merge secrets of before -DWEAK_JOIN
 * fails: an ask is answered by who knows a later change of its device -DWEAK_ASK
 * fails: an old ask is answered -DREACH_ASK
 */
#define DEVICES 3
#ifndef CHANGES
#define CHANGES 4 /* number 0 is the first one, by device 0 */
#endif
#define NONE 7

#define BIT(x) (1 << (x))
#define PAIR(a, b) ((a) + (b) - 1) /* 0: 0 and 1, 1: 0 and 2, 2: 1 and 2 */

typedef change {
    byte author;
    bool is_derived;
    byte parents;       /* masks of changes */
    byte past;          /* the change itself and all below */
    byte view;          /* mask of devices */
    byte leaf[DEVICES]; /* which leaf of the recipient the wrap is for: 0, or change + 1 */
    byte base[DEVICES];
    byte erased[DEVICES]; /* mask of pairs that this device has used up */
}

change changes[CHANGES];
byte count = 1;
byte has[DEVICES];     /* masks of changes whose secrets a device was given */
byte leaf[DEVICES];    /* its leaf of now: 0, or its last change + 1 */
byte members;          /* by the log */
byte applied[DEVICES]; /* what each device has heard of it */
byte joined_at[DEVICES];

/* The thief: */
byte victim = NONE;
byte robbed_at;       /* number of changes there were */
byte t_leaves[DEVICES];
byte t_pairs[CHANGES];
byte t_seeds;         /* masks of changes */
byte t_merges;
byte t_chains;

byte heads;  /* scratch, always 0 between steps: no part of a state */
byte more;

inline find_heads(d)
{
    heads = has[d];
    for (fh : 0 .. CHANGES - 1) {
        if :: has[d] & BIT(fh) -> heads = heads & ~(changes[fh].past & ~BIT(fh)) :: else fi
    }
    fh = 0;
}

/* A seed change is a better base than any derived one, a newer one than an older. */
#ifdef WEAK_DERIVED
#define IS_BETTER(c, base) true
#define IS_WEAK(base) (base == NONE)
#else
#define IS_BETTER(c, base) (!changes[c].is_derived || base == NONE || changes[base].is_derived)
#define IS_WEAK(base) (base == NONE || changes[base].is_derived)
#endif

#define OPENS_WRAP(c, r) \
    ((changes[c].view & BIT(r)) && r != changes[c].author && (t_leaves[r] & BIT(changes[c].leaf[r])) && \
     (changes[c].base[r] == NONE || (t_pairs[changes[c].base[r]] & BIT(PAIR(changes[c].author, r))) || \
      (t_seeds & BIT(changes[c].base[r]))))

/* All that follows from what the thief has. */
inline conclude()
{
    for (cr : 1 .. CHANGES) {
        for (cc : 0 .. count - 1) {
            if
            :: changes[cc].is_derived && (changes[cc].parents & ~t_merges) == 0 -> t_seeds = t_seeds | BIT(cc)
            :: !changes[cc].is_derived && cc > 0 &&
               (OPENS_WRAP(cc, 0) || OPENS_WRAP(cc, 1) || OPENS_WRAP(cc, 2)) -> t_seeds = t_seeds | BIT(cc)
            :: else
            fi;
            t_merges = t_merges | t_seeds
        }
    }
    cc = 0;
    cr = 0
}

inline rob(d)
{
    victim = d;
    robbed_at = count;
    t_merges = has[d];
    t_chains = has[d];
#ifdef WEAK_SEED
    t_seeds = has[d];
#endif
    t_leaves[d] = BIT(leaf[d]);
    for (rx : 0 .. count - 1) {
        for (ry : 0 .. DEVICES - 1) {
            if
            :: ry != d && (has[d] & BIT(rx)) && !(changes[rx].erased[d] & BIT(PAIR(d, ry))) ->
                t_pairs[rx] = t_pairs[rx] | BIT(PAIR(d, ry))
            :: else
            fi
        }
    }
    rx = 0;
    ry = 0;
    conclude()
}

/* `d` makes a change over what it knows, for those whom it knows to be members. */
inline make(d, derived)
{
    find_heads(d);
    changes[count].author = d;
    changes[count].is_derived = derived;
    changes[count].parents = heads;
    changes[count].view = applied[d];
    changes[count].past = BIT(count);
    for (mp : 0 .. count - 1) {
        if :: heads & BIT(mp) -> changes[count].past = changes[count].past | changes[mp].past :: else fi
    }
    for (mr : 0 .. DEVICES - 1) {
        changes[count].base[mr] = NONE;
        /* The leaf that the newest change of mr brought, among those that d knows; and a parent as
         * base, if mr was given it and its pair secret is still there. */
        for (mp : 0 .. count - 1) {
            if
            :: (has[d] & BIT(mp)) && changes[mp].author == mr && !changes[mp].is_derived && mp > 0 ->
                changes[count].leaf[mr] = mp + 1
            :: else
            fi;
#ifndef WEAK_BASE
            if
            :: mr != d && !derived && (has[d] & BIT(mp)) && IS_BETTER(mp, changes[count].base[mr]) &&
               (changes[mp].view & BIT(mr)) && mp >= joined_at[mr] &&
               !(changes[mp].erased[d] & BIT(PAIR(d, mr))) ->
                changes[count].base[mr] = mp
            :: else
            fi
#endif
        }
        if
        :: changes[count].base[mr] != NONE ->
            changes[changes[count].base[mr]].erased[d] =
                changes[changes[count].base[mr]].erased[d] | BIT(PAIR(d, mr))
        :: else
        fi
    }
    has[d] = has[d] | BIT(count);
    if :: !derived -> leaf[d] = count + 1 :: else fi;
    count++;
    mr = 0;
    mp = 0;
    heads = 0;
    if :: victim != NONE -> conclude() :: else fi
}

/* `d` is given change `c`, by a wrap, or because it has the parents of a derived one. */
inline take(d, c)
{
    has[d] = has[d] | BIT(c);
    if
    :: changes[c].base[d] != NONE ->
        changes[changes[c].base[d]].erased[d] = changes[changes[c].base[d]].erased[d] | BIT(PAIR(d, changes[c].author))
    :: else
    fi
}

#define IS_ONE(mask) (((mask) & ((mask) - 1)) == 0)

#ifdef WEAK_MERGE
#define READS_MANY(mask) (((mask) & t_merges) != 0)
#else
#define READS_MANY(mask) (((mask) & ~t_merges) == 0)
#endif
#define READS(mask) ((IS_ONE(mask) && ((mask) & (t_seeds | t_chains))) || (!IS_ONE(mask) && READS_MANY(mask)))

/* `d` writes an entry under its heads. */
inline write(d)
{
    find_heads(d);
    for (wc : 0 .. count - 1) {
        if
        :: (heads & BIT(wc)) && victim != NONE ->
            /* Healed: something that the victim made since is below. */
            for (wp : robbed_at .. count - 1) {
                if
                :: wp < count && (changes[wc].past & BIT(wp)) && changes[wp].author == victim && !changes[wp].is_derived ->
                    assert(!READS(heads))
                :: else
                fi
            }
            wp = 0
        :: else
        fi
    }
    /* Removed: the writer knows it. */
    if
    :: victim != NONE && !(applied[d] & BIT(victim)) -> assert(!READS(heads))
    :: else
    fi;
    wc = 0;
    heads = 0
}

/* Whether `d` knows a change of the victim's that is newer than the robbery, and so than the ask. */
inline find_stale(d, out)
{
    out = 0;
    for (wc : robbed_at .. count) {
        if :: wc < count && (has[d] & BIT(wc)) && changes[wc].author == victim -> out = 1 :: else fi
    }
#ifdef WEAK_ASK
    out = 0;
#endif
    wc = 0
}

/* Whether every head's view is of members: else a change comes first. */
inline may_write(d, out)
{
    find_heads(d);
    out = 1;
    for (wc : 0 .. count - 1) {
        if :: (heads & BIT(wc)) && IS_ONE(heads) && (changes[wc].view & ~applied[d]) -> out = 0 :: else fi
    }
    if
    :: !IS_ONE(heads) ->
        more = 255;
        for (wc : 0 .. count - 1) {
            if :: heads & BIT(wc) -> more = more & changes[wc].view :: else fi
        }
        if :: more & ~applied[d] -> out = 0 :: else fi;
        more = 0
    :: else
    fi;
#ifdef WEAK_REMOVE
    out = 1;
#endif
    wc = 0;
    heads = 0
}

active proctype world()
{
    byte d, c, ok;
    byte fh, cc, cr, rx, ry, mr, mp, wc, wp; /* of the inlines; 0 between steps */

    /* Device 0 made the first change; device 2 may be a member from the start, or join later. */
    d_step {
        changes[0].past = 1;
        for (d : 0 .. DEVICES - 1) { changes[0].base[d] = NONE; }
        d = 0
    }
    if
    :: members = 7; has[2] = 1
    :: members = 3; joined_at[2] = NONE
    fi;
    d_step {
        changes[0].view = members;
        has[0] = 1;
        has[1] = 1;
        applied[0] = members;
        applied[1] = members;
        applied[2] = members;
    }

end:
    do
    /* A seed change. */
    :: atomic { count < CHANGES -> select(d : 0 .. DEVICES - 1);
        if
        :: has[d] != 0 && (members & BIT(d)) -> d_step { make(d, false) }
        :: else
        fi; d = 0 }

    /* A change is taken: all below it first, and a derived one by who has what it comes from. */
    :: atomic { select(d : 0 .. DEVICES - 1); select(c : 1 .. CHANGES - 1);
        if
        :: c < count && has[d] != 0 && !(has[d] & BIT(c)) && (changes[c].view & BIT(d)) &&
           (changes[c].parents & ~has[d]) == 0 &&
           (changes[c].base[d] == NONE || (has[d] & BIT(changes[c].base[d]))) -> d_step { take(d, c) }
        :: else
        fi; d = 0; c = 0 }

    /* Device 2 joins: a member makes a derived change and sends it to the newcomer alone. */
    :: atomic { joined_at[2] == NONE && count < CHANGES && victim == NONE -> select(d : 0 .. 1);
        d_step {
            members = 7;
            applied[0] = 7;
            applied[1] = 7;
            applied[2] = 7;
            joined_at[2] = count;
            make(d, true);
            has[2] = BIT(count - 1);
#ifdef WEAK_JOIN
            has[2] = has[2] | 1;
#endif
        }; d = 0 }

    /* A device is robbed. What it had used by then stays shut, and what was before it joined. */
    :: atomic { victim == NONE -> select(d : 0 .. DEVICES - 1);
        if
        :: has[d] != 0 ->
            d_step { rob(d) };
            d_step {
                /* A wrap without base, or with a derived one, that this leaf opened can be opened
                 * again, and so can what came after it, until the leaf is renewed. */
                ok = 1;
                for (c : 1 .. count - 1) {
                    if
                    :: c < count && (has[d] & BIT(c)) && !changes[c].is_derived ->
#ifndef WEAK_BASE
                        if
                        :: changes[c].author != d && IS_WEAK(changes[c].base[d]) &&
                           (t_leaves[d] & BIT(changes[c].leaf[d])) -> ok = 0
                        :: else
                        fi;
#endif
                        assert(!ok || !(t_seeds & BIT(c)))
                    :: else
                    fi
                };
                if :: joined_at[d] != 0 -> assert(!((t_merges | t_seeds) & (BIT(joined_at[d]) - 1))) :: else fi;
                c = 0;
                ok = 0
            }
        :: else
        fi; d = 0 }

    /* The victim is removed; the others hear of it one by one. */
    :: atomic { victim != NONE && (members & BIT(victim)) -> members = members & ~BIT(victim) }
    :: atomic { select(d : 0 .. DEVICES - 1);
        if
        :: d != victim && applied[d] != members && has[d] != 0 -> applied[d] = members
        :: else
        fi; d = 0 }

    /* The thief says the victim's ask again: a member who takes it makes a derived change, and seals
     * its seed to the key that the thief has. */
    :: atomic { victim != NONE && count < CHANGES -> select(d : 0 .. DEVICES - 1);
        if
        :: d != victim && has[d] != 0 && (members & BIT(d)) && (applied[d] & BIT(victim)) ->
            d_step { find_stale(d, c); may_write(d, ok) };
            if
            :: ok && !c ->
#ifdef REACH_ASK
                assert(false);
#endif
                d_step { make(d, true); t_seeds = t_seeds | BIT(count - 1); conclude() }
            :: else
            fi
        :: else
        fi; d = 0; c = 0; ok = 0 }

    /* An entry. */
    :: atomic { victim != NONE -> select(d : 0 .. DEVICES - 1);
        if
        :: has[d] != 0 && (members & BIT(d)) ->
            d_step { may_write(d, ok) };
            if :: ok -> d_step { write(d) } :: else fi
        :: else
        fi; d = 0; ok = 0 }
    od
}
