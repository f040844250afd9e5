/* SPDX-License-Identifier: MIT */
#include "train/tokenizer/pairs.h"

#include "train/tokenizer/array.h"

enum { LEAST_PAIRS = 1024, NEW_PAIRS = 2 /* of a join */ };

void pairs_close(struct pairs *p) {
    memory_release(&p->memory, p->symbols, p->symbol_count, sizeof *p->symbols);
    memory_release(&p->memory, p->slots, p->room, sizeof *p->slots);
    *p = (struct pairs){0};
}

static struct token_pair *pair_at(const struct pairs *p, int32_t number) {
    return &p->slots[number].pair;
}

static int32_t *bucket_of(const struct pairs *p, int32_t left, int32_t right) {
    const uint64_t hash = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9e3779b97f4a7c15u;
    return &p->slots[(hash ^ hash >> 32) & ((uint64_t)p->room - 1)].in_bucket;
}

static void put_into_bucket(struct pairs *p, int32_t number) {
    struct token_pair *pair = pair_at(p, number);
    int32_t *bucket = bucket_of(p, pair->left, pair->right);
    pair->chain = *bucket;
    *bucket = number;
}

/* The link to a pair, or the end of its bucket. */
static int32_t *find_link(const struct pairs *p, int32_t left, int32_t right) {
    int32_t *link = bucket_of(p, left, right);
    while (*link >= 0 && (pair_at(p, *link)->left != left || pair_at(p, *link)->right != right))
        link = &pair_at(p, *link)->chain;
    return link;
}

/* Room for what a join may add. */
static sa_status reserve(struct pairs *p, struct report *report) {
    if (p->room - p->count >= NEW_PAIRS) return SA_OK;
    struct pair_slot *slots = array_grow(&p->memory, p->slots, &p->room, LEAST_PAIRS, sizeof *slots);
    if (!slots) return fail_memory_for(report, "the pairs of tokens");
    p->slots = slots;
    for (int64_t i = p->count; i < p->room; i++) slots[i].in_heap = (int32_t)i;
    for (int64_t i = 0; i < p->room; i++) slots[i].in_bucket = -1;
    for (int64_t i = 0; i < p->count; i++) put_into_bucket(p, slots[i].in_heap);
    return SA_OK;
}

static int is_better(const struct token_pair *a, const struct token_pair *b) {
    if (a->count != b->count) return a->count > b->count;
    return a->left != b->left ? a->left < b->left : a->right < b->right;
}

static void put_into_heap(struct pairs *p, int64_t place, int32_t number) {
    p->slots[place].in_heap = number;
    pair_at(p, number)->place = (int32_t)place;
}

static void move_up(struct pairs *p, int32_t number) {
    int64_t place = pair_at(p, number)->place;
    for (int64_t above; place > 0; place = above) {
        above = (place - 1) / 2;
        const int32_t other = p->slots[above].in_heap;
        if (!is_better(pair_at(p, number), pair_at(p, other))) break;
        put_into_heap(p, place, other);
    }
    put_into_heap(p, place, number);
}

static void move_down(struct pairs *p, int32_t number) {
    int64_t place = pair_at(p, number)->place;
    for (int64_t below; (below = 2 * place + 1) < p->count; place = below) {
        if (below + 1 < p->count &&
            is_better(pair_at(p, p->slots[below + 1].in_heap), pair_at(p, p->slots[below].in_heap)))
            below++;
        const int32_t other = p->slots[below].in_heap;
        if (is_better(pair_at(p, number), pair_at(p, other))) break;
        put_into_heap(p, place, other);
    }
    put_into_heap(p, place, number);
}

/* The number of a pair, which is new if need be; there is room. */
static int32_t take_pair(struct pairs *p, int32_t left, int32_t right) {
    const int32_t known = *find_link(p, left, right);
    if (known >= 0) return known;
    const int32_t number = p->slots[p->count].in_heap;
    *pair_at(p, number) = (struct token_pair){.left = left, .right = right, .first = -1};
    put_into_bucket(p, number);
    put_into_heap(p, p->count++, number);
    return number;
}

/* Its number becomes free, and the last pair of the heap takes its place. */
static void drop_pair(struct pairs *p, int32_t number) {
    const struct token_pair *pair = pair_at(p, number);
    const int32_t last = p->slots[--p->count].in_heap, place = pair->place;
    *find_link(p, pair->left, pair->right) = pair->chain;
    p->slots[p->count].in_heap = number;
    if (last == number) return;
    put_into_heap(p, place, last);
    move_up(p, last);
    move_down(p, last);
}

/* Notes the pair that begins with a symbol, if there is one. */
static void enter(struct pairs *p, int32_t at) {
    struct pair_symbol *s = at >= 0 ? &p->symbols[at] : NULL;
    if (!s || s->after < 0) return;
    s->pair = take_pair(p, s->token, p->symbols[s->after].token);
    struct token_pair *pair = pair_at(p, s->pair);
    s->previous = -1, s->next = pair->first;
    if (s->next >= 0) p->symbols[s->next].previous = at;
    pair->first = at;
    pair->count += p->words->list[s->word].count;
    move_up(p, s->pair);
}

/* Forgets it. */
static void leave(struct pairs *p, int32_t at) {
    struct pair_symbol *s = at >= 0 ? &p->symbols[at] : NULL;
    if (!s || s->pair < 0) return;
    struct token_pair *pair = pair_at(p, s->pair);
    if (s->previous >= 0)
        p->symbols[s->previous].next = s->next;
    else
        pair->first = s->next;
    if (s->next >= 0) p->symbols[s->next].previous = s->previous;
    pair->count -= p->words->list[s->word].count;
    if (pair->first < 0)
        drop_pair(p, s->pair);
    else
        move_down(p, s->pair);
    s->pair = -1;
}

static void join_two(struct pairs *p, int32_t at, int32_t token) {
    struct pair_symbol *s = &p->symbols[at];
    const int32_t second = s->after;
    leave(p, s->before), leave(p, at), leave(p, second);
    s->token = token;
    s->after = p->symbols[second].after;
    if (s->after >= 0) p->symbols[s->after].before = at;
    enter(p, s->before), enter(p, at);
}

static int stands_at(const struct pairs *p, const struct token_pair *pair, int32_t at) {
    const struct pair_symbol *s = &p->symbols[at];
    return s->token == pair->left && s->after >= 0 && p->symbols[s->after].token == pair->right;
}

sa_status pairs_join(struct pairs *p, struct report *report, struct token_pair pair, int32_t token) {
    sa_status status = SA_OK;
    for (int32_t number; status == SA_OK && (number = *find_link(p, pair.left, pair.right)) >= 0;) {
        int32_t at = pair_at(p, number)->first;
        /* Of a run of equal symbols, the first two are joined first. */
        while (pair.left == pair.right && p->symbols[at].before >= 0 &&
               p->symbols[p->symbols[at].before].token == pair.left)
            at = p->symbols[at].before;
        for (; status == SA_OK && at >= 0 && stands_at(p, &pair, at); at = p->symbols[at].after) {
            status = reserve(p, report);
            if (status == SA_OK) join_two(p, at, token);
        }
    }
    return status;
}

const struct token_pair *pairs_best(const struct pairs *p) {
    return p->count ? pair_at(p, p->slots[0].in_heap) : NULL;
}

static sa_status enter_word(struct pairs *p, struct report *report, int32_t word, int32_t first,
                            const int32_t token_of[256]) {
    const struct word *w = &p->words->list[word];
    const int32_t end = first + (int32_t)w->bytes;
    sa_status status = SA_OK;
    for (int32_t i = first; i < end; i++)
        p->symbols[i] = (struct pair_symbol){.token = token_of[(unsigned char)w->text[i - first]],
                                             .word = word,
                                             .before = i > first ? i - 1 : -1,
                                             .after = i + 1 < end ? i + 1 : -1,
                                             .pair = -1};
    for (int32_t i = first; i < end && status == SA_OK; i++) {
        status = reserve(p, report);
        if (status == SA_OK) enter(p, i);
    }
    return status;
}

sa_status pairs_open(const struct allocator *memory, struct report *report, const struct words *words,
                     const int32_t token_of[256], struct pairs *p) {
    *p = (struct pairs){.memory = *memory, .words = words};
    p->symbols = memory_allocate(memory, words->bytes, sizeof *p->symbols);
    if (!p->symbols) return fail_memory_for(report, "the symbols of words");
    p->symbol_count = words->bytes;
    int32_t first = 0;
    sa_status status = SA_OK;
    for (int64_t i = 0; i < words->count && status == SA_OK; i++) {
        status = enter_word(p, report, (int32_t)i, first, token_of);
        first += (int32_t)words->list[i].bytes;
    }
    return status;
}
