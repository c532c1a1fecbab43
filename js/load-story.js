// The module for story pages.
import init, { RawClient } from '../pkg/storywire_story.js'
import { loader } from './loader.js'

/** @internal */
export const load = loader(init, RawClient, 'storywire_story_bg.wasm')
