// The package as a consumer gets it: packed by npm, unpacked into the node_modules of an empty folder.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { promisify } from 'node:util'
import { root } from '../../tools/project.mjs'

export const run = promisify(execFile)

/** What npm puts into the tarball: the paths of the files, as a list. */
export async function packedFiles() {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, maxBuffer: 1e8 })
  const answer = JSON.parse(stdout)
  // Older versions of npm answer with a list, newer ones with the packages by name.
  const [pack] = Array.isArray(answer) ? answer : Object.values(answer)
  return pack.files.map(({ path }) => path).sort()
}

/** Packs it. @param {string} folder @returns {Promise<string>} the path of the tarball */
export async function pack(folder) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root, maxBuffer: 1e8 })
  return join(folder, `storywire-${version}.tgz`)
}

/**
 * A project of somebody else's, in which the package is installed. It goes when the tests of the file are over.
 * @param {string} [from] a folder of tests/package/consumers whose files it starts with
 */
export async function project(from) {
  const folder = mkdtempSync(join(tmpdir(), 'storywire-consumer-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const tarball = await pack(folder)
  const place = join(folder, 'node_modules', 'storywire')
  mkdirSync(place, { recursive: true })
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', place])
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n')
  if (from) cpSync(join(root, 'tests', 'package', 'consumers', from), folder, { recursive: true })
  return { folder, tarball, installed: place }
}
