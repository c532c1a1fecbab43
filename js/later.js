// What touches elements and is loaded when an element first needs it. Each module puts itself here when it has come, so that
// from then on it is used at once.
import { persist, warn } from './persist.js'

/** @type {{ list?: typeof import('./list.js').showItems, button?: typeof import('./retry-button.js').showButton }} */
export const here = {}

/** @type {{ [name in keyof typeof here]?: Promise<unknown> }} */
const coming = {}

/** @param {keyof typeof here} name */
export const isComing = (name) => Boolean(here[name] ?? coming[name])

/**
 * Those who wait are served in their order.
 * @template {keyof typeof here} Name
 * @param {Name} name @param {() => Promise<unknown>} load @param {(what: NonNullable<typeof here[Name]>) => void} use
 */
export function later(name, load, use) {
  const given = () => {
    const what = here[name]
    if (what) use(what)
  }
  if (here[name]) given()
  else (coming[name] ??= persist(load, warn)).then(given)
}
