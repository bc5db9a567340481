// Talking to the services. A request that meets one that is down is sent again: a GET for as long as
// somebody waits, a write for PATIENCE. A POST carries an Idempotency-Key and happens once.
import { path, sleep } from './dom.js';

const PATIENCE = 45_000, ATTEMPT = 10_000;
const PAUSES = [250, 600, 1200, 2000];
const PASSING = [429, 502, 503, 504];

/** What the server refused, or, with status 0, that it could not be reached. */
export class Problem extends Error {
	constructor(status, body) {
		super(body.errors?.map(({ detail }) => detail).filter(Boolean).join('; ') || body.detail);
		Object.assign(this, { status, body });
	}
}

/** Events: "down" when a request has failed twice, "up" when all got through. */
export const connection = new EventTarget();
const tell = (what) => connection.dispatchEvent(new Event(what));
const waiting = new Set();
const never = new AbortController().signal;

let skew = 0;
/** The time by the server's clock, should this one be far from it. */
export const now = () => Date.now() + skew;

async function attempt(method, address, { body, headers, signal = never }) {
	const answer = await fetch(address, {
		method, body, cache: 'no-store',
		headers: { ...(body && { 'Content-Type': 'application/json' }), ...headers },
		signal: AbortSignal.any([AbortSignal.timeout(ATTEMPT), signal]),
	});
	const apart = Date.parse(answer.headers.get('Date')) + 500 - Date.now();
	skew = Math.abs(apart) > 2500 ? apart : 0;
	return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join('-');

/** Gives { status, headers, body }, or throws a Problem. */
export async function send(method, address, options = {}) {
	const until = method === 'GET' ? Infinity : Date.now() + PATIENCE;
	try {
		for (let tries = 0; ; tries++) {
			const got = await attempt(method, address, options).catch(() => options.signal?.throwIfAborted());
			if (got && (options.once || !PASSING.includes(got.status))) {
				waiting.delete(options);
				if (!waiting.size) tell('up');
				return read(got);
			}
			// A killed service is back in no time: the first pause is short.
			const asked = tries ? 1000 * (got?.headers.get('Retry-After') ?? 0) : 0;
			const pause = Math.max(PAUSES[Math.min(tries, 3)], Math.min(asked, 5000));
			if (Date.now() + pause > until)
				throw new Problem(0, { detail: 'The box office does not answer. Try again in a moment.' });
			if (tries) {
				waiting.add(options);
				tell('down');
			}
			await sleep(pause, options.signal);
			options.signal?.throwIfAborted();
		}
	} finally {
		waiting.delete(options);
	}
}

function read({ status, headers, text }) {
	let body = null;
	try {
		body = text && JSON.parse(text);
	} catch {
		// Said below.
	}
	if (status >= 400 || (!body && status !== 304))
		throw new Problem(status, body ?? { detail: `The answer could not be read (${status}).` });
	return { status, headers, body };
}

export const get = async (address, signal) => (await send('GET', address, { signal })).body;
export const post = async (address, body) =>
	(await send('POST', address, { body: JSON.stringify(body), headers: { 'Idempotency-Key': newKey() } })).body;
/** Gives { id } of a session; too many tries are told, not repeated. */
export const logIn = async (user, password) => (await send('POST', path`/users/${user}/tokens`,
	{ body: JSON.stringify({ password, session: true, label: 'The page' }), once: true })).body;
export const patch = async (address, body) => (await send('PATCH', address, { body: JSON.stringify(body) })).body;
export const remove = async (address) => (await send('DELETE', address)).body;

/** One page of a list, and the address of the next. */
export async function getPage(address, signal) {
	const { body, headers } = await send('GET', address, { signal });
	return { body, next: /<([^>]+)>; *rel="?next/.exec(headers.get('Link'))?.[1] };
}

/** All pages of a list that is an object. */
export async function getAll(address, signal) {
	const all = {};
	for (let next = `${address}?limit=1000`, body; next; Object.assign(all, body))
		({ body, next } = await getPage(next, signal));
	return all;
}

/** What is there, or something else when it is not. */
export const getOr = (instead, address, signal) => get(address, signal).catch((error) => {
	if (error.status === 404) return instead;
	throw error;
});

/** A movie; one that is gone has its id for a title. */
export async function getMovie(id, signal) {
	if (!movies.has(id)) movies.set(id, await getOr({ id, title: id, gone: true }, path`/movies/${id}`, signal));
	return movies.get(id);
}
const movies = new Map();

/** A day's showings of a movie. */
export const getShowings = (date, movie, signal) => getOr([], path`/showtimes/${date}/${movie}`, signal);
