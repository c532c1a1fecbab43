// A consumer in TypeScript, as strict as it gets.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../../tools/project.mjs'
import { project, run } from './packed.mjs'

const consumer = await project('typescript')
const compilers = {
  'TypeScript 7': join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
  'TypeScript 6': join(root, 'node_modules', 'typescript-api', 'bin', 'tsc'),
}
const ways = {
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
  node16: { module: 'node16', moduleResolution: 'node16' },
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
}

for (const [compiler, tsc] of Object.entries(compilers)) {
  for (const [way, options] of Object.entries(ways)) {
    test(`a consumer compiles with ${compiler}, strict, module resolution ${way}`, async () => {
      const config = join(consumer.folder, `tsconfig.${way}.json`)
      const compilerOptions = {
        ...options,
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noPropertyAccessFromIndexSignature: true,
        verbatimModuleSyntax: true,
        isolatedModules: true,
        declaration: true,
        skipLibCheck: false,
        target: 'es2022',
        lib: ['es2022', 'esnext.disposable', 'dom', 'dom.iterable'],
        types: [],
        outDir: `out-${way}`,
      }
      writeFileSync(config, JSON.stringify({ compilerOptions, files: ['page.ts', 'lib.ts'] }))
      const said = await run(process.execPath, [tsc, '--project', config], { cwd: consumer.folder }).catch((error) => error)
      assert.equal(said.stdout, '')
      assert.equal(said.code ?? 0, 0, said.stderr)
    })
  }
}
