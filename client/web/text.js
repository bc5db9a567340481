// How dates, money and seats are written. A date is a day in the cinema's own zone and never shifted.

const english = navigator.languages.find((language) => language.startsWith('en')) ?? 'en-GB';

const dayFormat = (options) => {
	const format = new Intl.DateTimeFormat(english, { ...options, timeZone: 'UTC' });
	return (date) => format.format(Date.UTC(date.slice(0, 4), date.slice(4, 6) - 1, date.slice(6, 8)));
};
export const longDay = dayFormat({ dateStyle: 'full' });
export const shortDay = dayFormat({ weekday: 'short', day: 'numeric', month: 'short' });
export const weekday = dayFormat({ weekday: 'short' });
export const dayNumber = dayFormat({ day: 'numeric' });
export const month = dayFormat({ month: 'short', year: 'numeric' });

/** An amount of minor units, such as cents. */
export function money(amount, currency) {
	const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
	return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

const and = new Intl.ListFormat(english);
export const list = (names) => and.format(names);
export const seats = (count) => `${count} seat${count === 1 ? '' : 's'}`;

/** What is left of a countdown. */
export function clock(ms) {
	const seconds = Math.max(0, Math.ceil(ms / 1000));
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
