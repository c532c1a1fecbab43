// What is asked for beside the page: a demo (`data-sw-demo`, `?storywire-demo`) and the debug panel (`data-sw-debug`,
// `?storywire-debug`). Both change the client before there is one, so they are loaded first; a page that asks for neither
// loads neither.
import { report } from './listeners.js'

/**
 * @typedef {object} Setting
 * @property {DOMStringMap} tag the script tag's `data-` attributes
 * @property {any} own `window.Storywire`
 * @property {import('./types.js').ClientOptions} options both clients read them when they need them
 * @property {{ url: string, key: string }} project where it is
 * @property {(event: any, listener: (value: any) => unknown) => void} listen on whichever client there is
 */

/** When a page that still waits is looked over for mistakes, in milliseconds. */
const LATE = 10_000

/** @param {Setting} setting @returns {Promise<unknown> | undefined} nothing if nothing is asked for */
export function prepare(setting) {
  const { tag, own } = setting
  const query = new URLSearchParams(location.search)
  const demo = tag.swDemo ?? query.get('storywire-demo')
  const debug = tag.swDebug ?? query.get('storywire-debug')
  own.report = () => import('./parts/debug.js').then((part) => part.report(setting))
  if (typeof demo !== 'string' && typeof debug !== 'string') {
    setTimeout(() => {
      if (document.querySelector('[data-asset][aria-busy=true],[data-asset]:not([data-asset-state])')) import('./debug/mistakes.js').then((part) => part.say(setting), () => {})
    }, LATE)
    return
  }
  const parts = async () => {
    if (typeof demo === 'string') (await import('./parts/demo.js')).prepare(setting, demo)
    if (typeof debug === 'string') (await import('./parts/debug.js')).prepare(setting)
  }
  return parts().catch(report)
}
