//! How time and memory grow with hostile pages (`tests/all/generator.rs`), each from its bytes to its
//! record: seconds at 5, 10 and 20 MB, by how much they grow where the page doubles, which is 2
//! where time is linear, and the most memory that a process of its own takes with 10 MB, as megabytes
//! and as a multiple of the page beside the 32 MB that any page may take.
//!
//! Each time is that of a process of its own, which has no memory from an earlier page to use again.
//! A machine that others use too is now fast, now slow, for seconds at a time: so the three sizes take
//! turns, and what counts is the least time of each, as others only ever add to it.
//!
//!     cargo bench --bench hostile                # all
//!     cargo bench --bench hostile -- tables      # those whose names hold a word
//!
//! Memory is read from `/proc`; where there is none, its columns are empty.

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
/// How many turns there are at least, and how many seconds all take together, if not [`MOST`] turns.
const FEWEST: usize = 5;
const ENOUGH: f64 = 1.0;
const MOST: usize = 20;
/// Which page a process of its own is to take, and of how many bytes.
const PAGE: &str = "HOSTILE_PAGE";
const BYTES: &str = "HOSTILE_BYTES";

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

/// What [`run`] gives in a process of its own, and the most memory that this takes, if that is known.
fn run_alone(name: &str, bytes: usize) -> (f64, Option<f64>, String) {
    let mut child = Command::new(env::current_exe().expect("this program"));
    let output = child.env(PAGE, name).env(BYTES, bytes.to_string()).output().expect("a process");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let mut parts = printed.trim_end_matches('\n').splitn(3, '\t');
    let mut part = || parts.next().unwrap_or_else(|| panic!("{name} fails with {bytes} bytes"));
    (part().parse().expect("seconds"), part().parse().ok(), part().to_owned())
}

fn main() {
    let pages = generator::pages();
    if let (Ok(name), Ok(bytes)) = (env::var(PAGE), env::var(BYTES)) {
        let (_, page) = pages.iter().find(|(n, _)| *n == name).expect("a page of this name");
        run(pages[0].1(1000)); // The models are read.
        let (seconds, refused) = run(page(bytes.parse().expect("a number of bytes")));
        println!("{seconds}\t{}\t{refused}", peak().map_or(String::new(), |mb| mb.to_string()));
        return;
    }
    let wanted: Vec<String> = env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    println!(
        "{:43}{:>8}{:>8}{:>8}{:>7}{:>8}{:>8}",
        "", "5 MB s", "10 MB s", "20 MB s", "ratio", "MB", "x page"
    );
    for (name, _) in pages {
        if !wanted.is_empty() && !wanted.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let mut least = [f64::INFINITY; 3];
        let (mut sum, mut turns) = (0.0, 0);
        while turns < FEWEST || sum < ENOUGH && turns < MOST {
            for (least, bytes) in least.iter_mut().zip([SIZE / 2, SIZE, SIZE * 2]) {
                let (seconds, ..) = run_alone(name, bytes);
                *least = least.min(seconds);
                sum += seconds;
            }
            turns += 1;
        }
        let [half, whole, double] = least;
        let ratio = (double / half).sqrt();
        let (_, peak, refused) = run_alone(name, SIZE);
        let mb = peak.map_or(String::new(), |mb| format!("{mb:.0}"));
        let above = |mb| (mb - 32.0) * 1e6 / SIZE as f64;
        let times = peak.map_or(String::new(), |mb| format!("{:.1}", above(mb)));
        println!(
            "{name:43}{half:8.3}{whole:8.3}{double:8.3}{ratio:7.2}{mb:>8}{times:>8}  {refused}"
        );
    }
}
