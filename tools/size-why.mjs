// What takes the bytes of a story page: the module's functions by the part of the crate that they are of, the largest of them, and
// the scripts by their sources. The names are those that wasm-opt saw last (target/wasm-pack-release), in its order.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './project.mjs'

const kinds = ['custom', 'types', 'imports', 'functions', 'tables', 'memories', 'globals', 'exports', 'start', 'elements', 'code', 'data', 'data count', 'tags']

/** A number as WebAssembly writes it (LEB128), and where it ends. @param {Uint8Array} bytes @param {number} at @returns {[value: number, end: number]} */
function number(bytes, at) {
  let [value, shift] = [0, 0]
  for (;;) {
    const byte = Number(bytes[at++])
    value += (byte & 127) * 2 ** shift
    if (byte < 128) return [value, at]
    shift += 7
  }
}

/** The sections of a module, and the sizes of its functions in their order. @param {Uint8Array} bytes */
export function sectionsOf(bytes) {
  /** @type {{ kind: string, size: number }[]} */
  const sections = []
  /** @type {number[]} */
  const bodies = []
  for (let at = 8; at < bytes.length; ) {
    const kind = kinds[Number(bytes[at])] ?? 'unknown'
    const [size, begin] = number(bytes, at + 1)
    sections.push({ kind, size: begin + size - at })
    if (kind === 'code') {
      let [count, next] = number(bytes, begin)
      for (; count > 0; count--) {
        const [length, body] = number(bytes, next)
        bodies.push(body + length - next)
        next = body + length
      }
    }
    at = begin + size
  }
  return { sections, bodies }
}

/** Which part of the crate, or which other crate, a function is of. @param {string} name */
export function areaOf(name) {
  const [, crate = '', ...path] = /^[<&*(]*(?:dyn |mut |\[)*([a-z_]\w*)(?:::(\w+))?(?:::(\w+))?/.exec(name) ?? []
  const parts = path.filter((part) => part && /^[a-z_]/.test(part))
  return crate === 'storywire' ? [parts[0] ?? '', parts[1] ?? ''].filter(Boolean).join('::') || crate : crate || 'unnamed'
}

/** @param {string} dist @param {string[]} page the files of a story page @param {(bytes: Uint8Array) => number} packed @returns {string} */
export function why(dist, page, packed) {
  const wasm = readFileSync(join(dist, 'storywire_story_bg.wasm'))
  const { sections, bodies } = sectionsOf(wasm)
  const names = readFileSync(join(root, 'target/wasm-pack-release/storywire_story/names.txt'), 'utf8').trim().split('\n').map((line) => line.slice(line.indexOf(':') + 1).replace(/\[[0-9a-f]{16}\]/g, ''))
  const imported = names.length - bodies.length
  const functions = bodies.map((size, index) => ({ size, name: names[imported + index] ?? '' }))
  const ratio = packed(wasm) / wasm.length
  /** @type {Map<string, { size: number, count: number }>} */
  const areas = new Map()
  for (const { size, name } of functions) {
    const area = areas.get(areaOf(name)) ?? { size: 0, count: 0 }
    areas.set(areaOf(name), { size: area.size + size, count: area.count + 1 })
  }
  const line = (/** @type {number} */ size, /** @type {string} */ what) => `${size.toLocaleString('en-US').padStart(9)}  ${`${((size / wasm.length) * 100).toFixed(1)} %`.padStart(7)}  ${`~${Math.round(size * ratio).toLocaleString('en-US')}`.padStart(7)}  ${what}`
  const scripts = JSON.parse(readFileSync(join(root, 'target/pkg-release/pieces.json'), 'utf8'))
  return [
    `storywire_story_bg.wasm, ${wasm.length.toLocaleString('en-US')} bytes: bytes, their share, and about what is left of them by brotli`,
    ...sections.sort((one, other) => other.size - one.size).filter(({ size }) => size > 100).map(({ kind, size }) => line(size, kind)),
    '',
    'its functions, by where they stand',
    ...[...areas].sort((one, other) => other[1].size - one[1].size).map(([area, { size, count }]) => line(size, `${area} (${count})`)),
    '',
    'the largest functions',
    ...functions.sort((one, other) => other.size - one.size).slice(0, 25).map(({ size, name }) => line(size, name)),
    ...page.filter((name) => scripts[name]).flatMap((name) => {
      const bytes = readFileSync(join(dist, name))
      return ['', `${name}, ${bytes.length.toLocaleString('en-US')} bytes, brotli ${packed(bytes).toLocaleString('en-US')}: its sources, before they are made small`, ...Object.entries(scripts[name]).sort((one, other) => other[1] - one[1]).map(([of, size]) => `${size.toLocaleString('en-US').padStart(9)}  ${of}`)]
    }),
  ].join('\n')
}
