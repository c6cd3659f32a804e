//! What the targets share whose bytes are those of a file.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use dehusk::source::{Format, Limits, Pages};

static FILE: LazyLock<PathBuf> = LazyLock::new(|| tempfile::tempdir().unwrap().keep().join("file"));

/// Loads every page of a file with these bytes.
pub fn load(bytes: &[u8], formats: &[Option<Format>]) {
    fs::write(&*FILE, bytes).unwrap();
    let limits = Limits { max_page_bytes: 1 << 16 };
    for format in formats {
        for page in Pages::open(vec![FILE.clone()], *format, limits).unwrap() {
            let _ = page.and_then(|page| page.load(&limits));
        }
    }
}
