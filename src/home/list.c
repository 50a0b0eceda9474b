/* Shopping and todo lists of a home. A todo entity's state is the number of open items of the list of its id. */
#include <stdio.h>
#include <stdlib.h>

#include "home/private.h"

size_t ht_home_list_count(const ht_home *h) { return h->n_lists; }
const ht_list *ht_home_list_at(const ht_home *h, size_t i) { return i < h->n_lists ? &h->lists[i] : NULL; }

static void drop_items(ht_list *l)
{
    for (size_t i = 0; i < l->n_items; i++)
        free(l->items[i].text);
    free(l->items);
    l->items = NULL;
    l->n_items = 0;
}

void ht_home_lists_deinit(ht_home *h)
{
    for (size_t i = 0; i < h->n_lists; i++) {
        drop_items(&h->lists[i]);
        free(h->lists[i].id);
        free(h->lists[i].name);
    }
    free(h->lists);
    h->lists = NULL;
    h->n_lists = 0;
}

/* After each change of a list: the todo entity's count, then the watcher. */
static ht_status list_changed(ht_home *h, size_t list, ht_error *err)
{
    const ht_list *l = &h->lists[list];
    const int entity = ht_home_find_entity(h, ht_str_from(l->id));
    ht_status st = HT_OK;
    if (entity >= 0 && ht_str_is(h->entities[entity].domain, "todo")) {
        size_t n_open = 0;
        for (size_t i = 0; i < l->n_items; i++)
            n_open += !l->items[i].is_done;
        char text[24];
        snprintf(text, sizeof text, "%zu", n_open);
        st = ht_home_set_state(h, (size_t)entity, text, err);
    }
    ht_home_tell(h, -1);
    return st;
}

static ht_status append(ht_list *l, ht_str text, bool is_done, ht_error *err)
{
    char *copy = ht_home_copy(text);
    if (copy == NULL || !ht_home_grow(&l->items, l->n_items, sizeof *l->items)) {
        free(copy);
        return ht_fail(err, HT_NO_MEMORY, -1, "home: an item of list %s", l->id);
    }
    l->items[l->n_items++] = (ht_list_item){copy, is_done};
    return HT_OK;
}

ht_status ht_home_list_add(ht_home *h, size_t list, ht_str item, ht_error *err)
{
    if (list >= h->n_lists)
        return ht_fail(err, HT_BAD_ARG, -1, "home: there is no list %zu", list);
    const ht_status st = append(&h->lists[list], item, false, err);
    return st == HT_OK ? list_changed(h, list, err) : st;
}

void ht_home_list_remove(ht_home *h, size_t list, size_t item)
{
    if (list >= h->n_lists || item >= h->lists[list].n_items)
        return;
    ht_list *l = &h->lists[list];
    free(l->items[item].text);
    memmove(&l->items[item], &l->items[item + 1], (l->n_items - item - 1) * sizeof *l->items);
    l->n_items--;
    (void)!list_changed(h, list, NULL); /* the item is gone; a count that found no memory comes right with the next change */
}

void ht_home_list_done(ht_home *h, size_t list, size_t item, bool is_done)
{
    if (list >= h->n_lists || item >= h->lists[list].n_items || h->lists[list].items[item].is_done == is_done)
        return;
    h->lists[list].items[item].is_done = is_done;
    (void)!list_changed(h, list, NULL); /* as above */
}

static bool is_shopping(const ht_list *l)
{
    return strcasestr(l->id, "shopping") != NULL || strcasestr(l->name, "shopping") != NULL ||
           strcasestr(l->name, "grocer") != NULL || strstr(l->name, "购物") != NULL || strstr(l->name, "买菜") != NULL;
}

size_t ht_home_shopping_list(const ht_home *h)
{
    for (size_t i = 0; i < h->n_lists; i++)
        if (is_shopping(&h->lists[i]))
            return i;
    return 0; /* not reached: ht_home_lists_complete has added one */
}

/* A list's name without what only says that it is a list. */
static ht_str list_core(ht_str s)
{
    static const char *const endings[] = {" list", "清单", "列表", "单子"};
    s = ht_str_trim(s);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        const ht_str end = ht_str_from(endings[i]);
        if (s.len > end.len && ht_name_same((ht_str){s.ptr + s.len - end.len, end.len}, end))
            return ht_str_trim((ht_str){s.ptr, s.len - end.len});
    }
    return s;
}

int ht_home_find_list(const ht_home *h, ht_str name)
{
    for (size_t i = 0; i < h->n_lists; i++)
        if (ht_str_is(name, h->lists[i].id) || ht_name_same(name, ht_str_from(h->lists[i].name)))
            return (int)i;
    for (size_t i = 0; i < h->n_lists; i++)
        if (ht_name_same(list_core(name), list_core(ht_str_from(h->lists[i].name))))
            return (int)i;
    return -1;
}

static ht_status new_list(ht_home *h, ht_str id, ht_str name, ht_error *err)
{
    ht_list l = {.id = ht_home_copy(id), .name = ht_home_copy(name)};
    if (l.id == NULL || l.name == NULL || !ht_home_grow(&h->lists, h->n_lists, sizeof l)) {
        free(l.id);
        free(l.name);
        return ht_fail(err, HT_NO_MEMORY, -1, "home: list %.*s", HT_STR_ARG(id));
    }
    h->lists[h->n_lists++] = l;
    return HT_OK;
}

static int find_by_id(const ht_home *h, ht_str id)
{
    for (size_t i = 0; i < h->n_lists; i++)
        if (ht_str_is(id, h->lists[i].id))
            return (int)i;
    return -1;
}

ht_status ht_home_lists_complete(ht_home *h, ht_error *err)
{
    ht_status st = HT_OK;
    for (size_t i = 0; st == HT_OK && i < h->n_entities; i++)
        if (ht_str_is(h->entities[i].domain, "todo") && find_by_id(h, h->entities[i].id) < 0)
            st = new_list(h, h->entities[i].id, h->entities[i].name, err);
    for (size_t i = 0; i < h->n_lists; i++)
        if (is_shopping(&h->lists[i]))
            return st;
    if (st == HT_OK)
        st = new_list(h, HT_STR("shopping_list"),
                      ht_str_starts(h->lang, HT_STR("zh")) ? HT_STR("购物清单") : HT_STR("Shopping List"), err);
    return st;
}

/* "milk", or {"summary"|"name"|"text"|"item", "done"|"complete"|"status":"completed"}. */
static ht_status read_items(ht_list *l, const json_t *items, ht_error *err)
{
    static const char *const keys[] = {"summary", "name", "text", "item"};
    if (items != NULL && !json_is_null(items) && !json_is_array(items))
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: the items of list %s must be an array", l->id);
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i), *text = item;
        for (size_t k = 0; !json_is_string(text) && k < 4; k++)
            text = json_object_get(item, keys[k]);
        if (!json_is_string(text))
            return ht_fail(err, HT_BAD_FORMAT, -1, "home: item %zu of list %s must be text", i, l->id);
        const char *status = json_string_value(json_object_get(item, "status"));
        const bool is_done = json_is_true(json_object_get(item, "done")) || json_is_true(json_object_get(item, "complete")) ||
                             (status != NULL && strcmp(status, "completed") == 0);
        const ht_status st = append(l, ht_home_json_str(text), is_done, err);
        if (st != HT_OK)
            return st;
    }
    return HT_OK;
}

ht_status ht_home_list_fill(ht_home *h, size_t entity, const json_t *items, ht_error *err)
{
    const ht_entity *e = &h->entities[entity];
    int list = find_by_id(h, e->id);
    if (list < 0) {
        const ht_status st = new_list(h, e->id, e->name, err);
        if (st != HT_OK)
            return st;
        list = (int)h->n_lists - 1;
    }
    drop_items(&h->lists[list]);
    const ht_status st = read_items(&h->lists[list], items, err);
    return st == HT_OK && h->lists[list].n_items > 0 ? list_changed(h, (size_t)list, err) : st;
}

static ht_status restore_list(ht_home *h, const json_t *list, size_t i, ht_error *err)
{
    const ht_str name = ht_home_json_str(json_object_get(list, "name"));
    ht_str id = ht_home_json_str(json_object_get(list, "id"));
    if (name.len == 0 && id.len == 0)
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: lists[%zu] needs an id or a name", i);
    for (size_t e = 0; id.len == 0 && e < h->n_entities; e++)
        if (ht_str_is(h->entities[e].domain, "todo") && ht_name_same(h->entities[e].name, name))
            id = h->entities[e].id;
    ht_status st = new_list(h, id.len ? id : name, name.len ? name : id, err);
    if (st == HT_OK)
        st = read_items(&h->lists[h->n_lists - 1], json_object_get(list, "items"), err);
    return st == HT_OK && h->lists[h->n_lists - 1].n_items > 0 ? list_changed(h, h->n_lists - 1, err) : st;
}

ht_status ht_home_list_restore(ht_home *h, const json_t *lists, ht_error *err)
{
    if (lists != NULL && !json_is_null(lists) && !json_is_array(lists))
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: lists must be an array");
    ht_home_lists_deinit(h);
    ht_status st = HT_OK;
    for (size_t i = 0; st == HT_OK && i < json_array_size(lists); i++)
        st = restore_list(h, json_array_get(lists, i), i, err);
    const ht_status completed = ht_home_lists_complete(h, st == HT_OK ? err : NULL); /* also after a bad entry */
    ht_home_tell(h, -1);
    return st == HT_OK ? completed : st;
}

json_t *ht_home_lists_json(const ht_home *h)
{
    json_t *array = json_array();
    for (size_t i = 0; i < h->n_lists; i++) {
        const ht_list *l = &h->lists[i];
        json_t *items = json_array();
        for (size_t k = 0; k < l->n_items; k++)
            json_array_append_new(items, json_pack("{s:s, s:b}", "text", l->items[k].text, "done", (int)l->items[k].is_done));
        if (json_array_size(items) != l->n_items) {
            json_decref(items);
            return json_decref(array), NULL;
        }
        if (json_array_append_new(array, json_pack("{s:s, s:s, s:o}", "id", l->id, "name", l->name, "items", items)) != 0)
            return json_decref(array), NULL;
    }
    return array;
}
