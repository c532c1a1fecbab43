// `?storywire-debug`, or `data-sw-debug` on the tag: a panel that says what is going on, and a report to send to somebody.
import { say } from '../debug/mistakes.js'
import { Panel } from '../debug/panel.js'
import { report as write } from '../debug/report.js'
import { Trace } from '../debug/trace.js'

/** @typedef {import('../prepare.js').Setting} Setting */

/** @type {Trace | undefined} */
let trace

/** How long a page has to get going before its elements are looked over, in milliseconds. */
const SOON = 2_000

/** @param {Setting} setting */
export function prepare(setting) {
  const own = (trace = new Trace(setting))
  const panel = new Panel(setting, own)
  setting.own.debug = () => panel.open()
  const look = () => say(setting, own)
  let wait = 0
  own.on(() => {
    clearTimeout(wait)
    wait = setTimeout(look, SOON)
  })
  setTimeout(look, SOON)
  panel.open()
}

/** The report as text; it is printed too, for those who ask in the console. @param {Setting} setting */
export function report(setting) {
  const text = write(setting, trace)
  console.info(text)
  return text
}
