// Where the time of a client goes, by Chromium's sampling profiler: node tests/bench/profile.mjs CLIENT CARDS COUNT [RATE] [--dist FOLDER]
// The release's functions have no names; they are taken from what the build has noted of the module for story pages.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../tools/project.mjs'
import { withMessages } from './lab/messages.mjs'

await withMessages(async ({ session, count, pass }) => {
  await session.send('Profiler.enable')
  await session.send('Profiler.setSamplingInterval', { interval: 200 })
  await session.send('Profiler.start')
  await pass()
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
  for (const [name, micros] of [...own].sort((one, other) => other[1] - one[1]).slice(0, 45)) console.log(`${((micros / total) * 100).toFixed(1).padStart(6)} %  ${(micros / count).toFixed(2).padStart(8)} µs  ${name}`)
})
