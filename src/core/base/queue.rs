//! First in, first out.

/// A queue as two lists, one that is filled and one that is emptied from its end: std's ring costs 400 bytes more for each type
/// in it.
#[derive(Debug)]
pub struct Queue<T> {
    filled: Vec<T>,
    emptied: Vec<T>,
}

impl<T> Queue<T> {
    /// An empty one.
    pub fn new() -> Queue<T> {
        Queue { filled: Vec::new(), emptied: Vec::new() }
    }

    /// Adds the newest.
    #[inline(never)]
    pub fn push(&mut self, item: T) {
        self.filled.push(item);
    }

    /// Takes the oldest.
    #[inline(never)]
    pub fn pop(&mut self) -> Option<T> {
        if self.emptied.is_empty() {
            while let Some(item) = self.filled.pop() {
                self.emptied.push(item);
            }
        }
        self.emptied.pop()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.filled.is_empty() && self.emptied.is_empty()
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue::new()
    }
}
