//! Any bytes as the truth file of each of the three layouts, and its alignment with a page.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use dehusk::labelled::align::{align_gold, align_labels};
use dehusk::labelled::{Truth, read_dirs};
use libfuzzer_sys::fuzz_target;

const PAGE: &str = "<title>Tides</title><nav>Home</nav><p>The tide comes in twice a day, and it \
    leaves twice a day.</p><p>Share this</p>";

static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap().keep();
    for folder in ["html", "labels", "ground-truth"] {
        fs::create_dir(directory.join(folder)).unwrap();
    }
    fs::write(directory.join("html/a.html"), PAGE).unwrap();
    fs::write(directory.join("html/b.html"), PAGE).unwrap();
    fs::write(directory.join("c.txt"), "Tides\nThe tide comes in twice a day.\nShare this").unwrap();
    directory
});

fuzz_target!(|bytes: &[u8]| {
    for file in ["labels/a.json", "ground-truth/b.json", "c.labels.json"] {
        fs::write(DIRECTORY.join(file), bytes).unwrap();
    }
    let blocks = ["Tides", "The tide comes in twice a day, and it leaves twice a day.", "Share this"];
    for page in read_dirs(&[&*DIRECTORY]).unwrap().pages {
        match page.truth {
            Truth::Blocks(labelled) => drop(align_labels(&blocks, &labelled)),
            Truth::Gold(gold) => drop(align_gold(&blocks, gold.main_content.as_deref().unwrap_or(""))),
        }
    }
});
