// What the browser does for the messages of a client, by Chromium's own tracing: the main thread's time by what it was spent on, each without
// what lies within it.
//
//   node tests/bench/trace.mjs CLIENT CARDS COUNT [RATE] [--dist FOLDER]
import { withMessages } from './lab/messages.mjs'

/** @typedef {{ name: string, ph: string, ts: number, dur?: number, tdur?: number, tid: number, pid: number, args?: any }} Traced */

await withMessages(async ({ browser, count, pass }) => {
  const trace = await browser.newBrowserCDPSession()
  /** @type {Traced[]} */
  const traced = []
  trace.on('Tracing.dataCollected', ({ value }) => traced.push(.../** @type {any[]} */ (value)))
  await trace.send('Tracing.start', { transferMode: 'ReportEvents', categories: 'devtools.timeline,blink,cc,toplevel,v8,disabled-by-default-v8.gc,__metadata' })
  await pass()
  const ended = new Promise((resolve) => trace.once('Tracing.tracingComplete', resolve))
  await trace.send('Tracing.end')
  await ended
  const begun = traced.find(({ name, args }) => name === 'TimeStamp' && args?.data?.message === 'begin')
  const own = traced.filter(({ ph, pid, tid, ts }) => ph === 'X' && pid === begun?.pid && tid === begun.tid && ts >= begun.ts).sort((one, other) => one.ts - other.ts || Number(other.dur) - Number(one.dur))
  /** @type {Map<string, { micros: number, times: number, most: number }>} */
  const sums = new Map()
  /** @type {(Traced & { inner: number })[]} */
  const stack = []
  const pop = () => {
    const event = stack.pop()
    if (!event) return
    const parent = stack.at(-1)
    if (parent) parent.inner += Number(event.tdur ?? event.dur)
    const sum = sums.get(event.name) ?? { micros: 0, times: 0, most: 0 }
    const micros = Number(event.tdur ?? event.dur) - event.inner
    sums.set(event.name, { micros: sum.micros + micros, times: sum.times + 1, most: Math.max(sum.most, micros) })
  }
  for (const event of own) {
    while (stack.length > 0 && Number(stack.at(-1)?.ts) + Number(stack.at(-1)?.dur) <= event.ts) pop()
    stack.push({ ...event, inner: 0 })
  }
  while (stack.length > 0) pop()
  for (const [name, { micros, times, most }] of [...sums].sort((one, other) => other[1].micros - one[1].micros).slice(0, 40))
    console.log(`${(micros / count).toFixed(2).padStart(8)} µs a message  ${String(times).padStart(6)} ×  ${(micros / times / 1000).toFixed(3).padStart(8)} ms each  ${(most / 1000).toFixed(1).padStart(6)} ms at most  ${name}`)
})
