/* Wide characters want the macro before the header. */
#define NCURSES_WIDECHAR 1
#include <locale.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

/* What Swift cannot import of ncurses: variables, function-like macros, variadic functions. Everything is drawn on the
 * standard screen. */

/* NULL when the type of terminal is not known. */
static inline SCREEN *at_curses_start(int output, int input)
{
	setlocale(LC_CTYPE, "");
	if (MB_CUR_MAX == 1)
		setlocale(LC_CTYPE, "C.UTF-8");
	FILE *out = fdopen(output, "w");
	FILE *in = fdopen(input, "r");
	if (!out || !in)
		return 0;
	return newterm(0, out, in);
}

static inline void at_curses_prepare(void)
{
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	set_escdelay(25);
	curs_set(0);
	/* Above ncurses' own keys, and within the 16 bits that it keeps. */
	define_key("\033[200~", 0x3f00);
	define_key("\033[201~", 0x3f01);
}

/* How many colours there are: 0 without any. */
static inline int at_curses_colours(void)
{
	if (!has_colors() || start_color() == ERR)
		return 0;
	use_default_colors();
	return COLORS < COLOR_PAIRS ? COLORS : COLOR_PAIRS;
}

static inline int at_curses_pairs(void) { return COLOR_PAIRS > 32767 ? 32767 : COLOR_PAIRS; }
static inline void at_curses_style(unsigned attributes, int pair) { wattr_set(stdscr, attributes, (short)pair, 0); }
static inline void at_curses_put(int row, int column, const char *text, int length)
{
	wmove(stdscr, row, column);
	waddnstr(stdscr, text, length);
}
static inline void at_curses_show_cursor(int row, int column)
{
	if (row < 0) {
		curs_set(0);
		wmove(stdscr, LINES - 1, 0);
		return;
	}
	curs_set(1);
	wmove(stdscr, row, column);
}
static inline void at_curses_flush(void) { wrefresh(stdscr); }
static inline void at_curses_redraw(void) { clearok(stdscr, TRUE); }
static inline void at_curses_erase(void) { werase(stdscr); }
static inline void at_curses_send(const char *text)
{
	putp(text);
	fflush(stdout);
}

/* KEY_CODE_YES with a key, OK with a character, ERR with nothing. */
static inline int at_curses_key(unsigned *value)
{
	wint_t got = 0;
	int kind = wget_wch(stdscr, &got);
	*value = got;
	return kind;
}

static inline void at_curses_take_mouse(void)
{
	mouseinterval(0);
	/* A press and a release that are read at once become a click, whatever the interval. */
	mousemask(BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON1_TRIPLE_CLICKED |
			  BUTTON4_PRESSED | BUTTON5_PRESSED,
		  0);
}

/* The button that was pressed (1, 4 up, 5 down), 0 for none that counts. ncurses gives the latest event first, and a press is
 * often read together with its release: all that wait are looked through. */
static inline int at_curses_mouse(int *row, int *column)
{
	MEVENT event;
	int button = 0;
	while (getmouse(&event) == OK) {
		int found = 0;
		if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON1_TRIPLE_CLICKED))
			found = 1;
		else if (event.bstate & BUTTON4_PRESSED)
			found = 4;
		else if (event.bstate & BUTTON5_PRESSED)
			found = 5;
		if (!found)
			continue;
		button = found;
		*row = event.y;
		*column = event.x;
	}
	return button;
}

static inline int at_curses_can_move(void)
{
	char *text = tigetstr("cup");
	return text && text != (char *)-1;
}

/* Columns that the terminal's library gives a character; it and the grid must agree. */
static inline int at_curses_width(unsigned scalar) { return wcwidth((wchar_t)scalar); }
