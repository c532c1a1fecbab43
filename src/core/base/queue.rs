//! First in, first out.

use core::mem::take;

/// A queue as two lists, one that is filled and one that is emptied: std's ring costs 400 bytes more for each type in it.
#[derive(Debug)]
pub struct Queue<T> {
    filled: Vec<T>,
    emptied: std::vec::IntoIter<T>,
}

impl<T> Queue<T> {
    /// An empty one.
    pub fn new() -> Queue<T> {
        Queue { filled: Vec::new(), emptied: Vec::new().into_iter() }
    }

    /// Adds the newest.
    #[inline(never)]
    pub fn push(&mut self, item: T) {
        self.filled.push(item);
    }

    /// Takes the oldest.
    #[inline(never)]
    pub fn pop(&mut self) -> Option<T> {
        if self.emptied.len() == 0 {
            self.emptied = take(&mut self.filled).into_iter();
        }
        self.emptied.next()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.filled.is_empty() && self.emptied.len() == 0
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue::new()
    }
}
