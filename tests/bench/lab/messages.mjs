// The messages of one client, for those who look at what they cost: CLIENT CARDS COUNT [RATE] [--dist FOLDER] on the command line.
import { withLab } from '../run.mjs'
import { open, ready, spent } from './browser.mjs'

/**
 * What a look at them needs. `pass` lets them pass, up to the right state, and prints what the main thread spent on each.
 * @typedef {object} Look
 * @property {import('playwright-core').Browser} browser
 * @property {import('playwright-core').CDPSession} session of the page
 * @property {number} count how many there are
 * @property {() => Promise<void>} pass
 */

/** @param {(look: Look) => Promise<void>} use with the page of the client, which is ready for them */
export async function withMessages(use) {
  const args = process.argv.slice(2)
  const dist = args.includes('--dist') ? String(args.splice(args.indexOf('--dist'), 2)[1]) : 'dist'
  const [client = 'storywire', cards = '50', given = '10000', rate] = args
  const count = Number(given)
  await withLab(dist, {}, async ({ browser, server }) => {
    const { page, session, close } = await open(browser, `${server.origin}/page?client=${encodeURIComponent(client)}&cards=${cards}`)
    await ready(page)
    const { texts, expected } = server.changes(count, Number(cards))
    const pass = async () => {
      const before = await spent(session)
      await page.evaluate(([expected, count]) => {
        console.timeStamp('begin')
        window.notes.done = window.notes.until(window.notes.isShown(expected, count))
      }, /** @type {const} */ ([expected, count]))
      await server.send(texts, rate ? Number(rate) : undefined)
      // What is sent is not yet heard.
      await page.evaluate(() => window.notes.done)
      const after = await spent(session)
      for (const part of /** @type {const} */ (['task', 'script', 'style', 'layout'])) console.log(part, (((after[part] - before[part]) / count) * 1e6).toFixed(1), 'µs a message')
    }
    await use({ browser, session, count, pass })
    await close()
  })
}
