// Who sits at this page. Where the cinema is open, people say who they are; else they log in, and a
// cookie that no script can read stands for them.
import { get, getAll, logIn, post, remove } from './api.js';
import { h, openDialog, path, sure } from './dom.js';

const STORED = 'cinema-person';
const SHOWN = 60;

/** Event "change": somebody else sits here now. */
export const session = new EventTarget();
let current = null;
try {
	current = JSON.parse(localStorage.getItem(STORED));
} catch {
	// Nobody is remembered.
}

/** { id, name }, or null. */
export const person = () => current;

/** Somebody sits down, or with null gets up. */
export function become(somebody) {
	current = somebody;
	try {
		localStorage.setItem(STORED, JSON.stringify(somebody));
	} catch {
		// As above.
	}
	session.dispatchEvent(new Event('change'));
}

let asks, arrived;
/** What the button says to somebody who is not known. */
export const invitation = () => asks ? 'Log in' : 'Choose who you are';

/** Learns who this is, once. */
export const arrive = () => arrived ??= get('/users/self').then(({ auth, user, name }) => {
	asks = auth === 'required';
	if (asks && user !== current?.id) become(user && { id: user, name });
	session.dispatchEvent(new Event('change'));
});

/** The person here, asked for when nobody has said yet. */
export const needPerson = async () => current ?? choosePerson();

/** Asks who sits here; null: nobody, or as before. */
export const choosePerson = () => !asks ? pick() : current ? leave() : enter();

async function leave() {
	const { id, name, session } = current;
	if (!await sure('Log out?', name, 'Log out', 'Stay')) return null;
	await remove(path`/users/${id}/tokens/${session}`).catch(() => {});
	become(null);
	return { id };
}

async function enter() {
	const field = (text, more) => h('p', h('label', text, h('input', { maxlength: 200, ...more })));
	const trouble = h('p', { class: 'notice', role: 'alert', hidden: true });
	let somebody = null;
	const submit = async (event) => {
		event.preventDefault();
		const [id, password, name] = [...event.target].map(({ value }) => value);
		try {
			if (event.submitter.value) await post('/users', { id, name: name || id, password });
			const { id: session } = await logIn(id, password);
			become(somebody = { id, name: (await get('/users/self')).name, session });
			event.target.closest('dialog').close();
		} catch ({ message }) {
			trouble.hidden = false;
			trouble.textContent = message;
		}
	};
	await openDialog('Log in', h('form', { onsubmit: submit },
		field('User', { autocomplete: 'username', required: true }),
		field('Password', { type: 'password', autocomplete: 'current-password', required: true }),
		field('Your name, if you are new here', { autocomplete: 'name' }), trouble,
		h('p', { class: 'actions' }, h('button', { class: 'main' }, 'Log in'), h('button', { value: 'new' }, 'Register'))),
	h('form', { method: 'dialog' }, h('button', { class: 'quiet' }, 'Not now')));
	return somebody;
}

async function pick() {
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
