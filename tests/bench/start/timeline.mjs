// What happens between navigation and the first join, and every task of the main thread that is longer than 50 ms:
//
//   node tests/bench/start/timeline.mjs CLIENT [--cpu 6] [--cards 1] [--dist FOLDER] [--tasks MS]
import { marked, open } from '../lab/browser.mjs'
import { withLab } from '../run.mjs'

const args = process.argv.slice(2)
const option = (/** @type {string} */ name, /** @type {string} */ otherwise) => (args.includes(name) ? String(args.splice(args.indexOf(name), 2)[1]) : otherwise)
const dist = option('--dist', 'dist')
const [cpu, cards, least] = [Number(option('--cpu', '1')), option('--cards', '1'), Number(option('--tasks', '50'))]
const [client = 'storywire'] = args

/** @typedef {{ name: string, ph: string, ts: number, dur?: number, tid: number, pid: number, args?: any }} Traced */

await withLab(dist, {}, async ({ browser, server }) => {
  const { page, session, close } = await open(browser, 'about:blank', { cpu })
  const trace = await browser.newBrowserCDPSession()
  /** @type {Traced[]} */
  const traced = []
  trace.on('Tracing.dataCollected', ({ value }) => traced.push(.../** @type {any[]} */ (value)))
  await trace.send('Tracing.start', { transferMode: 'ReportEvents', categories: 'devtools.timeline,v8,blink.user_timing,disabled-by-default-v8.compile,toplevel' })
  await page.goto(`${server.origin}/page?client=${encodeURIComponent(client)}&cards=${cards}&quiet=1`)
  await marked(session, 'joined')
  if (client !== 'bare') await marked(session, 'painted')
  await page.waitForTimeout(1000)
  const { marks, resources, first, long } = await page.evaluate(async () => ({
    /** @type {[at: number, ms: number][]} as the page itself is told; a trace leaves some out */
    long: await new Promise((resolve) => {
      new PerformanceObserver((list) => resolve(list.getEntries().map(({ startTime, duration }) => [startTime, duration]))).observe({ type: 'longtask', buffered: true })
      setTimeout(resolve, 200, [])
    }),
    marks: window.notes.marks,
    first: performance.getEntriesByType('navigation')[0]?.toJSON(),
    resources: performance.getEntriesByType('resource').map(({ name, startTime, responseStart, responseEnd }) => ({ name, startTime, responseStart, responseEnd })),
  }))
  const ended = new Promise((resolve) => trace.once('Tracing.tracingComplete', resolve))
  await trace.send('Tracing.end')
  await ended
  /** @type {[at: number, text: string][]} */
  const lines = [
    [first.responseEnd, 'the page is here'],
    [first.domContentLoadedEventStart, 'DOMContentLoaded'],
    ...Object.entries(marks).map(([name, at]) => /** @type {[number, string]} */ ([at, `· ${name}`])),
    ...long.map(([at, ms]) => /** @type {[number, string]} */ ([at, `! a long task of ${ms} ms`])),
    ...resources.map(({ name, startTime, responseStart, responseEnd }) => /** @type {[number, string]} */ ([startTime, `  asks for ${name.replace(/.*\//, '').slice(0, 60)}, first byte ${Math.round(responseStart)}, last ${Math.round(responseEnd)}`])),
  ]
  // The renderer of this page, and its main thread.
  const navigated = traced.filter(({ name, args }) => name === 'navigationStart' && args?.data?.documentLoaderURL?.includes('/page?')).pop()
  if (navigated) {
    const tasks = traced.filter(({ name, pid, tid }) => name === 'ThreadControllerImpl::RunTask' || (name === 'RunTask' && pid === navigated.pid && tid === navigated.tid))
    const own = traced.filter(({ pid, tid, ph }) => pid === navigated.pid && tid === navigated.tid && ph === 'X')
    for (const task of tasks.filter(({ pid, tid, ts, dur = 0 }) => pid === navigated.pid && tid === navigated.tid && ts > navigated.ts && dur >= least * 1000)) {
      const within = own.filter(({ name, ts, dur = 0 }) => ts >= task.ts && ts + dur <= task.ts + Number(task.dur) && dur >= 2000 && !name.includes('RunTask'))
      within.sort((one, other) => Number(other.dur) - Number(one.dur))
      lines.push([(task.ts - navigated.ts) / 1000, `  a task of ${(Number(task.dur) / 1000).toFixed(0)} ms: ${within.slice(0, 12).map(({ name, dur, args }) => `${name} ${(Number(dur) / 1000).toFixed(0)} ${String(args?.data?.url ?? args?.data?.functionName ?? args?.fileName ?? args?.beginData?.url ?? args?.data?.type ?? '').replace(/.*\//, '').slice(0, 30)}`).join(' | ')}`])
    }
  }
  for (const [at, text] of lines.sort((one, other) => one[0] - other[0])) console.log(`${at.toFixed(0).padStart(6)} ms  ${text}`)
  await close()
})
