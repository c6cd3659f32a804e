//! How time and memory grow with hostile pages (`tests/generator`), each from its bytes to its
//! record: seconds at 5 and at 10 MB, their ratio, which is 2 where time is linear, and the most
//! memory that a process of its own takes with 10 MB, as megabytes and as a multiple of the page
//! beside the 32 MB that any page may take.
//!
//!     cargo bench --bench hostile                # all
//!     cargo bench --bench hostile -- tables      # those whose names hold a word
//!
//! Memory is read from `/proc`, so that its columns are empty where there is none.

#[path = "../tests/generator/mod.rs"]
mod generator;

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use dehusk::encoding::decode_html;
use dehusk::extract::{Extractor, Options};
use dehusk::source::Kind;

const SIZE: usize = 10_000_000;
const ROUNDS: usize = 3;

/// Seconds from a page's bytes to its record, and why it was refused, if it was.
fn run(page: Vec<u8>) -> (f64, String) {
    let start = Instant::now();
    let (html, _) = decode_html(page, None);
    let options = Options::default();
    let record = Extractor::default().extract("page", None, Kind::Html, &html, &options);
    let seconds = start.elapsed().as_secs_f64();
    (seconds, black_box(record).map_or_else(|error| error.to_string(), |_| String::new()))
}

/// The most memory that this process has held, in megabytes.
fn peak() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? * 1024.0 / 1e6)
}

fn main() {
    let pages = generator::pages();
    if let Ok(name) = env::var("HOSTILE_PAGE") {
        let (_, page) = pages.iter().find(|(n, _)| *n == name).expect("a page of this name");
        run(page(SIZE));
        println!("{}", peak().map_or(String::new(), |mb| mb.to_string()));
        return;
    }
    let wanted: Vec<String> = env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    run(generator::pages()[0].1(1000)); // The models are read once.
    println!("{:43}{:>8}{:>8}{:>7}{:>8}{:>8}  ", "", "5 MB s", "10 MB s", "ratio", "MB", "x page");
    for (name, page) in pages {
        if !wanted.is_empty() && !wanted.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let best = |bytes: usize| {
            let seconds = (0..ROUNDS).map(|_| run(page(bytes)).0);
            seconds.fold(f64::INFINITY, f64::min)
        };
        let (half, whole) = (best(SIZE / 2), best(SIZE));
        let child = Command::new(env::current_exe().unwrap()).env("HOSTILE_PAGE", name).output();
        let printed = String::from_utf8_lossy(&child.unwrap().stdout).into_owned();
        let (mb, times) = match printed.trim().parse::<f64>() {
            Ok(mb) => (format!("{mb:.0}"), format!("{:.1}", (mb - 32.0) * 1e6 / SIZE as f64)),
            Err(_) => Default::default(),
        };
        let refused = run(page(SIZE)).1;
        println!("{name:43}{half:8.3}{whole:8.3}{:7.2}{mb:>8}{times:>8}  {refused}", whole / half);
    }
}
