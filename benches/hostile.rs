//! How time and memory grow with hostile pages (`tests/all/generator.rs`), each from its bytes to its
//! record: CPU seconds at 5, 10 and 20 MB, by how much they grow where the page doubles, which is 2 where time is linear, and the most
//! memory that a process of its own takes with 10 MB, as megabytes and as a multiple of the page
//! beside the 32 MB that any page may take.
//!
//!     cargo bench --bench hostile                # all
//!     cargo bench --bench hostile -- tables      # those whose names hold a word
//!
//! CPU time and memory are read from `/proc`; where there is none, time is that of the clock, and the
//! columns of memory are empty.

#[path = "../tests/all/generator.rs"]
mod generator;

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use dehusk::encoding::decode_html;
use dehusk::extract::{Extractor, Options};
use dehusk::source::Kind;

const SIZE: usize = 10_000_000;
/// The system counts CPU time in steps of some milliseconds, so that short runs are repeated until
/// they have taken so many seconds together.
const ENOUGH: f64 = 0.15;

/// Seconds that this thread has run, which other programs do not lengthen as they do the clock's.
fn now(since: Instant) -> f64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = stat.and_then(|stat| stat.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or(since.elapsed().as_secs_f64(), |ns| ns / 1e9)
}

/// Seconds from a page's bytes to its record, and why it was refused, if it was.
fn run(page: Vec<u8>) -> (f64, String) {
    let clock = Instant::now();
    let start = now(clock);
    let (html, _) = decode_html(page, None);
    let options = Options::default();
    let record = Extractor::default().extract("page", None, Kind::Html, &html, &options);
    let seconds = now(clock) - start;
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
    println!(
        "{:43}{:>8}{:>8}{:>8}{:>7}{:>8}{:>8}",
        "", "5 MB s", "10 MB s", "20 MB s", "ratio", "MB", "x page"
    );
    for (name, page) in pages {
        if !wanted.is_empty() && !wanted.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let mean = |bytes: usize| {
            let (mut sum, mut runs) = (0.0, 0);
            while runs < 3 || sum < ENOUGH && runs < 100 {
                sum += run(page(bytes)).0;
                runs += 1;
            }
            sum / f64::from(runs)
        };
        let [half, whole, double] = [SIZE / 2, SIZE, SIZE * 2].map(mean);
        let ratio = (double / half).sqrt();
        let child = Command::new(env::current_exe().unwrap()).env("HOSTILE_PAGE", name).output();
        let printed = String::from_utf8_lossy(&child.unwrap().stdout).into_owned();
        let (mb, times) = match printed.trim().parse::<f64>() {
            Ok(mb) => (format!("{mb:.0}"), format!("{:.1}", (mb - 32.0) * 1e6 / SIZE as f64)),
            Err(_) => Default::default(),
        };
        let refused = run(page(SIZE)).1;
        println!(
            "{name:43}{half:8.3}{whole:8.3}{double:8.3}{ratio:7.2}{mb:>8}{times:>8}  {refused}"
        );
    }
}
