// Who sits at this page. The cinema is open: people say who they are, out of those it knows, and
// the browser remembers it.
import { getAll } from './api.js';
import { h, openDialog } from './dom.js';

const STORED = 'cinema-person';
const SHOWN = 60;

/** Event "change": somebody else sits here now. */
export const session = new EventTarget();
let current = null;
try {
	current = JSON.parse(localStorage.getItem(STORED));
} catch {
	// Without storage nobody is remembered.
}

/** { id, name }, or null. */
export const person = () => current;

/** Somebody sits down, or with null gets up. */
export function become(somebody) {
	current = somebody;
	try {
		localStorage.setItem(STORED, JSON.stringify(somebody));
	} catch {
		// It is forgotten with the page.
	}
	session.dispatchEvent(new Event('change'));
}

/** The person here, asked for when nobody has said yet; null: they would not say. */
export const needPerson = async () => current ?? choosePerson();

/** Asks who sits here. */
export async function choosePerson() {
	const people = h('ul', { class: 'people' }, h('li', 'Loading…'));
	const filter = h('input', { type: 'search', id: 'filter', autocomplete: 'off', oninput: () => show() });
	const leaving = new AbortController();
	let all = [];
	const show = () => {
		const wanted = filter.value.trim().toLowerCase();
		const found = all.filter(({ id, name }) => `${name} ${id}`.toLowerCase().includes(wanted));
		people.replaceChildren(...found.slice(0, SHOWN).map(({ id, name }) => h('li',
			h('button', { value: id, 'aria-current': id === current?.id && 'true' },
				h('span', { class: 'face', 'aria-hidden': 'true' }, [...name][0]), name))));
		if (found.length > SHOWN) people.append(h('li', 'Type more of the name to see others.'));
		if (!found.length) people.append(h('li', 'There is nobody of that name.'));
	};
	getAll('/users', leaving.signal).then((users) => {
		all = Object.values(users).map(({ id, name }) => ({ id, name: name || id }))
			.sort((a, b) => a.name.localeCompare(b.name));
		show();
	}).catch(({ message }) => people.replaceChildren(h('li', message)));
	const id = await openDialog('Who is booking?', h('label', { for: 'filter' }, 'Find a name'), filter,
		h('form', { method: 'dialog' }, people, h('button', { class: 'quiet', value: '' }, 'Not now')));
	leaving.abort();
	const chosen = all.find((user) => user.id === id) ?? null;
	if (chosen) become(chosen);
	return chosen;
}
