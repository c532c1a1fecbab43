// The whole module.
import init, { RawClient } from '../pkg/storywire.js'
import { loader } from './loader.js'

/** @internal */
export const load = loader(init, RawClient, 'storywire_bg.wasm')
