// What the settings of a page are worth: one that names a value of the page (`wized:v.name`, `query:name`, …) is followed,
// any other is itself the value. What following takes is downloaded where it is used.
import { call, report } from './listeners.js'

/** Whether a setting names a value of the page. @param {string | undefined} setting */
export const isBound = (setting) => /^(#|(wized|query|path|cookie|storage):)/.test(setting ?? '')

/**
 * Hears what a setting is worth, now and whenever it changes.
 * @param {string | undefined} setting @param {(value: any) => unknown} listener
 */
export function follow(setting, listener) {
  if (setting === undefined || !isBound(setting)) call(listener, setting)
  else import('./values.js').then(({ watch }) => watch(setting, listener)).catch(report)
}

/** What a setting is worth, once that is known. @param {string} setting @returns {Promise<any>} */
export const valueOf = async (setting) => (isBound(setting) ? (await import('./values.js')).now(setting) : setting)

/** Settings that stand in elements, and what they are worth at the moment. @type {Map<string, string>} */
const known = new Map()

/**
 * What a setting in an attribute is worth at the moment; empty, while that is not known. When it changes, the attribute is
 * set to what it is, so that whoever watches it looks again.
 * @param {string} setting
 */
export function worth(setting) {
  if (!isBound(setting)) return setting
  const value = known.get(setting)
  if (value !== undefined) return value
  known.set(setting, '')
  follow(setting, (value) => {
    known.set(setting, typeof value === 'object' ? '' : String(value ?? ''))
    for (const name of ['data-story-id', 'data-asset']) for (const element of document.querySelectorAll(`[${name}]`)) if (element.getAttribute(name) === setting) element.setAttribute(name, setting)
  })
  return ''
}
