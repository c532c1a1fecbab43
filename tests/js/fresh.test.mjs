// A clone has no packages yet when a command of it begins: what they import must not need any.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The packages that a file needs before its first line runs. @param {string} file @param {Set<string>} seen @returns {string[]} */
function packagesOf(file, seen = new Set()) {
  if (seen.has(file)) return []
  seen.add(file)
  const found = [...readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s(?:[^'"()]*?\sfrom\s)?['"]([^'"]+)['"]/gm)].map(([, name = '']) => name)
  return found.flatMap((name) => (name.startsWith('node:') ? [] : name.startsWith('.') ? packagesOf(join(dirname(file), name), seen) : [`${name} (${file.slice(root.length)})`]))
}

for (const [name, script] of Object.entries(scripts)) {
  // What follows the set-up has its packages.
  const [, first] = /^node (\S+\.mjs)/.exec(script) ?? []
  if (first) test(`npm run ${name} begins without any package`, () => assert.deepEqual(packagesOf(join(root, first)), []))
}
