//! Ids: newtypes, never reused within one page load.

/// One element of the page, as the DOM adapter numbered it. Later elements have larger ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ElementId(pub u32);
