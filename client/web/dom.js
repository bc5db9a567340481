// Building the page. What the server says goes through here and only ever becomes text.

/** An element: h('a', { href, onclick, '--hue': 7 }, …children); null and false are no children. */
export function h(name, attributes, ...children) {
	const element = document.createElement(name);
	if (attributes?.constructor !== Object) children.unshift(attributes);
	else for (const [key, value] of Object.entries(attributes)) {
		if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
		else if (key.startsWith('--')) element.style.setProperty(key, value);
		else if (value != null && value !== false) element.setAttribute(key, value === true ? '' : value);
	}
	element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
	return element;
}

/** An address with its values encoded: path`/movies/${id}`. */
export const path = (raw, ...values) => String.raw({ raw }, ...values.map(encodeURIComponent));

/** Tells those who listen to the page instead of seeing it. */
export function say(text) {
	const line = h('p', text);
	document.getElementById('said').append(line);
	setTimeout(() => line.remove(), 8000);
}

/** Opens a dialog; gives its returnValue, '' when it was dismissed. */
export function openDialog(title, ...children) {
	return new Promise((done) => {
		const dialog = h('dialog', { 'aria-labelledby': 'dialog-title' }, h('h2', { id: 'dialog-title' }, title), children);
		dialog.addEventListener('close', () => {
			dialog.remove();
			done(dialog.returnValue);
		});
		document.body.append(dialog);
		dialog.showModal();
	});
}

/** Whether something shall really be given up. */
export const sure = async (title, text, yes, no = 'Keep it') => await openDialog(title, h('p', text),
	h('form', { method: 'dialog', class: 'actions' },
		h('button', { class: 'main', value: 'yes' }, yes), h('button', { class: 'quiet', value: '' }, no))) === 'yes';

/** A message in place of a view: nothing here, something failed. */
export const panel = (kind, title, text, action) => h('section', { class: `panel ${kind}` },
	h('div', { class: 'reel', 'aria-hidden': 'true' }), h('h1', { tabindex: -1 }, title), h('p', text), action);

/** Ends after a while, or at once when the signal comes. */
export const sleep = (ms, signal) => new Promise((done) => {
	const end = () => {
		signal?.removeEventListener('abort', end);
		done();
	};
	setTimeout(end, ms);
	signal?.addEventListener('abort', end);
});

/** Ends as soon as the page can be seen. */
export const seen = () => new Promise((done) => {
	if (!document.hidden) return done();
	document.addEventListener('visibilitychange', done, { once: true });
});
