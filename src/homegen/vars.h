/* The variables that phrases may name, set by the program for each sentence. data/homegen/KEYS.md says what each means. */
#ifndef HT_HOMEGEN_VARS_H
#define HT_HOMEGEN_VARS_H

#define HT_VAR_LIST(X) \
    X(name) X(area) X(the_area) X(in_area) X(floor) X(the_floor) X(on_floor) X(one) X(many) X(target) X(bare) X(it) X(n) X(d) X(pct) \
    X(step) X(temp) X(degrees_step) X(color) X(ctemp) X(mode) X(preset) X(fan_mode) X(feature) X(dur) X(dur_adj) X(more_time) \
    X(start_dur) X(start_dur_adj) X(h) X(m) X(s) X(clock) X(h12) X(h24) X(next_h) X(mm) X(to_m) X(timer) X(list) X(item) \
    X(message) X(query) X(source) X(option) X(label) X(command) X(person) X(city) X(assistant) X(x) X(y) X(z) X(a) X(b) X(c)

#define HT_VAR_ENUM(name) HT_VAR_##name,
typedef enum { HT_VAR_LIST(HT_VAR_ENUM) HT_VAR_COUNT } ht_var;
#undef HT_VAR_ENUM
#endif
