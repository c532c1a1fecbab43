// The table of attributes, as editors read it: web-types for JetBrains', custom data for VS Code.
import { attributes } from '../attributes.mjs'


const elements = attributes.filter(({ on }) => on === 'any')
const ofTag = attributes.filter(({ on }) => on === 'script')

/** @param {string} version of the package */
export function webTypes(version) {
  const one = ({ name, type, what, needed, example }) => ({
    name,
    description: `${what}\n\n\`${example}\``,
    required: Boolean(needed),
    ...(type === 'flag'
      ? { value: { kind: 'no-value' } }
      : { value: { kind: 'plain', type: typeof type === 'object' ? Object.keys(type).map((word) => `'${word}'`).join(' | ') : type === 'number' ? 'number' : 'string' } }),
  })
  return {
    $schema: 'https://json.schemastore.org/web-types',
    name: 'storywire',
    version,
    'description-markup': 'markdown',
    contributions: { html: { attributes: elements.map((attribute) => ({ ...one(attribute), required: false })), elements: [{ name: 'script', attributes: ofTag.map(one) }] } },
  }
}

export function vscodeData() {
  const one = ({ name, type, what, example }) => ({
    name,
    description: { kind: 'markdown', value: `${what}\n\n\`${example}\`` },
    ...(type === 'flag' && { valueSet: 'v' }),
    ...(typeof type === 'object' && { values: Object.entries(type).map(([word, description]) => ({ name: word, description })) }),
  })
  return { version: 1.1, tags: [{ name: 'script', attributes: ofTag.map(one) }], globalAttributes: elements.map(one) }
}
