// Where the time of a client goes, by Chromium's sampling profiler: node tests/bench/profile.mjs CLIENT CARDS COUNT [RATE] [--dist FOLDER]
// The release's functions have no names; they are taken from what the build has noted of the module for story pages.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../tools/project.mjs'
import { open, ready, spent } from './lab/browser.mjs'
import { withLab } from './run.mjs'

const args = process.argv.slice(2)
const dist = args.includes('--dist') ? String(args.splice(args.indexOf('--dist'), 2)[1]) : 'dist'
const [client = 'storywire', cards = '50', count = '10000', rate] = args

await withLab(dist, {}, async ({ browser, server }) => {
  const { page, session, close } = await open(browser, `${server.origin}/page?client=${client}&cards=${cards}`)
  await ready(page)
  const { texts, expected } = server.changes(Number(count), Number(cards))
  await session.send('Profiler.enable')
  await session.send('Profiler.setSamplingInterval', { interval: 200 })
  await session.send('Profiler.start')
  const before = await spent(session)
  await server.send(texts, rate ? Number(rate) : undefined)
  // What is sent is not yet heard.
  await page.evaluate(([expected, count]) => window.notes.until(window.notes.isShown(expected, count)), [expected, Number(count)])
  const after = await spent(session)
  const { profile } = await session.send('Profiler.stop')
  const own = new Map()
  const names = readFileSync(join(root, 'target/wasm-pack-release/storywire_story/names.txt'), 'utf8').split('\n').map((line) => line.slice(line.indexOf(':') + 1))
  const total = profile.endTime - profile.startTime
  const byId = new Map(profile.nodes.map((node) => [node.id, node]))
  for (const [at, id] of (profile.samples ?? []).entries()) {
    const { functionName, url, lineNumber } = byId.get(id).callFrame
    const [, index] = /^wasm-function\[(\d+)\]/.exec(functionName) ?? []
    const name = index && url.includes('story_bg') ? String(names[Number(index)]) : `${functionName || '(anonymous)'} ${url.replace(/.*\//, '').slice(0, 30)}:${lineNumber}`
    own.set(name, (own.get(name) ?? 0) + (profile.timeDeltas?.[at] ?? 0))
  }
  for (const part of ['task', 'script', 'style', 'layout']) console.log(part, (((after[part] - before[part]) / Number(count)) * 1e6).toFixed(1), 'µs a message')
  for (const [name, micros] of [...own].sort((one, other) => other[1] - one[1]).slice(0, 45)) console.log(`${((micros / total) * 100).toFixed(1).padStart(6)} %  ${(micros / Number(count)).toFixed(2).padStart(8)} µs  ${name}`)
  await close()
})
