//! The allocator: two-level segregated fit, in constant time, and smaller to download than the standard one.

use rlsf::{GlobalTlsf, GlobalTlsfOptions};

/// A reallocation copies; memory that the browser hands out page after page is one.
struct Small;

impl GlobalTlsfOptions for Small {
    const ENABLE_REALLOCATION: bool = false;
    const COALESCE_POOLS: bool = true;
}

#[global_allocator]
static MEMORY: GlobalTlsf<Small> = GlobalTlsf::new();
