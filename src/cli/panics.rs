//! A page that makes the code panic is a bug, but no reason to lose the others.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether this thread's panics are caught, and what the last one said.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `work`; a panic in it is an error that says what and where, and is not printed.
///
/// What `work` shares with others must not be left half changed by a panic.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let kept = CAUGHT.with_borrow_mut(|caught| {
                caught.as_mut().map(|message| *message = info.to_string().replace('\n', " "))
            });
            if kept.is_none() {
                print(info);
            }
        }));
    });
    CAUGHT.set(Some(String::new()));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let message = CAUGHT.take().unwrap_or_default();
    result.map_err(|_| message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_that_says_where_and_the_next_page_works() {
        let error = catch(|| panic!("page {}", 7)).unwrap_err();
        assert!(error.contains("page 7") && error.contains("panics.rs"), "{error}");
        assert_eq!(catch(|| 1), Ok(1));
    }
}
