/* GBNF notation: texts in and out, errors with their line, grammars that must be refused. */
#include "constraint_kit.h"

static ht_grammar *compile(const char *text)
{
    ht_grammar *g = NULL;
    ht_error err = {0};
    CHECK_OK(ht_grammar_from_gbnf(ht_str_from(text), &g, &err), err);
    CHECK_REQUIRE(g != NULL);
    return g;
}

static void texts_are_told_apart(void)
{
    static const struct {
        const char *grammar, *yes[6], *no[6];
    } cases[] = {
        {"root ::= \"yes\" | \"no, \" reason # why\nreason ::= [a-z ]{1,5} [.!]?", {"yes", "no, abc", "no, a!", "no, ab cd."}, {"no, ", "yesno, a", "no, abcdef", "no, a?"}},
        {"root ::= (\"a\" | \"b\")* \"c\"+", {"c", "abac", "ccc"}, {"", "ab", "ca"}},
        {"root ::= [^\\n\"]{2,3}", {"客厅", "😀é", "a b"}, {"客", "a\n", "a\"", "abcd"}},
        {"root ::= [\\u5BA2-\\u5BA3\\x41\\]\\-]+ \"\\u5385\\U0001F600\"", {"客厅😀", "A]-宣厅😀"}, {"厅😀", "客厅", "B厅😀"}},
        {"root ::= expr\nexpr ::= term (\"+\" term)*\nterm ::= [0-9]{1,} | \"(\" expr \")\"", {"1", "1+2", "(1+(22))+3"}, {"", "1+", "(1", "1+2)"}},
        {"root ::= \"a\"{3} \"b\"{2,} \"c\"{0,1}", {"aaabb", "aaabbbbc"}, {"aab", "aaab", "aaaabb", "aaabbcc"}},
        {"root ::= s\ns ::= \"a\" s s | \"b\"", {"b", "abb", "aabbb"}, {"", "ab", "abbb"}},
        {"root ::= x x\nx ::= \"a\" x \"b\" | \"a\" x \"c\" | ", {"", "ab", "aabcac", "acab"}, {"a", "aab", "b"}},
        {"root ::= . .", {"客\n", "ab"}, {"a", "abc"}},
        {"root ::=\n  \"a\"\n  | \"b\"\n\nother ::= \"unused\"", {"a", "b"}, {"ab"}},
        {"root ::= (\"x\"?)* \"y\"", {"y", "xxy"}, {"x"}},
    };
    kit *k = kit_new(21);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ht_grammar *g = compile(cases[i].grammar);
        for (size_t j = 0; j < 6 && cases[i].yes[j] != NULL; j++)
            for (int split = 0; split < 10; split++)
                if (!kit_accepts(k, g, ht_str_from(cases[i].yes[j])))
                    check_fail(__FILE__, __LINE__, cases[i].yes[j]);
        for (size_t j = 0; j < 6 && cases[i].no[j] != NULL; j++)
            if (kit_accepts(k, g, ht_str_from(cases[i].no[j])))
                check_fail(__FILE__, __LINE__, cases[i].no[j]);
        ht_grammar_free(g);
    }
    kit_free(k);
}

static void tokens_can_be_named(void)
{
    kit *k = kit_new(22);
    k->has_atoms = true;
    ht_grammar *g = compile("root ::= <tool_call> [a-z]+ </tool_call>");
    CHECK(kit_accepts(k, g, HT_STR("<tool_call>abc</tool_call>")));
    k->has_atoms = false;
    CHECK(!kit_accepts(k, g, HT_STR("<tool_call>abc</tool_call>")));
    ht_grammar_free(g);
    /* An end token that a grammar names is read like any other; only where the text may end does it end it. */
    g = compile("root ::= (\"a\" <|im_end|>)+ \"b\"");
    ht_constraint *c;
    ht_error err;
    CHECK_OK(ht_constraint_new(g, k->trie, &c, &err), err);
    const int32_t a = KIT_SPECIALS + 1 + 'a', b = KIT_SPECIALS + 1 + 'b';
    CHECK(!ht_constraint_accept(c, KIT_END) && ht_constraint_accept(c, a) && !ht_constraint_accept(c, KIT_EOT) && ht_constraint_accept(c, KIT_END));
    CHECK(!ht_constraint_done(c) && ht_constraint_accept(c, a) && ht_constraint_accept(c, KIT_END) && ht_constraint_accept(c, b));
    CHECK(ht_constraint_done(c) && ht_constraint_accept(c, KIT_END) && !ht_constraint_accept(c, KIT_END));
    ht_constraint_free(c);
    ht_grammar_free(g);
    kit_free(k);
}

static void masks_agree_with_the_automaton(void)
{
    static const char *const grammars[] = {
        "root ::= item (\", \" item){0,5}\nitem ::= \"[\" root \"]\" | [a-z\\\"客厅]{1,6} | \"\\\\\" [^a]",
        "root ::= x x x\nx ::= \"a\" x \"b\" | \"a\" x \"c\" | [ab]?",
        "root ::= [^<]{0,20} <tool_call> ([^\"] | \"\\\"\\\"\"){0,9} </tool_call>",
    };
    kit *k = kit_new(23);
    k->has_atoms = true;
    for (size_t i = 0; i < sizeof grammars / sizeof grammars[0]; i++) {
        ht_grammar *g = compile(grammars[i]);
        ht_constraint *c;
        ht_error err;
        CHECK_OK(ht_constraint_new(g, k->trie, &c, &err), err);
        for (int walk = 0; walk < 15; walk++) {
            ht_constraint_reset(c);
            for (int step = 0; step < 12 && !ht_constraint_done(c); step++) {
                kit_check_mask(k, c);
                CHECK(ht_constraint_accept(c, kit_choose(k, ht_constraint_mask(c), 0)));
            }
        }
        ht_constraint_free(c);
        ht_grammar_free(g);
    }
    kit_free(k);
}

/* Ambiguity that doubles the ways with every byte must not double the work. */
static void ambiguity_stays_cheap(void)
{
    kit *k = kit_new(24);
    ht_grammar *g = compile("root ::= s\ns ::= \"a\" s \"b\" | \"a\" s \"c\" | \"a\" s s | \"aa\" s \"b\" | \"d\"");
    ht_constraint *c;
    ht_error err;
    CHECK_OK(ht_constraint_new(g, k->trie, &c, &err), err);
    for (int i = 0; i < 60; i++)
        CHECK(ht_constraint_accept(c, KIT_SPECIALS + 1 + 'a'));
    CHECK(ht_constraint_accept(c, KIT_SPECIALS + 1 + 'd'));
    CHECK(ht_constraint_mask(c) != NULL);
    ht_constraint_free(c);
    ht_grammar_free(g);
    kit_free(k);
}

static void errors_name_the_line(void)
{
    static const struct {
        const char *grammar, *text;
    } cases[] = {
        {"", "no rule named root"},
        {"x ::= \"a\"", "no rule named root"},
        {"root ::= y", "'y' is used but not defined"},
        {"root ::= \"a\"\nroot ::= \"b\"", "line 2"},
        {"root ::= \"a", "line 1"},
        {"root ::= [a", "unexpected end"},
        {"root ::= (\"a\"", "')' is missing"},
        {"root ::= \"a\")", "line 1"},
        {"\nroot ::= *", "line 2"},
        {"root ::= \"\\q\"", "escape"},
        {"root ::= \"\\xG0\"", "hexadecimal"},
        {"root ::= \"\\uD800\"", "not a Unicode character"},
        {"root ::= [z-a]", "backwards"},
        {"root ::= \"a\"{2,1}", "backwards"},
        {"root ::= \"a\"{}", "number is missing"},
        {"root ::= \"a\"{9999999}", "100000"},
        {"root ::= \"\xFF\"", "UTF-8"},
        {"root ::= <tool", "'>'"},
        {"root ::= root \"a\" | \"b\"", "'root' can begin with itself"},
        {"root ::= x\nx ::= (\"a\"? y)\ny ::= x | \"b\"", "can begin with itself"},
        {"root ::= \"a\" root", "without end"},
        {"root ::= (\"a\"?){2,3}", "can be empty"},
        {"root = \"a\"", "expected `name ::=`"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ht_grammar *g = (ht_grammar *)&i;
        ht_error err = {0};
        CHECK_EQ(ht_grammar_from_gbnf(ht_str_from(cases[i].grammar), &g, &err), HT_BAD_FORMAT);
        CHECK(g == NULL);
        if (strstr(err.text, cases[i].text) == NULL || strchr(err.text, '\n') != NULL)
            check_str(__FILE__, __LINE__, cases[i].grammar, err.text, strlen(err.text), cases[i].text);
    }
}

/* A vocabulary that cannot spell what must come gives no mask instead of a wrong one. */
static void poor_vocabularies_are_told(void)
{
    const ht_token_spec specs[] = {{HT_STR("a"), HT_TOKEN_TEXT}, {HT_STR("<|im_end|>"), HT_TOKEN_END}};
    ht_token_trie *v;
    ht_grammar *g = compile("root ::= \"ab\"");
    ht_constraint *c;
    ht_error err;
    CHECK_OK(ht_token_trie_new(specs, 2, &v, &err), err);
    CHECK_OK(ht_constraint_new(g, v, &c, &err), err);
    CHECK_EQ(ht_constraint_forced(c, (int32_t[4]){0}, 4), 0);
    CHECK(ht_constraint_mask(c) != NULL && ht_constraint_accept(c, 0));
    CHECK(ht_constraint_mask(c) == NULL && !ht_constraint_done(c));
    CHECK(!ht_constraint_accept(c, 0) && !ht_constraint_accept(c, 1) && !ht_constraint_accept(c, 2) && !ht_constraint_accept(c, -1));
    ht_constraint_free(c);
    ht_grammar_free(g);
    ht_token_trie_free(v);
    CHECK_EQ(ht_token_trie_new(specs, 0, &v, &err), HT_BAD_ARG);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(texts_are_told_apart),
        CHECK_CASE(tokens_can_be_named),
        CHECK_CASE(masks_agree_with_the_automaton),
        CHECK_CASE(ambiguity_stays_cheap),
        CHECK_CASE(errors_name_the_line),
        CHECK_CASE(poor_vocabularies_are_told),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
