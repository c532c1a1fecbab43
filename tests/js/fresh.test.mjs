// A clone has no packages yet when a command of it begins: what they import must not need any.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { fits } from '../../tools/setup.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { scripts, engines, devEngines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

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

test('who has a Node that is too old for the tools is told so, and who only uses the package needs less', () => {
  const needed = devEngines.runtime.version
  for (const [version, isFine] of [['20.18.3', false], ['20.19.0', true], ['20.20.2', true], ['21.7.3', false], ['22.11.0', false], ['22.12.0', true], ['23.0.0', true], ['26.1.0', true]]) assert.equal(fits(version, needed), isFine, version)
  // process.getBuiltinModule, by which storywire/testing reads the modules from the disk.
  for (const [version, isFine] of [['20.15.1', false], ['20.16.0', true], ['21.7.3', false], ['22.2.0', false], ['22.3.0', true], ['24.0.0', true]]) assert.equal(fits(version, engines.node), isFine, version)
  // What the packages of this project need is written in the lock.
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  assert.equal(packages['node_modules/vite'].engines.node, needed, 'Vite needs the newest of them')
})
