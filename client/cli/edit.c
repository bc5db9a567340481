/* The one file that knows libedit. See edit.h. */
#include "edit.h"

#include "folder.h"

#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINES_KEPT 500

static struct {
	EditLine *editor;
	History *history;
	struct buffer file; /* of the history; no text: it is not kept */
	const char *prompt;
} edit;

static char *give_prompt(EditLine *editor)
{
	static char prompt[256];
	(void)editor;
	snprintf(prompt, sizeof prompt, "%s", edit.prompt ? edit.prompt : "");
	return prompt;
}

/* Ctrl-D: the end of input, without a trace on the screen, or the character below the cursor. */
static unsigned char end_or_delete(EditLine *editor, int key)
{
	const LineInfo *line = el_line(editor);
	(void)key;
	if (line->lastchar == line->buffer)
		return CC_EOF;
	if (line->cursor == line->lastchar)
		return CC_ERROR;
	el_cursor(editor, 1);
	el_deletestr(editor, 1);
	return CC_REFRESH;
}

static bool is_able(void)
{
	const char *kind = getenv("TERM");
	return isatty(fileno(stdin)) && isatty(fileno(stdout)) && kind && *kind &&
	    strcmp(kind, "dumb") != 0;
}

static void load_history(void)
{
	HistEvent event;
	char why[256];
	buffer_init(&edit.file, 4096);
	if (!folder_path(&edit.file, NULL, "history", true, why, sizeof why))
		buffer_free(&edit.file);
	history(edit.history, &event, H_SETSIZE, LINES_KEPT);
	history(edit.history, &event, H_SETUNIQUE, 1);
	if (edit.file.data)
		history(edit.history, &event, H_LOAD, edit.file.data);
}

void edit_start(void)
{
	if (edit.editor || !is_able())
		return;
	edit.editor = el_init("cinema", stdin, stdout, stderr);
	edit.history = history_init();
	if (!edit.editor || !edit.history) {
		edit_stop();
		return;
	}
	load_history();
	el_set(edit.editor, EL_PROMPT, give_prompt);
	el_set(edit.editor, EL_EDITOR, "emacs");
	el_set(edit.editor, EL_SIGNAL, 1); /* gives the terminal back before a signal ends us */
	el_set(edit.editor, EL_HIST, history, edit.history);
	/* Its narrow twin leaks the names. */
	el_wset(edit.editor, EL_ADDFN, L"end-or-delete", L"End of input", end_or_delete);
	el_set(edit.editor, EL_BIND, "^D", "end-or-delete", NULL);
	el_set(edit.editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
	el_source(edit.editor, NULL);
}

void edit_ready(void)
{
	if (edit.editor)
		el_set(edit.editor, EL_PREP_TERM, 1);
}

void edit_stop(void)
{
	if (edit.history)
		history_end(edit.history);
	if (edit.editor)
		el_end(edit.editor);
	buffer_free(&edit.file);
	memset(&edit, 0, sizeof edit);
}

bool edit_is_on(void)
{
	return edit.editor != NULL;
}

const char *edit_line(const char *prompt)
{
	static char line[4096];
	int length = 0;
	edit.prompt = prompt;
	const char *typed = el_gets(edit.editor, &length);
	if (!typed || length <= 0)
		return NULL;
	snprintf(line, sizeof line, "%s", typed);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

void edit_remember(const char *line)
{
	HistEvent event;
	if (!edit.history || !*line)
		return;
	history(edit.history, &event, H_ENTER, line);
	if (edit.file.data)
		history(edit.history, &event, H_SAVE, edit.file.data);
}
