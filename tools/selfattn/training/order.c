/* SPDX-License-Identifier: MIT */
#include "training/order.h"

#include "exit.h"
#include "training/lesson.h"

struct order order_open(int64_t count, uint64_t seed) {
    struct order o = {
        .number = allocate((size_t)count, sizeof *o.number), .count = count, .place = count, .state = seed};
    for (int64_t i = 0; i < count; i++) o.number[i] = i;
    return o;
}

void order_mix(int64_t *number, int64_t count, uint64_t *state) {
    for (int64_t i = count - 1; i > 0; i--) {
        const int64_t j = (int64_t)(lesson_number(state) % (uint64_t)(i + 1)), swapped = number[i];
        number[i] = number[j];
        number[j] = swapped;
    }
}

const int64_t *order_next(struct order *o, int64_t some) {
    if (o->place + some > o->count) {
        order_mix(o->number, o->count, &o->state);
        o->place = 0;
    }
    o->place += some;
    return o->number + o->place - some;
}
