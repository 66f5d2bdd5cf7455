/*
 * tokens.c - a shell text into words and operators, by POSIX XCU 2.3 and 2.7.4; &>, <<< and <(…) as
 * in bash.
 */
#include "tokens.h"

#include <string.h>

char token_peek(const struct reader *r, size_t ahead)
{
	return r->at + ahead < r->text.n ? r->text.p[r->at + ahead] : 0;
}

void token_skip_blanks(struct reader *r)
{
	for (;;) {
		if (blank_is(token_peek(r, 0)) || token_peek(r, 0) == '\r')
			r->at++;
		else if (token_peek(r, 0) == '\\' && token_peek(r, 1) == '\n')
			r->at += 2;
		else if (token_peek(r, 0) == '#')
			r->at += str_find(str_tail(r->text, r->at), '\n');
		else
			return;
	}
}

static void read_bodies(struct reader *r)
{
	for (size_t i = 0; i < r->heres_n; i++) {
		struct redirection *h = r->heres[i];
		struct str delimiter = here_delimiter(r->a, h->word, &h->plain);
		h->body = here_body(r->text, r->at, delimiter, h->tabs, &r->at);
	}
	r->heres_n = 0;
}

static const struct operator_text {
	const char *text;
	enum token_kind kind;
	enum direction direction;
	bool tabs;
} operators[] = {
	{"&>>", REDIRECTION, TO_BOTH_END, false},
	{"&>", REDIRECTION, TO_BOTH, false},
	{"&&", AND, 0, false},
	{"&", AMPERSAND, 0, false},
	{"||", OR, 0, false},
	{"|&", PIPE, 0, false},
	{"|", PIPE, 0, false},
	{";;&", ARM_FALLS, 0, false},
	{";&", ARM_FALLS, 0, false},
	{";;", ARM_END, 0, false},
	{";", SEMICOLON, 0, false},
	{"(", OPEN, 0, false},
	{")", CLOSE, 0, false},
	{"<<<", REDIRECTION, FROM_WORD, false},
	{"<<-", REDIRECTION, FROM_HERE, true},
	{"<<", REDIRECTION, FROM_HERE, false},
	{"<&", REDIRECTION, FROM_NUMBER, false},
	{"<>", REDIRECTION, BOTH_WAYS, false},
	{"<", REDIRECTION, FROM_FILE, false},
	{">>", REDIRECTION, TO_END, false},
	{">&", REDIRECTION, TO_NUMBER, false},
	{">|", REDIRECTION, TO_FILE, false},
	{">", REDIRECTION, TO_FILE, false},
};

static bool read_operator(struct reader *r)
{
	struct str rest = str_tail(r->text, r->at);
	if (str_starts(rest, S("<(")) || str_starts(rest, S(">(")))
		return false;
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
		const struct operator_text *o = &operators[i];
		if (!str_starts(rest, str_from(o->text)))
			continue;
		r->token = (struct token){.kind = o->kind,
					  .text = str_slice(rest, 0, strlen(o->text)),
					  .direction = o->direction,
					  .number = -1,
					  .tabs = o->tabs,
					  .both = !strcmp(o->text, "|&")};
		r->at += r->token.text.n;
		return true;
	}
	return false;
}

/* A number, or {NAME}, that stands directly before a redirection. */
static bool read_numbered(struct reader *r, struct str word)
{
	uint64_t number;
	char c = token_peek(r, 0);
	if ((c != '<' && c != '>') || token_peek(r, 1) == '(' || !str_u64(word, &number) ||
	    number > 9)
		return false;
	read_operator(r);
	r->token.number = (int)number;
	return true;
}

void token_next(struct reader *r)
{
	token_skip_blanks(r);
	r->token = (struct token){.kind = END, .text = str_slice(r->text, r->at, r->at)};
	if (r->at >= r->text.n || r->failed)
		return;
	if (r->text.p[r->at] == '\n') {
		r->token.kind = NEWLINE;
		r->token.text.n = 1;
		r->at++;
		read_bodies(r);
		return;
	}
	if (read_operator(r))
		return;
	size_t end = skip_word(r->text, r->at);
	if (end > r->text.n) {
		r->failed = true;
		return;
	}
	struct str word = str_slice(r->text, r->at, end);
	r->at = end;
	if (!read_numbered(r, word))
		r->token = (struct token){.kind = WORD, .text = word};
}
