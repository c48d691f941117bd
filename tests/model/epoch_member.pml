/*
 * Epochs with a member who lies (docs/protocol/epoch.md): M makes changes of any parents and
 * sequence, also two of one sequence, answers asks with any past, names any heads, says everything
 * again at any time, and is removed at some point. A is honest and modelled whole: its graph, what
 * it has forgotten, its epochs. B is honest, too: it makes changes over any heads it could have
 * heard of, and welcomes truly.
 *
 * Symbols: a change's seed is known or not; an epoch is a set of heads, and used once somebody
 * sealed or opened an entry under it: made anew, its chains would begin anew, so keys would be used
 * twice and entries open twice. Names of what was forgotten may be lost. Wraps open
 * again as often as they come, which is worse than it is. Left out: that places are counted
 * (tests/group/epoch_room_test.c), that names are antichains (it bounds them, and protects nothing).
 *
 * holds: no key is used twice, nothing forgotten comes back, the removed read nothing: three changes
 * holds(long): the same with four changes -DCHANGES=4
 * fails: names alone say what was forgotten -DWEAK_FLOOR
 * fails: a welcome may bring what was forgotten -DWEAK_WELCOME
 * fails: an epoch that was used gives way to others -DWEAK_EVICT
 * fails: after a removal one writes on under what there is -DWEAK_REMOVE
 * fails: a welcome comes before the change that shuts the removed out -DWEAK_BAR
 * fails: a change by the liar is written under -DREACH_LIAR
 * fails: a welcome of the liar is taken, and its past is wrong -DREACH_LIE
 * fails: the liar hides another's change from whom it welcomes -DREACH_HIDDEN
 * fails: an honest welcome is taken -DREACH_WELCOME
 * fails: a forgotten change is said again -DREACH_AGAIN
 * fails: the removed is shut out -DREACH_SHUT
 */
#ifndef CHANGES
#define CHANGES 3 /* number 0 is the first one, by B */
#endif
#ifdef ONE_LIE
#define LIES 1 /* changes of M's */
#define SEQUENCES 1
#else
#define LIES CHANGES
#define SEQUENCES 2
#endif
#define A 0
#define B 1
#define M 2

#define BIT(x) (1 << (x))
#define IS_ONE(mask) (((mask) & ((mask) - 1)) == 0)

typedef change {
    byte author;
    bit is_derived;
    bit is_false; /* derived by its own word only: its seed comes from nothing */
    bit has_m;    /* M is in its view */
    byte parents; /* masks of changes */
    byte past;    /* the change itself and all below */
    byte sequence;
}

change changes[CHANGES];
byte count;
byte sequence[2]; /* of A and B */
byte derived;     /* mask of changes that may come with a welcome for A */
bit a_applied;    /* has heard that M was removed */
bit b_applied;

/* A: */
byte graph;    /* masks of changes */
byte names;    /* of forgotten ones */
byte secrets;
byte below;    /* covered for good */
byte floor[3]; /* by author: the highest sequence that was forgotten */
int epochs;    /* a bit for each set of heads: there is such an epoch */

/* What nobody knows, to judge by: */
int used;      /* epochs that were ever used */
byte told;     /* of B's changes, those that A ever had, or was told that they lie in the past */
byte m_knows;  /* seeds */
byte b_line;   /* B's last change */
byte lies;

byte heads, covered; /* scratch, 0 between steps */

#define IS_VOID(c, applied) ((applied) && changes[c].author == M)

/* A's heads. Parents have lower numbers than their children. */
inline find_heads()
{
    covered = below;
    fh = CHANGES;
    do
    :: fh == 0 -> break
    :: else ->
        fh--;
        if
        :: (graph & BIT(fh)) && (!IS_VOID(fh, a_applied) || (covered & BIT(fh))) -> covered = covered | changes[fh].parents
        :: else
        fi
    od;
    heads = graph & ~covered;
    for (fh : 0 .. CHANGES - 1) {
        if :: (heads & BIT(fh)) && IS_VOID(fh, a_applied) -> heads = heads & ~BIT(fh) :: else fi
    }
    fh = 0
}

/* Some head's view is without M. */
inline shuts_out(mask, out)
{
    out = 0;
    for (so : 0 .. CHANGES - 1) {
        if :: ((mask) & BIT(so)) && !changes[so].has_m -> out = 1 :: else fi
    }
    so = 0
}

/* A may write: it has the secrets of all heads, and who was removed has not. */
inline find_ready(out)
{
    find_heads();
    shuts_out(heads, out);
    out = heads != 0 && (heads & ~secrets) == 0 && (!a_applied || out);
#ifdef WEAK_REMOVE
    out = heads != 0 && (heads & ~secrets) == 0;
#endif
}

/* The epoch of `mask` is made, if it is not there: chains begin at their first generation, and
 * somebody writes. (One that nobody uses, and may give way, is as if it were not there.) */
inline open(mask)
{
    if
    :: epochs & (1 << (mask))
    :: else ->
        assert(!(used & (1 << (mask))));
        epochs = epochs | (1 << (mask));
        used = used | (1 << (mask))
    fi
}

/* A secret that comes opens an epoch. */
inline install(c)
{
    secrets = secrets | BIT(c);
    open(BIT(c))
}

#define WAS_FORGOTTEN(c) ((used & (1 << BIT(c))) && !(secrets & BIT(c)))

inline hear(mask)
{
    for (hr : 0 .. CHANGES - 1) {
        if :: ((mask) & BIT(hr)) && changes[hr].author == B -> told = told | BIT(hr) :: else fi
    }
    hr = 0
}

/* What M can reckon, or be given: who takes it for a member answers its asks. */
inline conclude()
{
    for (cc : 0 .. CHANGES - 1) {
        if
        :: cc < count && (changes[cc].has_m || (changes[cc].is_derived && (changes[cc].parents & ~m_knows) == 0)) ->
            m_knows = m_knows | BIT(cc)
        :: else
        fi
    }
    cc = 0
}

inline make(author_, is_derived_, false_, parents_, view, sequence_)
{
    changes[count].author = author_;
    changes[count].is_derived = is_derived_;
    changes[count].is_false = false_;
    changes[count].parents = parents_;
    changes[count].has_m = view;
    changes[count].sequence = sequence_;
    changes[count].past = BIT(count);
    if :: (is_derived_) && author_ != A -> derived = derived | BIT(count) :: else fi;
    for (mk : 0 .. CHANGES - 1) {
        if :: (parents_) & BIT(mk) -> changes[count].past = changes[count].past | changes[mk].past :: else fi
    }
    mk = 0;
    count++;
    conclude();
    if
    :: count == CHANGES -> /* no more: what only their makers need makes no difference */
        b_applied = 0;
        b_line = 0;
        lies = 0;
        sequence[A] = 0;
        sequence[B] = 0
    :: else
    fi
}

/* Whether none of `mask` stands below another, and none is void for B, and B's last is among what
 * stands there: heads that B can have. */
inline may_be_bs(mask, out)
{
    out = 1;
    covered = 0;
    for (mb : 0 .. CHANGES - 1) {
        if
        :: (mask) & BIT(mb) ->
            covered = covered | changes[mb].past;
            if :: ((mask) & changes[mb].past & ~BIT(mb)) || IS_VOID(mb, b_applied) -> out = 0 :: else fi
        :: else
        fi
    }
    mb = 0;
    out = out && (covered & BIT(b_line));
    covered = 0
}

/* A is told that `mask` lies in the past of what it is given. */
inline take_past(mask)
{
    below = below | ((mask) & graph);
    names = names | ((mask) & ~graph);
    hear(mask)
}

#define IS_SPENT(c) (changes[c].sequence <= floor[changes[c].author])
#ifdef WEAK_FLOOR
#define IS_REFUSED(c) false
#else
#define IS_REFUSED(c) IS_SPENT(c)
#endif
#ifdef WEAK_WELCOME
#define IS_FRESH(c) true
#else
#define IS_FRESH(c) (!(names & BIT(c)) && !IS_REFUSED(c))
#endif

active proctype world()
{
    byte c, p, q, ok, use;
    byte fh, so, cc, mk, mb, hr; /* of the inlines; 0 between steps */

    d_step {
        sequence[B] = 1;
        make(B, 0, 0, 0, 1, 1);
        graph = 1;
        told = 1
    };
    d_step { install(0) };

end:
    do
    /* A seed change of A's. */
    :: atomic { count < CHANGES -> d_step {
            find_heads();
            sequence[A]++;
            make(A, 0, 0, heads, !a_applied, sequence[A]);
            graph = graph | BIT(count - 1);
            heads = 0;
            covered = 0;
            install(count - 1)
        } }

    /* A change of B's, over heads that it may have; a derived one only when it may write. */
    :: atomic { count < CHANGES -> select(p : 1 .. BIT(CHANGES) - 1); select(q : 0 .. 1); select(use : b_applied .. 1);
        if
        :: p < BIT(count) ->
            d_step {
                c = b_applied;
                b_applied = use;
                may_be_bs(p, ok);
                if
                :: q && b_applied && ok ->
#ifndef WEAK_BAR
                    shuts_out(p, ok)
#endif
                :: else
                fi
            };
            if
            :: ok -> d_step {
                    sequence[B]++;
                    b_line = count;
                    make(B, q, 0, p, !b_applied, sequence[B])
                }
            :: else -> b_applied = c
            fi
        :: else
        fi; p = 0; q = 0; c = 0; use = 0; ok = 0 }

    /* A change of M's, over whatever it likes; its view must have its author. */
    :: atomic { count < CHANGES && lies < LIES -> select(p : 0 .. BIT(CHANGES) - 1); select(q : 0 .. 2); select(c : 1 .. SEQUENCES);
        if
        :: p < BIT(count) && (q == 0 || p != 0) -> d_step { lies++; make(M, q > 0, q == 2, p, 1, c) }
        :: else
        fi; p = 0; q = 0; c = 0 }

    /* A change is said, for the first time or again. */
    :: atomic { ((BIT(count) - 1) & ~(graph | names)) != 0 -> select(c : 0 .. CHANGES - 1);
        if
        :: c < count && changes[c].author != A && !((graph | names) & BIT(c)) &&
           (changes[c].parents & ~(graph | names)) == 0 ->
#ifdef REACH_AGAIN
            assert(!WAS_FORGOTTEN(c));
#endif
            if
            :: IS_REFUSED(c) -> d_step {
                    assert(changes[c].author == M || (told & BIT(c))); /* nothing honest is lost so */
                    names = names | BIT(c)
                }
            :: else -> d_step { graph = graph | BIT(c); hear(BIT(c)) }
            fi
        :: else
        fi; c = 0 }

    /* A gets the secret of a change that it knows: from a wrap, or from its parents. */
    :: atomic { (graph & ~secrets) != 0 -> select(c : 0 .. CHANGES - 1);
        if
        :: (graph & BIT(c)) && !(secrets & BIT(c)) && !changes[c].is_false &&
           (!changes[c].is_derived || (changes[c].parents & ~(graph & secrets)) == 0) -> d_step { install(c) }
        :: else
        fi; c = 0 }

    /* An ask of A's is answered: by B truly, if not always with all that lies behind. */
    :: atomic { (derived & ~graph) != 0 -> select(c : 1 .. CHANGES - 1);
        if :: derived & ~graph & BIT(c) -> select(q : 0 .. BIT(CHANGES) - 1) :: else fi;
        if
        :: (derived & ~graph & BIT(c)) && q < BIT(count) && !(q & BIT(c)) && !IS_VOID(c, a_applied) &&
           (changes[c].author == M || (q & ~changes[c].past) == 0) && IS_FRESH(c) ->
#ifdef REACH_LIE
            assert((q & ~changes[c].past) == 0);
#endif
#ifdef REACH_WELCOME
            assert(changes[c].author != B);
#endif
            d_step {
                take_past(q);
                graph = graph | BIT(c);
                hear(changes[c].past);
                install(c)
            }
        :: else
        fi; c = 0; q = 0 }

    /* A forgets: what is superseded, and what is void; in time the name, too. */
    :: atomic { graph != 0 -> select(c : 0 .. CHANGES - 1); select(use : 0 .. 1); true;
        d_step {
            find_heads();
            ok = (graph & BIT(c)) && !(heads & BIT(c)) && ((covered & BIT(c)) || IS_VOID(c, a_applied));
            if :: ok && (covered & BIT(c)) -> below = below | (changes[c].parents & graph) :: else fi;
            heads = 0;
            covered = 0
        };
        if
        :: ok -> d_step {
                graph = graph & ~BIT(c);
                if :: use -> names = names | BIT(c) :: else fi;
                below = below & ~BIT(c);
                secrets = secrets & ~BIT(c);
                if :: IS_SPENT(c) :: else -> floor[changes[c].author] = changes[c].sequence fi;
                for (p : 1 .. BIT(CHANGES) - 1) {
                    if :: p & BIT(c) -> epochs = epochs & ~(1 << p) :: else fi
                }
                p = 0
            }
        :: else
        fi; c = 0; ok = 0; use = 0 }

    /* Heads are named to A, by anybody; or it writes under its own. */
    :: atomic { !IS_ONE(graph & secrets) -> select(p : 3 .. BIT(CHANGES) - 1);
        if
        :: !IS_ONE(p) && (p & ~(graph & secrets)) == 0 && !(epochs & (1 << p)) -> d_step { open(p) }
        :: else
        fi; p = 0 }

#ifdef WEAK_EVICT
    /* An epoch of several heads gives way to others. */
    :: atomic { select(p : 3 .. BIT(CHANGES) - 1);
        if
        :: !IS_ONE(p) && (epochs & (1 << p)) -> epochs = epochs & ~(1 << p)
        :: else
        fi; p = 0 }
#endif

    /* M is removed; A hears of it. (B does before the first change that it makes so.) */
    :: atomic { !a_applied -> a_applied = 1 }

    /* What A may write now, M cannot read. */
    :: atomic {
            d_step { find_ready(ok); p = heads; heads = 0; covered = 0 };
            if
            :: ok ->
                assert(!a_applied || (p & ~m_knows) != 0);
#ifdef REACH_LIAR
                assert(p != 2 || changes[1].author != M);
#endif
#ifdef REACH_SHUT
                assert(!a_applied);
#endif
            :: else
            fi;
#ifdef REACH_HIDDEN
            for (c : 0 .. CHANGES - 1) {
                if :: c < count && changes[c].author == B && (names & BIT(c)) -> assert(WAS_FORGOTTEN(c)) :: else fi
            };
            c = 0;
#endif
            p = 0;
            ok = 0
        }
    od
}
